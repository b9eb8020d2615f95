"""What does a volume look like in a guest's definition, and which volume is a disk found there?

After a volume was exchanged under a running guest, the disk keeps the serial number and alias it was plugged with; its
source is the new one. So disks are told apart by their sources.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable

import msgspec

from moorage.compute.model.guest import Disk
from moorage.drivers.libvirt import sources
from moorage.drivers.libvirt.options import LibvirtSettings
from moorage.drivers.libvirt.sources import Key

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Mirror(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of a disk that QEMU keeps in step with it."""

    key: Key
    is_ready: bool


class FoundDisk(msgspec.Struct, frozen=True, kw_only=True):
    """A volume as the guest's definition has it."""

    key: Key
    target: str
    alias: str
    serial: str
    xml: str
    mirror: Mirror | None

    @property
    def volume_id(self) -> str:
        """Storage names what it serves after the volume; if not, the serial number is what is left."""
        named = _UUID.findall(self.key[1])
        return str(named[-1]) if named else self.serial


def render(disk: Disk, settings: LibvirtSettings, taken: Iterable[str] = ()) -> str:
    """``<disk>`` for a volume; ``taken`` are the aliases that other disks of the guest have."""
    return ET.tostring(element(disk, settings, taken), "unicode")


def element(disk: Disk, settings: LibvirtSettings, taken: Iterable[str] = ()) -> ET.Element:
    """As ``render``."""
    made = image_element(disk, settings)
    made.set("device", "disk")
    target = target_of(disk)
    ET.SubElement(made, "target", dev=target, bus="virtio")
    ET.SubElement(made, "serial").text = disk.volume_id
    alias = f"ua-{disk.volume_id}"
    # A volume that was swapped out may come back while the disk that has its alias is still there.
    ET.SubElement(made, "alias", name=f"{alias}-{target}" if alias in set(taken) else alias)
    if disk.boot_index is not None and disk.boot_index >= 0:
        ET.SubElement(made, "boot", order=str(disk.boot_index + 1))
    if disk.is_read_only:
        ET.SubElement(made, "readonly")
    if disk.is_shared:
        ET.SubElement(made, "shareable")
    return made


def image_element(disk: Disk, settings: LibvirtSettings) -> ET.Element:
    """What a disk and the target of a copy have in common."""
    source = sources.render(disk.connection_info)
    made = ET.Element("disk", type=sources.kind_of(source))
    driver = {"name": "qemu", "type": sources.format_of(disk.connection_info), "cache": settings.disk_cachemode}
    if made.get("type") == "file":  # network protocols have their own ways
        driver["io"] = settings.io
    ET.SubElement(made, "driver", driver)
    made.append(source)
    return made


def target_of(disk: Disk) -> str:
    """``vdb`` for ``/dev/vdb``, ``/dev/sdb`` or ``/dev/xvdb``: all disks are virtio disks."""
    letters = re.sub(r"^(?:/dev/)?x?[a-z]?d?(?=[a-z])|[0-9]+$", "", disk.device_name)
    return f"vd{letters or 'a'}"


def matcher(disk: Disk) -> Callable[[FoundDisk], bool]:
    """Whether a disk that was found is this one; without its connection the name has to do."""
    if not disk.connection_info:
        return lambda one: one.volume_id == disk.volume_id
    key = sources.key(disk.connection_info)
    return lambda one: one.key == key


def found(definition: str) -> list[FoundDisk]:
    """The volumes of a definition. Config drive and rescue disk are none: they are on another bus."""
    devices = ET.fromstring(definition).iterfind("devices/disk")  # noqa: S314 - written by libvirt
    return [_found(one) for one in devices if one.find("target[@bus='virtio']") is not None]


def _found(disk: ET.Element) -> FoundDisk:
    source, target, alias, mirror = (disk.find(name) for name in ("source", "target", "alias", "mirror"))
    assert source is not None
    assert target is not None
    return FoundDisk(
        key=sources.key_of(source, str(disk.get("type"))),
        target=str(target.get("dev")),
        alias="" if alias is None else str(alias.get("name")),
        serial=disk.findtext("serial", ""),
        xml=ET.tostring(disk, "unicode"),
        mirror=None if mirror is None else _mirror(mirror),
    )


def _mirror(mirror: ET.Element) -> Mirror | None:
    source = mirror.find("source")
    if source is None:
        return None
    return Mirror(key=sources.key_of(source, str(mirror.get("type"))), is_ready=mirror.get("ready") == "yes")
