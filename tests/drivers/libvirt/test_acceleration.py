"""KVM where a guest starts with it, emulation elsewhere; nobody has to say which."""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moorage.drivers.libvirt import LibvirtDriver, acceleration, binding
from moorage.drivers.libvirt.options import OPTIONS
from tests.drivers.libvirt.conftest import Bench, settings
from tests.support import real_guests

CAPABILITIES = """<capabilities>
<guest><arch name='i686'><domain type='qemu'/><domain type='kvm'/></arch></guest>
<guest><arch name='x86_64'><domain type='qemu'/>{more}</arch></guest></capabilities>"""


class Host:
    """A connection that knows its capabilities and what becomes of an empty guest."""

    def __init__(self, *, offers_kvm: bool, refusal: str = "", is_alive: bool = True) -> None:
        self._capabilities = CAPABILITIES.format(more="<domain type='kvm'/>" if offers_kvm else "")
        self._refusal, self._is_alive = refusal, is_alive
        self.tried: list[str] = []
        self.is_gone = False

    def getCapabilities(self) -> str:  # noqa: N802 - libvirt's name
        return self._capabilities

    def createXML(self, definition: str, flags: int) -> Host:  # noqa: N802 - libvirt's name
        libvirt = binding.library()
        assert flags == libvirt.VIR_DOMAIN_START_PAUSED | libvirt.VIR_DOMAIN_START_AUTODESTROY
        self.tried.append(definition)
        if self._refusal:
            raise libvirt.libvirtError(self._refusal)
        return self

    def destroy(self) -> None:
        self.is_gone = True

    def isAlive(self) -> bool:  # noqa: N802 - libvirt's name
        return self._is_alive


@pytest.fixture(autouse=True)
def library() -> None:
    real_guests.require()


def found(host: Host, tmp_path: Path, **values: Any) -> str:
    return acceleration.virt_type("k1", host, settings(tmp_path, "qemu:///system", virt_type="auto", **values))


def test_auto_is_what_nobody_has_to_say() -> None:
    (option,) = [option for option in OPTIONS if option.name == "virt_type"]
    assert option.default == "auto"


def test_a_host_without_kvm_is_not_tried(tmp_path: Path) -> None:
    host = Host(offers_kvm=False)
    assert (found(host, tmp_path), host.tried) == ("qemu", [])


def test_a_host_that_starts_an_empty_guest_has_kvm(tmp_path: Path) -> None:
    host = Host(offers_kvm=True)
    assert found(host, tmp_path, cpu_mode="host-passthrough") == "kvm"
    probe = ET.fromstring(host.tried[0])
    assert (probe.get("type"), [cpu.get("mode") for cpu in probe.iter("cpu")]) == ("kvm", ["host-passthrough"])
    assert host.is_gone


def test_a_host_that_only_says_so_has_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert found(Host(offers_kvm=True, refusal="failed to set MSR"), tmp_path) == "qemu"
    assert "KVM of k1 is of no use, its guests are emulated: failed to set MSR" in caplog.text


def test_a_connection_that_breaks_meanwhile_says_nothing_about_kvm(tmp_path: Path) -> None:
    with pytest.raises(binding.library().libvirtError):
        found(Host(offers_kvm=True, refusal="gone", is_alive=False), tmp_path)


@pytest.mark.parametrize("wanted", ["kvm", "qemu"])
def test_what_was_said_is_not_tried(wanted: str, tmp_path: Path) -> None:
    host = Host(offers_kvm=True)
    chosen = acceleration.virt_type("k1", host, settings(tmp_path, "qemu:///system", virt_type=wanted))
    assert (chosen, host.tried) == (wanted, [])


def test_a_guest_boots_with_what_was_found_on_this_machine(
    make_driver: Callable[..., LibvirtDriver], bench: Bench
) -> None:
    bench.driver = make_driver(virt_type="auto")
    guest, _ = bench.booted()
    bench.until_booted(guest, 1)
    chosen = bench.driver._hosts["k1"]._virt_type
    assert ET.fromstring(bench.domain(guest).XMLDesc()).get("type") == chosen
    assert [domain.UUIDString() for domain in bench.domain(guest).connect().listAllDomains()] == [guest.id]
