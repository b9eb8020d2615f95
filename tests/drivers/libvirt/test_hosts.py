"""Hosts of their own, reached as other machines are: one that answers, one that does not, one that comes back."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from moorage import errors
from moorage.compute.model.guest import Guest
from moorage.drivers.files import FileVolumes
from moorage.drivers.libvirt import LibvirtDriver, lifecycle
from tests.drivers.libvirt.conftest import Bench, bench_on
from tests.support import libvirt_daemon
from tests.support.process import eventually, free_port
from tests.support.real_guests import LibvirtRoot

NOBODY = Guest(id="99999999-2222-4333-8444-555555555555", name="s", vcpus=1, memory_mib=64)


@pytest.mark.parametrize(
    "transport", ["tls", pytest.param("tcp", marks=pytest.mark.long), pytest.param("unix", marks=pytest.mark.long)]
)
def test_a_guest_lives_on_a_remote_host_and_outlives_its_daemon(
    transport: str, code: Callable[..., bytes], tmp_path: Path
) -> None:
    libvirt_daemon.require()
    with libvirt_daemon.daemon(transport) as host, bench_on(host.uri, code, tmp_path) as bench:
        guest, root = bench.booted()
        bench.until_booted(guest, 1)
        pid = host.pid(guest.id)
        host.kill()
        # on k1: the old connection ends in mid-call; to k1: there is no new one
        with pytest.raises(errors.Unknown, match=r"stop server .* (on|to) k1"):
            bench.driver.power_off(guest)
        assert [state.up for state in bench.driver.hosts()] == [False]
        with pytest.raises(errors.Unknown):
            bench.driver.guests_of([guest.id])
        host.start()
        data = bench.volume()
        bench.driver.plug(guest, data)
        assert bench.held(guest) == sorted([root.volume_id, data.volume_id])
        assert (bench.driver.power_state(guest), host.pid(guest.id)) == (lifecycle.RUNNING, pid)


@pytest.fixture
def silent() -> Iterator[str]:
    """The URI of a host that takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"qemu+tcp://127.0.0.1:{listener.getsockname()[1]}/system"


@pytest.fixture
def two_hosts(silent: str, make_driver: Callable[..., LibvirtDriver], embedded: LibvirtRoot) -> LibvirtDriver:
    make_driver().hosts()  # it has looked at QEMU afterwards
    return make_driver(connection_uri=[f"silent={silent}", f"k1={embedded.uri}"], connect_timeout=1.0)


def test_a_silent_host_is_waited_for_once_and_holds_up_nobody(two_hosts: LibvirtDriver) -> None:
    began = time.monotonic()
    assert [(host.name, host.up) for host in two_hosts.hosts()] == [("silent", False), ("k1", True)]
    first_s = time.monotonic() - began
    began = time.monotonic()
    assert [host.up for host in two_hosts.hosts()] == [False, True]
    assert time.monotonic() - began < 1.0 <= first_s
    placed = msgspec.structs.replace(NOBODY, identity={"host": "silent"})
    with pytest.raises(errors.Unknown, match="no answer of silent"):
        two_hosts.power_off(placed)


def test_an_attempt_that_hangs_for_good_is_given_up(make_driver: Callable[..., LibvirtDriver]) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(5)
        uri = f"qemu+tcp://127.0.0.1:{listener.getsockname()[1]}/system"
        driver = make_driver(connection_uri=[f"silent={uri}"], connect_timeout=0.1)
        with contextlib.closing(driver), contextlib.ExitStack() as open_ones:
            for _ in range(2):
                eventually(lambda: driver.hosts() and _accepted(listener, open_ones), 5, "another attempt")


def _accepted(listener: socket.socket, open_ones: contextlib.ExitStack) -> bool:
    """Whether somebody has connected; it is never answered."""
    if not select.select([listener], [], [], 0)[0]:
        return False
    open_ones.enter_context(listener.accept()[0])
    return True


def test_a_guest_is_found_beside_a_silent_host_but_none_is_said_to_be_gone(
    two_hosts: LibvirtDriver, code: Callable[..., bytes], tmp_path: Path
) -> None:
    bench = Bench(two_hosts, FileVolumes("files", tmp_path / "volumes"), code, tmp_path)
    guest = bench.guest("k1")
    two_hosts.boot(guest, [bench.volume("A")])
    try:
        assert [held.server_id for held in two_hosts.guests_of([guest.id])] == [guest.id]
        assert [state.power_state for state in two_hosts.states_of([guest.id])] == [lifecycle.RUNNING]
        for look in (lambda: two_hosts.guests_of([guest.id, NOBODY.id]), lambda: two_hosts.guests_after("", 10)):
            with pytest.raises(errors.Unknown):
                look()
    finally:
        two_hosts.destroy(guest)


def test_nothing_is_known_where_no_host_answers(make_driver: Callable[..., LibvirtDriver]) -> None:
    driver = make_driver(connection_uri=[f"k1=qemu+tcp://127.0.0.1:{free_port()}/system"])
    with pytest.raises(errors.Unknown):
        driver.states_of([NOBODY.id])


@pytest.mark.long
def test_a_host_that_comes_up_late_is_found(make_driver: Callable[..., LibvirtDriver]) -> None:
    libvirt_daemon.require()
    with libvirt_daemon.daemon() as host:
        host.kill()
        driver = make_driver(connection_uri=[f"k1={host.uri}"])
        assert [state.up for state in driver.hosts()] == [False]
        host.start()
        eventually(lambda: driver.hosts()[0].up, 5, "the host is up")
        assert driver.hosts()[0].memory_mib > 0
