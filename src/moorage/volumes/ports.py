"""What a storage backend must do.

Every call may be repeated after a crash and must then find its own earlier effect by the ids it is given.
A missing object on a delete or disconnect is success. No answer raises ``errors.Unknown``; a definite no raises
``errors.Refused``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

import msgspec

from moorage.connections import ConnectionInfo, Connector

__all__ = ["ConnectionInfo", "Connector", "Mapping", "MappingInventory", "Pool", "VolumeBackend"]


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """Capacity of a backend, in GiB."""

    name: str
    total_gib: float
    free_gib: float


class VolumeBackend(Protocol):
    """One storage system. ``volume_id`` and ``snapshot_id`` are Moorage's ids and the keys of every object."""

    name: str
    """The section name in ``enabled_backends``."""

    protocol: str
    """``fibre_channel`` or ``file``: decides which servers can use the volumes."""

    def create(self, volume_id: str, size_gib: int) -> None:
        """Make an empty volume, or find the one already made."""

    def write_image(self, volume_id: str, image: Path, disk_format: str) -> None:
        """Fill the volume from an image file (``raw`` or ``qcow2``). Repeating it starts over."""

    def read_image(self, volume_id: str, target: Path) -> None:
        """Write the volume's content to ``target`` as a raw image."""

    def clone(self, volume_id: str, source_id: str, size_gib: int) -> None:
        """Make a volume with the content of another volume."""

    def create_from_snapshot(self, volume_id: str, snapshot_id: str, size_gib: int) -> None:
        """Make a volume with the content of a snapshot."""

    def extend(self, volume_id: str, size_gib: int) -> None:
        """Grow the volume to ``size_gib``; already that large is success."""

    def delete(self, volume_id: str) -> None:
        """Remove the volume; absent is success. Refused while a LUN mask exists."""

    def create_snapshot(self, snapshot_id: str, volume_id: str) -> None:
        """Keep the volume's present content under ``snapshot_id``."""

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Remove the snapshot; absent is success."""

    def connect(self, volume_id: str, connector: Connector) -> ConnectionInfo:
        """Let the connector's initiators reach the volume; the same answer when repeated."""

    def disconnect(self, volume_id: str, connector: Connector) -> None:
        """Take the access back; success when there was none."""

    def pool(self) -> Pool:
        """Capacity, for ``get_pools``."""


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """A volume that a host can reach, or a host without any (``volume_id`` None)."""

    host: str
    volume_id: str | None
    initiators: list[str]


@runtime_checkable
class MappingInventory(Protocol):
    """A backend that can list whom it lets in, so that an audit can compare."""

    def mappings_of(self, hosts: list[str]) -> list[Mapping]: ...

    def mappings_after(self, host: str, limit: int) -> list[Mapping]:
        """All mappings of the next ``limit`` hosts by name; empty at the end."""
