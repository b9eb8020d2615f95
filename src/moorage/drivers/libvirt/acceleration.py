"""Do the guests of a host run on its processor, or does QEMU emulate one?

libvirt offers KVM wherever ``/dev/kvm`` can be opened, and in some virtual machines that is not enough: QEMU ends as
soon as it sets up a processor. So a host that offers KVM has to start an empty guest with it once.
"""

from __future__ import annotations

import logging
import uuid
import xml.etree.ElementTree as ET
from typing import Any

from moorage.drivers.libvirt import binding, domain_xml, faults
from moorage.drivers.libvirt.options import LibvirtSettings

KVM, QEMU = "kvm", "qemu"
_PROBE_MIB = 16
_log = logging.getLogger(__name__)


def virt_type(host: str, connection: Any, settings: LibvirtSettings) -> str:
    """The ``type`` of the host's domains. Asks the host only for ``auto``; a libvirt error is no answer."""
    if settings.virt_type != "auto":
        return settings.virt_type
    if not _offers_kvm(connection.getCapabilities()):
        _log.info("%s has no KVM: its guests are emulated", host)
        return QEMU
    trouble = _trouble_with_kvm(connection, settings)
    if trouble:
        _log.warning("KVM of %s is of no use, its guests are emulated: %s", host, trouble)
        return QEMU
    return KVM


def _offers_kvm(capabilities: str) -> bool:
    guests = ET.fromstring(capabilities).iterfind("guest/arch[@name='x86_64']/domain")  # noqa: S314 - by libvirt
    return any(domain.get("type") == KVM for domain in guests)


def _trouble_with_kvm(connection: Any, settings: LibvirtSettings) -> str:
    """Why an empty guest does not start; empty if it does. It never runs, and goes with the connection."""
    libvirt = binding.library()
    flags = libvirt.VIR_DOMAIN_START_PAUSED | libvirt.VIR_DOMAIN_START_AUTODESTROY
    probe = domain_xml.bare(f"moorage-kvm-{uuid.uuid4()}", KVM, 1, _PROBE_MIB, settings)
    try:
        domain = connection.createXML(ET.tostring(probe, "unicode"), flags)
    except Exception as error:
        if not faults.is_fault(error) or not faults.is_alive(connection):
            raise
        return " ".join(str(error).split())
    domain.destroy()
    return ""
