"""How large is the volume a node boots from?

Named explicitly, else the flavor's disk, else what the image needs. Too small is refused before anything is made; a
size of zero is never asked for.
"""

from __future__ import annotations

from typing import Any

import msgspec

from moorage.clusters.model import NodeFields
from moorage.clusters.refusals import InvalidReference

CONFIG_TARGET = "general"
CONFIG_NAME = "Boot volume size"
_GIB = 1 << 30


class RootSource(msgspec.Struct, frozen=True, kw_only=True):
    """What the flavor gives and the image needs."""

    flavor_id: str
    flavor_disk_gib: int
    image_id: str
    min_disk_gib: int
    image_bytes: int
    """Virtual size if it is known, else the size of the file."""

    @property
    def needed_gib(self) -> int:
        return max(self.min_disk_gib, -(-self.image_bytes // _GIB))


def root_gib(node: NodeFields, source: RootSource, default_gib: int) -> int:
    """GiB; ``InvalidReference`` if the size is below what the image needs."""
    size, origin = _chosen(node, source, default_gib)
    if size < source.needed_gib:
        raise InvalidReference(
            f"Node group '{node.name}' boots from a volume of {size} GiB ({origin}), but image '{source.image_id}' "
            f"needs {source.needed_gib} GiB. Set boot_volume_size or the config '{CONFIG_NAME}' to at least that."
        )
    return size


def _chosen(node: NodeFields, source: RootSource, default_gib: int) -> tuple[int, str]:
    explicit = explicit_gib(node)
    if explicit is not None:
        return explicit
    if source.flavor_disk_gib > 0:
        return source.flavor_disk_gib, f"disk of flavor '{source.flavor_id}'"
    return max(source.needed_gib, default_gib, 1), "default"


def explicit_gib(node: NodeFields) -> tuple[int, str] | None:
    """The size that field or config name; the field goes first."""
    if node.boot_volume_size is not None:
        return node.boot_volume_size, "boot_volume_size"
    config: Any = node.node_configs.get(CONFIG_TARGET, {}).get(CONFIG_NAME)
    if config in (None, 0, "0", ""):
        return None
    if isinstance(config, bool) or not str(config).isdigit():
        raise InvalidReference(f"Config '{CONFIG_NAME}' must be a number of GiB, not '{config}'")
    return int(config), f"config '{CONFIG_NAME}'"
