"""Which settings does the ``[libvirt]`` section have, and what do they look like in the driver?

Names are those of Nova where it has the option.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from oslo_config import cfg

from moorage import errors

GROUP = "libvirt"
_MIB = 1024 * 1024

OPTIONS: list[cfg.Opt] = [
    cfg.MultiStrOpt(
        "connection_uri", default=["qemu:///system"],
        help="[<name>=]<libvirt URI>, repeatable: one host each. The first may go without a name; it then has that of "
        "this installation. qemu:///embed?root=<directory> needs no daemon and allows one process.",
    ),
    cfg.StrOpt(
        "instances_path", default="",
        help="Directory for consoles and config drives; hosts that are not this machine need it under the same path. "
        "Empty: instances in data_dir.",
    ),
    cfg.StrOpt(
        "virt_type", default="auto", choices=["auto", "kvm", "qemu"],
        help="qemu: emulation, without hardware help; auto: kvm on each host that can start an empty guest with it.",
    ),
    cfg.FloatOpt(
        "connect_timeout", default=15.0, min=0.1,
        help="Seconds a host may take to let Moorage connect before it counts as not answering.",
    ),
    cfg.StrOpt(
        "cpu_mode", default="", choices=["", "host-model", "host-passthrough", "maximum"],
        help="What guests see of the host's processor; empty: host-model with kvm, libvirt's default with qemu.",
    ),
    cfg.StrOpt("machine_type", default="q35", help="Machine type of guests; libvirt knows which there are."),
    cfg.IntOpt(
        "num_pcie_ports", default=16, min=2, max=28,
        help="PCI Express ports of a q35 guest: one for each disk and network interface it may have.",
    ),
    cfg.StrOpt(
        "disk_cachemode", default="none", choices=["none", "writeback", "writethrough", "directsync", "unsafe"],
        help="How the host caches volumes. none needs a file system with O_DIRECT.",
    ),
    cfg.StrOpt(
        "disk_io", default="", choices=["", "native", "threads", "io_uring"],
        help="How QEMU submits input and output; empty: native where disk_cachemode allows it, else threads.",
    ),
    cfg.StrOpt(
        "guest_network", default="user",
        help="The interface of a server that has no port, as all have without [networks]. user: behind QEMU, out but "
        "not in; bridge:<name>: on a bridge of the host; network:<name>: on a network that libvirt knows; none: none.",
    ),
    cfg.IntOpt("reserved_host_memory_mb", default=512, min=0, help="Memory of each host not given to guests, in MiB."),
    cfg.IntOpt("device_detach_attempts", default=8, min=1, help="How often a guest is asked to let go of a disk."),
    cfg.FloatOpt("device_detach_timeout", default=20.0, min=0.1, help="Seconds to wait after each time."),
    cfg.FloatOpt(
        "wait_soft_reboot_seconds", default=120.0, min=0.0,
        help="Seconds a guest may take to shut down for a soft reboot before it is rebooted hard.",
    ),
    cfg.FloatOpt(
        "shutdown_timeout", default=60.0, min=0.0,
        help="Seconds a guest may take to shut down before it is switched off; 0 switches off at once.",
    ),
    cfg.FloatOpt("settle_timeout", default=30.0, min=1.0, help="Seconds libvirt may take to take up a guest again."),
    cfg.FloatOpt(
        "swap_patience", default=60.0, min=1.0,
        help="Seconds one step waits for a volume to be copied under a guest; then it is asked again.",
    ),
    cfg.IntOpt("swap_bandwidth_mib_s", default=0, min=0, help="Limit of such copies in MiB/s; 0: none."),
]  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class LibvirtSettings:
    """The ``[libvirt]`` section as the driver uses it; defaults are in ``OPTIONS`` and nowhere else."""

    hosts: dict[str, str]
    """Name → URI."""
    instances_path: Path
    owner: str
    """Name of this installation, noted in each guest it makes."""
    virt_type: str
    connect_timeout: float
    cpu_mode: str
    machine_type: str
    num_pcie_ports: int
    disk_cachemode: str
    disk_io: str
    guest_network: str
    reserved_host_memory_mb: int
    device_detach_attempts: int
    device_detach_timeout: float
    wait_soft_reboot_seconds: float
    shutdown_timeout: float
    settle_timeout: float
    swap_patience: float
    swap_bandwidth_mib_s: int

    @property
    def swap_bandwidth(self) -> int:
        """Bytes a second; 0 for no limit."""
        return self.swap_bandwidth_mib_s * _MIB

    @property
    def io(self) -> str:
        """QEMU opens files with O_DIRECT in two cache modes, and native input and output needs that."""
        is_direct = self.disk_cachemode in ("none", "directsync")
        if self.disk_io == "native" and not is_direct:
            return "threads"
        return self.disk_io or ("native" if is_direct else "threads")

    @classmethod
    def from_section(cls, section: Any, owner: str, data_dir: Path, *, has_networks: bool = False) -> LibvirtSettings:
        """Read an oslo.config group. Raises ``ConfigError`` for what can be seen wrong without asking libvirt.

        ``has_networks``: servers have the interfaces they asked for, and none if they asked for none.
        """
        made = ("hosts", "instances_path", "owner", "guest_network")
        values = {f.name: getattr(section, f.name) for f in dataclasses.fields(cls) if f.name not in made}
        if not re.fullmatch(r"user|none|(bridge|network):[^\s:]+", section.guest_network):
            raise errors.ConfigError(
                f"[libvirt] guest_network = {section.guest_network}: must be user, none, bridge:<name> or "
                "network:<name>"
            )
        return cls(
            hosts=_hosts(section.connection_uri, owner), owner=owner,
            instances_path=Path(section.instances_path) if section.instances_path else data_dir / "instances",
            guest_network="none" if has_networks else section.guest_network, **values,
        )  # fmt: skip


def _hosts(entries: list[str], owner: str) -> dict[str, str]:
    """``name=uri`` by name; a URI without a name belongs to the host that is called like the installation."""
    found: dict[str, str] = {}
    for entry in entries:
        named = re.fullmatch(r"(?:([A-Za-z0-9][A-Za-z0-9_.-]*)=)?([a-z0-9+]+://.*)", entry.strip())
        if named is None:
            raise errors.ConfigError(
                f"[libvirt] connection_uri = {entry}: must be [<name>=]<URI>, such as k1=qemu:///system"
            )
        name = named[1] or owner
        if name in found:
            raise errors.ConfigError(f"[libvirt] connection_uri = {entry}: host {name} is named twice")
        found[name] = named[2]
    if not found:
        raise errors.ConfigError("[libvirt] connection_uri = (empty): the libvirt driver needs a host")
    return found
