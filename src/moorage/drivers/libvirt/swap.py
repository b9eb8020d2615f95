"""How is a running guest's disk moved to another volume, and how far had it come before a crash?

QEMU copies while the guest writes to both, and moves over once they are equal. The copy lives in QEMU, so it goes on
when this process dies. The definition decides what was reached: it names the old source, the old one with a mirror, or
the new one. Without a mirror nothing was begun, or the copy failed; in either case the guest writes to the old volume.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from moorage import errors
from moorage.compute.model.guest import Disk
from moorage.drivers.libvirt import binding, disk_xml, faults, plugs, sources
from moorage.drivers.libvirt.disk_xml import FoundDisk
from moorage.drivers.libvirt.hints import Hints
from moorage.drivers.libvirt.options import LibvirtSettings

_GIB = 1024**3


class Swap:
    """One exchange under one running guest; ``domain`` is a settled one."""

    def __init__(self, settings: LibvirtSettings, hints: Hints, domain: Any, old: Disk, new: Disk) -> None:
        self._settings = settings
        self._hints = hints
        self._domain = domain
        self._old, self._new = old, new
        self._is_old, self._is_new = disk_xml.matcher(old), disk_xml.matcher(new)
        self._new_key = sources.key(new.connection_info)
        self._live: int = binding.library().VIR_DOMAIN_AFFECT_LIVE

    def run(self) -> None:
        """``Refused`` leaves the guest on the old volume and no copy behind; ``Unknown``: ask again."""
        if not self._domain.isActive():
            raise errors.Refused(f"server {self._server_id} does not run")
        if not self._has_moved():
            self._begin()
            try:
                self._copy_and_move()
            except Exception as error:
                if faults.is_fault(error) or isinstance(error, errors.Refused):
                    self._give_up()
                raise
        self._name_anew()

    def _copy_and_move(self) -> None:
        with self._hints.watch(self._server_id) as watch:
            if not watch.until(lambda: self._is_ready() or self._has_failed(), self._settings.swap_patience):
                raise errors.Unknown(f"volume {self._old.volume_id} is still being copied: {self._progress()}")
            self._move_over()
            if not watch.until(lambda: self._has_moved() or self._has_failed(), self._settings.settle_timeout):
                raise errors.Unknown(f"server {self._server_id} is still moving to volume {self._new.volume_id}")
        if not self._has_moved():
            raise errors.Refused(f"the copy of volume {self._old.volume_id} failed")

    def _give_up(self) -> None:
        """End the copy before the new volume is taken away; ``Unknown`` as long as QEMU may write to it."""
        with self._hints.watch(self._server_id) as watch:
            held = self._held()
            if held is None or held.mirror is None:
                return
            self._domain.blockJobAbort(held.target, 0)
            if not watch.until(self._has_failed, self._settings.settle_timeout):
                raise errors.Unknown(f"the copy of volume {self._old.volume_id} does not end")

    @property
    def _server_id(self) -> str:
        return str(self._domain.UUIDString())

    def _held(self) -> FoundDisk | None:
        return plugs.find(self._domain, self._live, self._is_old)

    def _has_moved(self) -> bool:
        return plugs.find(self._domain, self._live, self._is_new) is not None

    def _is_ready(self) -> bool:
        held = self._held()
        return held is not None and held.mirror is not None and held.mirror.is_ready

    def _has_failed(self) -> bool:
        held = self._held()
        return held is None or held.mirror is None

    def _begin(self) -> None:
        """Find the copy that an earlier try began, or begin one."""
        held = self._held()
        if held is None:
            raise errors.Refused(f"server {self._server_id} does not have volume {self._old.volume_id}")
        if held.mirror is not None and held.mirror.key == self._new_key:
            return
        if held.mirror is not None:
            raise errors.Refused(f"volume {self._old.volume_id} is being copied to another place already")
        libvirt = binding.library()
        flags = libvirt.VIR_DOMAIN_BLOCK_COPY_REUSE_EXT | libvirt.VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB
        limit = {libvirt.VIR_DOMAIN_BLOCK_COPY_BANDWIDTH: self._settings.swap_bandwidth}
        self._domain.blockCopy(held.target, self._target(), limit if self._settings.swap_bandwidth else {}, flags)

    def _move_over(self) -> None:
        held = self._held()
        if held is None or held.mirror is None:
            return
        try:
            self._domain.blockJobAbort(held.target, binding.library().VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT)
        except Exception as error:
            if not faults.is_fault(error) or not self._has_moved():
                raise

    def _progress(self) -> str:
        held = self._held()
        job = self._domain.blockJobInfo(held.target) if held is not None else None
        return f"{job['cur']} of {job['end']} bytes" if job else "no copy is under way"

    def _target(self) -> str:
        """The copy is as long as the old volume: QEMU refuses another length, and only a raw volume can be cut."""
        made = disk_xml.image_element(self._new, self._settings)
        is_raw = sources.format_of(self._new.connection_info) == "raw"
        source = made.find("source")
        old_gib, new_gib = self._old.size_gib, self._new.size_gib
        if is_raw and source is not None and old_gib is not None and new_gib is not None and new_gib > old_gib:
            size = str(old_gib * _GIB)
            ET.SubElement(ET.SubElement(source, "slices"), "slice", type="storage", offset="0", size=size)
        return ET.tostring(made, "unicode")

    def _name_anew(self) -> None:
        """At its next start the disk is wholly the new volume's; the running guest keeps serial number and length."""
        libvirt = binding.library()
        definition = ET.fromstring(self._domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))  # noqa: S314 - by libvirt
        target = disk_xml.target_of(self._new)
        devices = definition.find("devices")
        assert devices is not None
        for place, device in enumerate(devices):
            if device.tag == "disk" and device.find(f"target[@dev='{target}']") is not None:
                devices[place] = disk_xml.element(self._new, self._settings)
        connection = self._domain.connect()
        connection.defineXMLFlags(ET.tostring(definition, "unicode"), libvirt.VIR_DOMAIN_DEFINE_VALIDATE)
