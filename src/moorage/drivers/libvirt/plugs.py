"""How does a guest get a disk and give it back, and when is either done?

The guest's definition says when: libvirt answers a detach as soon as it has asked the guest, and a guest that does not
care keeps the disk. The running guest comes first, then what it will have at its next start: as long as it holds the
disk, so does its definition.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moorage import errors
from moorage.compute.model.guest import Disk
from moorage.drivers.libvirt import binding, disk_xml, faults, sources
from moorage.drivers.libvirt.disk_xml import FoundDisk
from moorage.drivers.libvirt.hints import Hints, Watch
from moorage.drivers.libvirt.options import LibvirtSettings

_UNDER_WAY = "process of unplug"
_GIB = 1024**3

Matcher = Callable[[FoundDisk], bool]


class Plugs:
    """Disks of one domain at a time; ``domain`` is a settled one."""

    def __init__(self, settings: LibvirtSettings, hints: Hints) -> None:
        self._settings = settings
        self._hints = hints

    def plug(self, domain: Any, disk: Disk) -> None:
        """Into the running guest and into its definition, as far as it is not there."""
        sources.render(disk.connection_info)
        is_it = disk_xml.matcher(disk)
        wanted = [flag for flag in views(domain) if find(domain, flag, is_it) is None]
        if not wanted:
            return
        taken = [one.alias for flag in views(domain) for one in disks_of(domain, flag)]
        try:
            domain.attachDeviceFlags(disk_xml.render(disk, self._settings, taken), sum(wanted))
        except Exception as error:
            if not faults.is_fault(error) or not all(find(domain, flag, is_it) for flag in wanted):
                raise

    def unplug(self, domain: Any, disk: Disk) -> None:
        """Out of the guest, then out of its definition. ``Refused`` if the guest does not let go."""
        is_it = disk_xml.matcher(disk)
        libvirt = binding.library()
        if domain.isActive() and (held := find(domain, libvirt.VIR_DOMAIN_AFFECT_LIVE, is_it)):
            self._unplug_live(domain, is_it, held)
        if (held := find(domain, libvirt.VIR_DOMAIN_AFFECT_CONFIG, is_it)) is not None:
            _detach(domain, held, libvirt.VIR_DOMAIN_AFFECT_CONFIG)

    def grow(self, domain: Any, disk: Disk, size_gib: int) -> None:
        """Tell a running guest how large its disk has become. One that is off sees it at its next start."""
        libvirt = binding.library()
        if not domain.isActive():
            return
        held = find(domain, libvirt.VIR_DOMAIN_AFFECT_LIVE, disk_xml.matcher(disk))
        if held is None:
            raise errors.Refused(f"the guest of server {domain.UUIDString()} does not have volume {disk.volume_id}")
        try:
            domain.blockResize(held.target, size_gib * _GIB, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)
        except Exception as error:
            if not faults.is_fault(error) or domain.isActive():
                raise

    def _unplug_live(self, domain: Any, is_it: Matcher, held: FoundDisk) -> None:
        libvirt, settings = binding.library(), self._settings

        def is_gone() -> bool:
            return not domain.isActive() or find(domain, libvirt.VIR_DOMAIN_AFFECT_LIVE, is_it) is None

        with self._hints.watch(domain.UUIDString()) as watch:
            for _ in range(settings.device_detach_attempts):
                _detach(domain, held, libvirt.VIR_DOMAIN_AFFECT_LIVE)
                if watch.until(lambda: is_gone() or held.alias in watch.refusals, settings.device_detach_timeout):
                    break
            if is_gone():
                return
            raise errors.Refused(self._why(domain, held, watch))

    def _why(self, domain: Any, held: FoundDisk, watch: Watch) -> str:
        what = f"the guest of server {domain.UUIDString()} did not let go of volume {held.volume_id} ({held.target})"
        if held.alias in watch.refusals:
            return f"{what}: it refused"
        tries, timeout_s = self._settings.device_detach_attempts, self._settings.device_detach_timeout
        return f"{what}: asked {tries} times, {timeout_s:g} s each"


def disks_of(domain: Any, view: int) -> list[FoundDisk]:
    """The disks in the running guest (AFFECT_LIVE) or in its definition (AFFECT_CONFIG)."""
    libvirt = binding.library()
    is_definition = view == libvirt.VIR_DOMAIN_AFFECT_CONFIG
    return disk_xml.found(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE if is_definition else 0))


def find(domain: Any, view: int, is_it: Matcher) -> FoundDisk | None:
    """The disk that is meant; None if the guest does not have it."""
    return next((disk for disk in disks_of(domain, view) if is_it(disk)), None)


def views(domain: Any) -> list[int]:
    libvirt = binding.library()
    definition: int = libvirt.VIR_DOMAIN_AFFECT_CONFIG
    return [libvirt.VIR_DOMAIN_AFFECT_LIVE, definition] if domain.isActive() else [definition]


def _detach(domain: Any, held: FoundDisk, view: int) -> None:
    """Ask once. What has gone meanwhile, and what is going, is no error."""
    try:
        domain.detachDeviceFlags(held.xml, view)
    except Exception as error:
        if not faults.is_fault(error):
            raise
        is_accepted = faults.code_of(error) in (*faults.GONE, faults.DEVICE_MISSING) or _UNDER_WAY in str(error)
        if not is_accepted and find(domain, view, lambda one: one.key == held.key) is not None:
            raise
