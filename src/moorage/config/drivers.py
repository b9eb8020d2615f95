"""The hypervisor driver and the storage backends that ``moorage.conf`` asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moorage import errors
from moorage.compute.model.guest import Disk
from moorage.compute.ports import Hypervisor
from moorage.config import machines
from moorage.config.settings import Settings
from moorage.drivers.fcarray import Fabric, FcArray, open_fabric
from moorage.drivers.files import FileVolumes
from moorage.drivers.libvirt import LibvirtDriver, LibvirtSettings
from moorage.drivers.sim import SimDriver
from moorage.volumes.content import copy_over
from moorage.volumes.forms import Qcow2
from moorage.volumes.ports import VolumeBackend


def hypervisor_of(settings: Settings, *, is_checked: bool = True) -> Hypervisor:
    """The driver in use; unchecked it is made even if its hypervisor does not answer."""
    conf: Any = settings.conf
    if conf.compute_driver == "dpm":
        return machines.dpm_of(conf, is_checked=is_checked)
    if conf.compute_driver == "libvirt":
        return LibvirtDriver(_libvirt_settings(settings))
    fabric = open_fabric(settings.array_file)

    def copy(old: Disk, new: Disk) -> None:
        copy_over(_bytes_of(old, fabric), _bytes_of(new, fabric))

    return SimDriver(
        settings.data_dir / "sim" / "guests.db",
        latency_s=conf.sim.latency,
        copy=copy,
        vcpus=conf.sim.vcpus,
        memory_mib=conf.sim.memory_mib,
        reports_first_boot=is_checked and conf.sim.guests_report,
    )


def _libvirt_settings(settings: Settings) -> LibvirtSettings:
    conf: Any = settings.conf
    return LibvirtSettings.from_section(
        conf.libvirt, conf.host, settings.data_dir, has_networks=bool(conf.networks.names)
    )  # fmt: skip


def _bytes_of(disk: Disk, fabric: Fabric) -> Path:
    """What a simulated guest writes to: a file, or a LUN that it reaches through the simulated storage network."""
    data = disk.connection_info["data"]
    if "device_path" in data:
        return Path(data["device_path"])
    return fabric.content_behind(data["initiator_target_map"], data["target_lun"])


def backends_of(settings: Settings) -> dict[str, VolumeBackend]:
    made: dict[str, VolumeBackend] = {}
    for name in settings.conf.volumes.enabled_backends:
        if name == "files":
            made[name] = FileVolumes(name, settings.data_dir / "volumes")
        elif name == "qcow2":
            made[name] = FileVolumes(name, settings.data_dir / "volumes-qcow2", Qcow2())
        elif name == "fcarray":
            made[name] = FcArray(name, settings.array_file)
        else:
            raise errors.ConfigError(f"[volumes] enabled_backends = {name}: must be files, qcow2 or fcarray")
    if not made:
        raise errors.ConfigError("[volumes] enabled_backends = (empty): name at least one of files, qcow2, fcarray")
    return made
