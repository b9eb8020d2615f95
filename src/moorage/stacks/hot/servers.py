"""Does a server have exactly one thing to boot from? Heat's rules for its properties, with Heat's defaults."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.stacks.hot.problems import Invalid, at

SOURCES = ("volume_id", "snapshot_id", "image", "swap_size")
_EPHEMERAL = ("ephemeral_size", "ephemeral_format")


def check(properties: dict[str, Any], name: str, place: str) -> None:
    """``errors.BadRequest`` unless the server can be booted and is described without contradictions."""
    sources = 1 if properties.get("image") is not None else 0
    mappings = properties.get("block_device_mapping_v2") or []
    for number, mapping in enumerate(mappings):
        with at(f"{place}.block_device_mapping_v2[{number}]"):
            sources += _is_bootable(mapping)
    if sources == 0:
        raise errors.BadRequest(f"{place}: Neither image nor bootable volume is specified for instance {name}")
    if mappings and sources != 1:
        raise errors.BadRequest(f"{place}: Multiple bootable sources for instance {name}.")
    if properties.get("user_data") and properties.get("user_data_format") != "RAW":
        with at(f"{place}.user_data_format"):
            raise Invalid("only RAW is supported; Heat's default is HEAT_CFNTOOLS, so it has to be given")


def _is_bootable(mapping: Any) -> bool:
    """One entry checked for itself; a source of any kind without boot_index boots first, as Heat fills in 0."""
    if not isinstance(mapping, dict):
        return False  # not known yet
    given = [name for name in SOURCES if mapping.get(name) is not None]
    if any(mapping.get(name) for name in _EPHEMERAL):
        given.append("ephemeral_size")
    if len(given) > 1:
        raise Invalid(f"Cannot define the following properties at the same time: {', '.join(given)}")
    if not given:
        raise Invalid(
            "Either volume_id, snapshot_id, image_id, swap_size, ephemeral_size or ephemeral_format must be specified."
        )
    if given[0] in ("volume_id", "snapshot_id", "image"):
        return mapping.get("boot_index") in (None, 0)
    return False
