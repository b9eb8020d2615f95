"""What do drivers and those who call them speak of? Guests, their disks and interfaces, and the hosts they live on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from moorage.connections import ConnectionInfo, Connector


class Nic(msgspec.Struct, frozen=True, kw_only=True):
    """A network interface: a port of the server, with what the driver and the guest need to use it."""

    port_id: str
    mac_address: str
    """Six lower-case hex pairs with colons."""
    network_id: str
    network_name: str
    fixed_addresses: list[str]
    prefix_length: int
    gateway: str | None = None
    dns: list[str] = []
    vlan: int | None = None
    """Tagged outside the guest, by the adapter or the host."""
    mtu: int = 1500
    tag: str | None = None
    physical: dict[str, list[str]] = {}
    """The network in drivers' words, as configured: ``virtual_switches``, ``adapter_ports``, ``bridges``."""


class ConfigDrive(msgspec.Struct, frozen=True, kw_only=True):
    """What the first boot of the guest's system is told; ``compute.config_drive`` makes and writes it.

    User data may hold secrets: it stays out of logs, error texts and results of steps.
    """

    meta_data: dict[str, Any]
    network_data: dict[str, Any]
    vendor_data: dict[str, Any] = {}
    user_data: bytes | None = None
    """Decoded; None if the server has none."""

    def __repr__(self) -> str:
        return f"ConfigDrive({self.meta_data.get('uuid')})"


class Guest(msgspec.Struct, frozen=True, kw_only=True):
    """What a driver must know of a server."""

    id: str
    name: str
    vcpus: int
    memory_mib: int
    identity: dict[str, Any] = {}
    """The ``Identity`` that ``reserve_identity`` returned, as plain values from the server's row; empty before."""
    hosts: list[str] = []
    """Where ``reserve_identity`` may put it, by name; empty for anywhere."""
    nics: list[Nic] = []
    """In the order the guest is to see them. Only there in calls that (re)define the guest: ``reserve_identity``,
    ``boot``, ``power_on``, ``reboot``, ``resume``, ``rescue``."""
    config_drive: ConfigDrive | None = None
    """There in the same calls as ``nics``."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """How storage knows the server, fixed before storage is asked and kept until the last unmap is confirmed."""

    connector: Connector
    host: str
    """Name of the hypervisor the server lives on, shown as ``OS-EXT-SRV-ATTR:host``."""
    driver: dict[str, Any] = {}
    """The driver's own handles, such as partition and HBA URIs."""


class Disk(msgspec.Struct, frozen=True, kw_only=True):
    """A connected volume as the guest sees it."""

    volume_id: str
    device_name: str
    boot_index: int | None
    connection_info: ConnectionInfo
    size_gib: int | None = None
    """None where the caller does not know it; to take a disk away it is not needed."""
    is_read_only: bool = False
    is_shared: bool = False
    """Whether other servers may have the volume at the same time."""


class RescueImage(msgspec.Struct, frozen=True, kw_only=True):
    """The system that repairs a guest whose root is a volume."""

    path: Path
    disk_format: str
    """``raw`` or ``qcow2``."""


class HostState(msgspec.Struct, frozen=True, kw_only=True):
    """One hypervisor: totals and its own usage, memory in MiB, disk in GiB."""

    name: str
    hypervisor_type: str
    version: int
    vcpus: int
    memory_mib: int
    disk_gib: int
    up: bool = True


class HeldGuest(msgspec.Struct, frozen=True, kw_only=True):
    """A guest that exists on a hypervisor."""

    server_id: str
    is_running: bool
    """Whether it may be using its disks; false only when it certainly is not."""
    volume_ids: list[str] | None = None
    """None where the hypervisor does not know them."""


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One way by which a driver began to start a guest, as it is on record."""

    id: str
    way: str
    notes: list[str] = []
    is_open: bool = True
    """Whether it is not known yet what came of it."""


class GuestState(msgspec.Struct, frozen=True, kw_only=True):
    """What a hypervisor says of a guest."""

    server_id: str
    power_state: int
    """As ``Hypervisor.power_state`` has it."""
    fault: str = ""
    """Why the guest cannot do its work although it was not asked to stop, in words for its user; empty if it can."""
