"""What do operators see of hypervisors and of the services that drive them?"""

from __future__ import annotations

from typing import Any

import msgspec

COMPUTE = "nova-compute"


def serial_of(identifier: str) -> int:
    """The integer that stands for a UUID in microversions that know no UUIDs; the same in every process."""
    return int(identifier.replace("-", "")[:8], 16) >> 1


class ServiceState(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``services`` and whether it works."""

    id: str
    host: str
    binary: str
    zone: str
    disabled: bool
    disabled_reason: str | None
    forced_down: bool
    updated_at: Any
    is_up: bool

    @property
    def serial(self) -> int:
        return serial_of(self.id)


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What the servers on a hypervisor take. ``busy`` counts those with a task under way."""

    vcpus: int = 0
    memory_mib: int = 0
    disk_gib: int = 0
    servers: int = 0
    busy: int = 0


class HypervisorState(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``hypervisors``, its service and its usage."""

    id: str
    name: str
    driver: str
    hypervisor_type: str
    version: int
    vcpus: int
    memory_mib: int
    disk_gib: int
    service: ServiceState
    usage: Usage

    @property
    def serial(self) -> int:
        return serial_of(self.id)
