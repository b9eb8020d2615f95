"""Guests on networks of their host: a bridge, and a network that libvirt knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.drivers.libvirt.conftest import bench_on
from tests.support import libvirt_daemon
from tests.support.libvirt_daemon import Daemon

pytestmark = pytest.mark.long
_NETWORK = "<network><name>lab</name><forward mode='bridge'/><bridge name='br-lab'/></network>"


@pytest.fixture(scope="module")
def host() -> Iterator[Daemon]:
    libvirt_daemon.require()
    with libvirt_daemon.daemon(bridge="br-lab") as made:
        (made.root / "lab.xml").write_text(_NETWORK)
        made.virsh("net-define", str(made.root / "lab.xml"))
        made.virsh("net-start", "lab")
        yield made


@pytest.mark.parametrize(
    ("network", "kind", "source"),
    [("bridge:br-lab", "bridge", "br-lab"), ("network:lab", "bridge", "lab"), ("user", "user", "-")],
)
def test_a_guest_is_on_the_network_it_was_configured_for(
    network: str, kind: str, source: str, host: Daemon, code: Callable[..., bytes], tmp_path: Path
) -> None:
    with bench_on(host.uri, code, tmp_path, guest_network=network) as bench:
        guest, _ = bench.booted()
        bench.until_booted(guest, 1)
        shown = host.virsh("domiflist", guest.id).splitlines()[2].split()
        assert shown[1:4] == [kind, source, "virtio"]
        assert re.fullmatch(r"52:54:00(:[0-9a-f]{2}){3}", shown[4])
        assert host.on_bridge() == (set() if network == "user" else {shown[0]})
    assert host.on_bridge() == set()
