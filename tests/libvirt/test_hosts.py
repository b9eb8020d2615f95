"""Two hosts, each with a libvirt daemon of its own: where servers go, and what becomes of them when one is silent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.libvirt.test_disks import attach, detach
from tests.support import libvirt_daemon
from tests.support.libvirt_daemon import Daemon
from tests.support.process import eventually
from tests.support.real_cloud import RealCloud, real_cloud


@pytest.fixture(scope="module")
def daemons() -> Iterator[dict[str, Daemon]]:
    libvirt_daemon.require()
    with libvirt_daemon.daemon("tcp") as k1, libvirt_daemon.daemon("unix") as k2:
        yield {"k1": k1, "k2": k2}


@pytest.fixture
def site(daemons: dict[str, Daemon], code: bytes, tmp_path: Path) -> Iterator[RealCloud]:
    with real_cloud(tmp_path, daemons, code, compute="reconcile_interval = 0.3") as made:
        yield made


def server_on(site: RealCloud, host: str, name: str = "A") -> tuple[str, str]:
    """A server that has booted once from a volume of that name, while that host was the only one enabled."""
    volume, others = site.volume(name), [other for other in site.hosts if other != host]
    for other in others:
        set_service(site, other, "disable")
    server = site.server([volume])
    site.wait(server, "ACTIVE")
    for other in others:
        set_service(site, other, "enable")
    site.until_booted(server, 1, name)
    assert (shown_host(site, server), site.host_of(server)) == (host, host)
    return server, volume


def set_service(site: RealCloud, host: str, what: str) -> None:
    body = {"host": host, "binary": "nova-compute"}
    done = site.moorage.call("PUT", "compute", f"/os-services/{what}", body, cloud="moorage-admin", version="2.11")
    assert done.status_code == 200, done.text


def shown_host(site: RealCloud, server: str) -> str | None:
    found = site.moorage.call("GET", "compute", f"/servers/{server}", cloud="moorage-admin").json()["server"]
    host: str | None = found["OS-EXT-SRV-ATTR:host"]
    return host


def compute_states(site: RealCloud) -> dict[str, str]:
    path = "/os-services?binary=nova-compute"
    found = site.moorage.call("GET", "compute", path, cloud="moorage-admin").json()["services"]
    return {one["host"]: one["state"] for one in found}


def unshelve(site: RealCloud, server: str, value: Any) -> None:
    assert site.act(server, "unshelve", value, cloud="moorage-admin", version="2.91").status_code == 202
    site.wait(server, "ACTIVE")
    site.settle()


def shelve(site: RealCloud, server: str) -> None:
    assert site.act(server, "shelve", cloud="moorage-admin").status_code == 202
    site.wait(server, "SHELVED_OFFLOADED")
    site.settle()


def test_servers_are_spread_over_both_hosts_and_follow_their_volumes(site: RealCloud) -> None:
    assert compute_states(site) == {"k1": "up", "k2": "up"}
    servers = [site.server([site.volume(name)]) for name in "AB"]
    for server, name in zip(servers, "AB", strict=True):
        site.wait(server, "ACTIVE")
        site.until_booted(server, 1, name)
    assert {site.host_of(server) for server in servers} == {"k1", "k2"}
    assert [shown_host(site, server) for server in servers] == [site.host_of(server) for server in servers]
    first = servers[0]
    start, other = site.host_of(first), site.host_of(servers[1])
    shelve(site, first)
    unshelve(site, first, {"host": other})
    assert (site.host_of(first), shown_host(site, first)) == (other, other)
    site.until_booted(first, 2, "A")
    assert site.problems() == []
    shelve(site, first)
    unshelve(site, first, None)
    assert site.host_of(first) == start, "there is more room where it was first"
    site.until_booted(first, 3, "A")
    assert site.problems() == []
    shelve(site, first)
    for value, code in (({"host": "k9"}, 400), ({"availability_zone": "mars"}, 400)):
        assert site.act(first, "unshelve", value, cloud="moorage-admin", version="2.91").status_code == code
    unshelve(site, first, {"availability_zone": "nova", "host": other})
    site.until_booted(first, 4, "A")
    assert site.problems() == []


def test_a_silent_host_is_down_its_servers_unharmed_and_settled_when_it_is_back(
    site: RealCloud, daemons: dict[str, Daemon]
) -> None:
    there, _ = server_on(site, "k1")
    here, _ = server_on(site, "k2", "B")
    data = site.volume("data", is_bootable=False)
    attach(site, there, data)
    pid = daemons["k1"].pid(there)
    daemons["k1"].kill()
    eventually(lambda: compute_states(site) == {"k1": "down", "k2": "up"}, 20, "k1 is down")
    assert site.act(here, "reboot", {"type": "HARD"}).status_code == 202
    site.wait(here, "ACTIVE")
    site.until_booted(here, 2, "B")
    elsewhere = site.server([site.volume("C")])
    site.wait(elsewhere, "ACTIVE")
    assert site.host_of(elsewhere) == "k2"
    path = f"/servers/{there}/os-volume_attachments/{data}"
    assert site.moorage.call("DELETE", "compute", path).status_code == 409
    assert site.act(there, "os-stop").status_code == 202
    eventually(lambda: "k1" in waiting(site), 20, "the stop waits for k1")
    site.moorage.kill()
    site.moorage.start()
    eventually(lambda: "k1" in waiting(site), 20, "it still waits")
    assert (site.show(there)["status"], site.volume_status(data)) == ("ACTIVE", "in-use")
    os.kill(pid, 0)
    daemons["k1"].start()
    site.wait(there, "SHUTOFF")
    site.settle()
    assert "POWER" in site.console(there), "the same guest, still listening"
    eventually(lambda: compute_states(site) == {"k1": "up", "k2": "up"}, 20, "k1 is up")
    assert site.problems() == []
    detach(site, there, data)
    assert site.act(there, "os-start").status_code == 202
    site.wait(there, "ACTIVE")
    site.until_booted(there, 2)


def waiting(site: RealCloud) -> str:
    return " ".join(str(row["error"]) for row in site.rows("SELECT * FROM operations WHERE state = 'running'"))
