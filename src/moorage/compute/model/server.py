"""A server as stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from moorage.compute.model.guest import Guest


class Server(msgspec.Struct, frozen=True):
    """A row of ``servers``. ``flavor`` is a copy made at create, so a later change of the flavor changes nothing.

    ``vcpus`` and ``ram_mib`` are what the server takes of its hypervisor and of quotas: what its flavor says, or more
    while a resize can be taken back.
    """

    id: str
    project_id: str
    user_id: str
    name: str
    hostname: str
    description: str | None
    vm_state: str
    task_state: str | None
    power_state: int
    progress: int
    flavor: dict[str, Any]
    vcpus: int
    ram_mib: int
    image_ref: str | None
    key_name: str | None
    availability_zone: str | None
    pinned_availability_zone: str | None
    host: str | None
    driver: str
    identity: dict[str, Any] | None
    metadata: dict[str, str]
    system_metadata: dict[str, Any]
    tags: list[str]
    scheduler_hints: dict[str, Any]
    fault: dict[str, Any] | None
    user_data: str | None
    config_drive: bool
    locked: bool
    locked_by: str | None
    locked_reason: str | None
    access_ip_v4: str | None
    access_ip_v6: str | None
    disk_config: str
    root_device_name: str | None
    reservation_id: str | None
    launch_index: int
    cancel_requested: bool
    created_at: Any
    updated_at: Any
    launched_at: Any
    terminated_at: Any
    deleted_at: Any

    def guest(self) -> Guest:
        """What a hypervisor driver is told, but for networks and config drive, which stand in other rows."""
        return Guest(
            id=self.id, name=self.name, vcpus=self.flavor["vcpus"], memory_mib=self.flavor["ram"],
            identity=self.identity or {}, hosts=[self.host] if self.host else [],
        )  # fmt: skip

    @property
    def is_volume_backed(self) -> bool:
        """Whether the root disk is a volume, so that nothing of the server lives on its host."""
        return self.image_ref is None

    @property
    def connector(self) -> dict[str, Any] | None:
        """How storage knows the server; None before it was reserved and after everything was released."""
        return None if self.identity is None else self.identity["connector"]


def from_row(row: Sequence[Any]) -> Server:
    """Of a row with all columns: the fields stand in the table's order, so that no row is asked for names."""
    return Server(*row)
