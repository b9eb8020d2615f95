"""What does libvirt have to know of a guest? Built anew from what is on record each time the guest starts."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec

from moorage import errors
from moorage.compute.model.guest import Disk, Guest
from moorage.drivers.libvirt import disk_xml
from moorage.drivers.libvirt.options import LibvirtSettings

NAMESPACE = "urn:moorage:guest"
_OWNER = f"{{{NAMESPACE}}}guest"


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest has beside its volumes, as files on its host."""

    console_log: Path
    config_drive: Path | None = None
    rescue_disk: Path | None = None
    """Boots before everything else."""


def render(guest: Guest, disks: list[Disk], media: Media, settings: LibvirtSettings, virt_type: str) -> str:
    """The definition of a persistent domain whose UUID is the server's id; ``virt_type``: kvm or qemu."""
    root = bare(domain_name(guest.id), virt_type, guest.vcpus, guest.memory_mib, settings)
    ET.SubElement(root, "uuid").text = guest.id
    ET.register_namespace("moorage", NAMESPACE)
    owner = ET.SubElement(ET.SubElement(root, "metadata"), _OWNER, owner=settings.owner)
    owner.text = guest.name
    devices = ET.SubElement(root, "devices")
    _controllers(devices, settings)
    aliases: list[str] = []
    for disk in disks:
        devices.append(made := disk_xml.element(disk, settings, aliases))
        aliases += [str(alias.get("name")) for alias in made.iterfind("alias")]
    _media(devices, media)
    _network(devices, guest, settings)
    _console(devices, media.console_log)
    if media.rescue_disk is not None:
        _boot_rescue_first(devices)
    return ET.tostring(root, "unicode")


def bare(name: str, virt_type: str, vcpus: int, memory_mib: int, settings: LibvirtSettings) -> ET.Element:
    """A machine without devices."""
    root = ET.Element("domain", type=virt_type)
    ET.SubElement(root, "name").text = name
    ET.SubElement(root, "memory", unit="MiB").text = str(memory_mib)
    ET.SubElement(root, "vcpu").text = str(vcpus)
    os = ET.SubElement(root, "os")
    ET.SubElement(os, "type", arch="x86_64", machine=settings.machine_type).text = "hvm"
    features = ET.SubElement(root, "features")
    for feature in ("acpi", "apic"):
        ET.SubElement(features, feature)
    mode = settings.cpu_mode or ("host-model" if virt_type == "kvm" else "")
    if mode:
        ET.SubElement(root, "cpu", mode=mode)
    ET.SubElement(root, "clock", offset="utc")
    ET.SubElement(root, "on_poweroff").text = "destroy"
    ET.SubElement(root, "on_reboot").text = "restart"
    ET.SubElement(root, "on_crash").text = "destroy"
    return root


def domain_name(server_id: str) -> str:
    """What ``virsh list`` shows."""
    return f"instance-{server_id}"


def owner_of(definition: str) -> str | None:
    """The installation that made the guest; None for a guest that Moorage did not make."""
    made = ET.fromstring(definition).find(f"metadata/{_OWNER}")  # noqa: S314 - written by libvirt
    return None if made is None else made.get("owner")


def _controllers(devices: ET.Element, settings: LibvirtSettings) -> None:
    ET.SubElement(devices, "controller", type="usb", model="none")
    ET.SubElement(devices, "memballoon", model="none")
    if "q35" in settings.machine_type:
        ET.SubElement(devices, "controller", type="pci", index="0", model="pcie-root")
        for _ in range(settings.num_pcie_ports):
            ET.SubElement(devices, "controller", type="pci", model="pcie-root-port")


def _media(devices: ET.Element, media: Media) -> None:
    if media.rescue_disk is not None:
        disk = ET.SubElement(devices, "disk", type="file", device="disk")
        ET.SubElement(disk, "driver", name="qemu", type="qcow2" if media.rescue_disk.suffix == ".qcow2" else "raw")
        ET.SubElement(disk, "source", file=str(media.rescue_disk))
        ET.SubElement(disk, "target", dev="sdb", bus="sata")
    if media.config_drive is not None:
        disk = ET.SubElement(devices, "disk", type="file", device="cdrom")
        ET.SubElement(disk, "driver", name="qemu", type="raw")
        ET.SubElement(disk, "source", file=str(media.config_drive))
        ET.SubElement(disk, "target", dev="sda", bus="sata")
        ET.SubElement(disk, "readonly")


def _boot_rescue_first(devices: ET.Element) -> None:
    """The rescue disk gets order 1, everything else one place further."""
    for boot in devices.iterfind("disk/boot"):
        boot.set("order", str(int(boot.get("order", "1")) + 1))
    for disk in devices.iterfind("disk"):
        target = disk.find("target")
        if target is not None and target.get("dev") == "sdb":
            ET.SubElement(disk, "boot", order="1")


def _network(devices: ET.Element, guest: Guest, settings: LibvirtSettings) -> None:
    """The server's ports on their bridges; a server without any has what the settings give everybody."""
    for nic in guest.nics:
        places = nic.physical.get("bridges")
        if not places:
            raise errors.Refused(f"[network:{nic.network_name}] bridges is empty: no guest can be on that network")
        place = places[0] if ":" in places[0] else f"bridge:{places[0]}"
        interface = _interface(devices, place, nic.mac_address)
        ET.SubElement(interface, "mtu", size=str(nic.mtu))
    if not guest.nics and settings.guest_network != "none":
        _interface(devices, settings.guest_network, _mac_address(guest.id))


def _interface(devices: ET.Element, place: str, mac_address: str) -> ET.Element:
    """``user``, ``bridge:<name>`` or ``network:<name>``."""
    kind, _, name = place.partition(":")
    interface = ET.SubElement(devices, "interface", type=kind)
    ET.SubElement(interface, "mac", address=mac_address)
    if name:
        ET.SubElement(interface, "source", {kind: name})
    ET.SubElement(interface, "model", type="virtio")
    return interface


def _mac_address(server_id: str) -> str:
    """The same each time the guest is defined: systems know their interfaces by it."""
    tail = hashlib.sha256(server_id.encode()).digest()[:3]
    return ":".join(("52:54:00", *(f"{byte:02x}" for byte in tail)))


def _console(devices: ET.Element, log: Path) -> None:
    """One file, begun anew at each start: what the guest wrote since it was last booted."""
    serial = ET.SubElement(devices, "serial", type="file")
    ET.SubElement(serial, "source", path=str(log), append="off")
    ET.SubElement(serial, "target", port="0")
