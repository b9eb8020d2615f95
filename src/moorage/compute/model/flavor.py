"""What sizes can a server have?"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa


class Flavor(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``flavors``."""

    id: str
    name: str
    vcpus: int
    ram_mib: int
    disk_gib: int
    ephemeral_gib: int
    swap_mib: int
    rxtx_factor: float
    is_public: bool
    disabled: bool
    description: str | None
    extra_specs: dict[str, str]
    project_access: list[str]
    created_at: Any

    def as_stored(self) -> dict[str, Any]:
        """The copy a server keeps, so that a later change of the flavor changes nothing for it."""
        return {
            "id": self.id,
            "name": self.name,
            "vcpus": self.vcpus,
            "ram": self.ram_mib,
            "disk": self.disk_gib,
            "ephemeral": self.ephemeral_gib,
            "swap": self.swap_mib,
            "extra_specs": self.extra_specs,
        }


def from_row(row: sa.Row[Any]) -> Flavor:
    return Flavor(**row._mapping)
