"""How much block storage may a project use, and how much does it use?

Numbers are limits, sizes in GiB; -1 is no limit. A project's own limits go before those of the class ``default``,
those before the built-in ones. Each volume type adds limits of its own, as in Cinder.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import errors
from moorage.store import Tx
from moorage.store.limits import DEFAULT_CLASS, StoredLimits
from moorage.store.tables.volumes import snapshots, volumes
from moorage.volumes.service import types
from moorage.volumes.service.hidden import is_no_target

BUILT_IN = {
    "volumes": 10, "snapshots": 10, "gigabytes": 1000, "per_volume_gigabytes": -1, "backups": 10,
    "backup_gigabytes": 1000, "groups": 10,
}  # fmt: skip
"""Limits nobody changed: Cinder's defaults."""

_PER_TYPE = ("volumes", "gigabytes", "snapshots")
_STORED = StoredLimits("volume")
_SIZE = sa.func.coalesce(volumes.c.extending_to_gib, volumes.c.size_gib)


def resources(tx: Tx) -> list[str]:
    """Names of everything that has a limit."""
    names = types.names_by_id(tx).values()
    return [*BUILT_IN, *(f"{kind}_{name}" for name in names for kind in _PER_TYPE)]


def defaults(tx: Tx) -> dict[str, int]:
    """The limits of projects that have none of their own."""
    return {**dict.fromkeys(resources(tx), -1), **BUILT_IN, **_STORED.of(tx, DEFAULT_CLASS)}


def limits_of(tx: Tx, project_id: str) -> dict[str, int]:
    """The project's limits by resource."""
    return {**defaults(tx), **_STORED.of(tx, project_id)}


def usage_of(tx: Tx, project_id: str) -> dict[str, int]:
    """What the project uses, by resource. Snapshots count as gigabytes, extensions under way with their new size."""
    used = dict.fromkeys(resources(tx), 0)
    names = types.names_by_id(tx)
    for type_id, count, size in tx.execute(_volume_sums(project_id)):
        _add(used, names.get(type_id), {"volumes": count, "gigabytes": size})
    for type_id, count, size in tx.execute(_snapshot_sums(project_id)):
        _add(used, names.get(type_id), {"snapshots": count, "gigabytes": size})
    return used


def _volume_sums(project_id: str) -> sa.Select[Any]:
    query = sa.select(volumes.c.volume_type_id, sa.func.count(), sa.func.sum(_SIZE))
    return query.where(volumes.c.project_id == project_id, is_no_target()).group_by(volumes.c.volume_type_id)


def _snapshot_sums(project_id: str) -> sa.Select[Any]:
    query = sa.select(volumes.c.volume_type_id, sa.func.count(), sa.func.sum(snapshots.c.size_gib))
    query = query.select_from(snapshots.join(volumes, volumes.c.id == snapshots.c.volume_id))
    return query.where(snapshots.c.project_id == project_id).group_by(volumes.c.volume_type_id)


def _add(used: dict[str, int], type_name: str | None, amounts: dict[str, int]) -> None:
    for kind, amount in amounts.items():
        used[kind] += int(amount)
        if type_name is not None:
            used[f"{kind}_{type_name}"] += int(amount)


def check_volume(tx: Tx, project_id: str, type_name: str, size_gib: int, *, new: bool = True) -> None:
    """``errors.OverQuota`` in Cinder's words if one more volume, or ``size_gib`` more, would be too much."""
    _check(tx, project_id, type_name, {"volumes": 1 if new else 0, "gigabytes": size_gib})


def check_volumes(tx: Tx, project_id: str, wanted: dict[str, list[int]]) -> None:
    """The same for many volumes at once: type name → their sizes in GiB."""
    for size_gib in {size for sizes in wanted.values() for size in sizes}:
        check_size(tx, project_id, size_gib)
    amounts = {"volumes": 0, "gigabytes": 0}
    for type_name, sizes in wanted.items():
        own = {"volumes": len(sizes), "gigabytes": sum(sizes)}
        amounts |= {f"{kind}_{type_name}": amount for kind, amount in own.items()}
        amounts |= {kind: amounts[kind] + amount for kind, amount in own.items()}
    _refuse_over(amounts, limits_of(tx, project_id), usage_of(tx, project_id))


def check_snapshot(tx: Tx, project_id: str, type_name: str, size_gib: int) -> None:
    """The same for one more snapshot."""
    _check(tx, project_id, type_name, {"snapshots": 1, "gigabytes": size_gib})


def check_size(tx: Tx, project_id: str, size_gib: int) -> None:
    """``errors.OverQuota`` if a single volume may not be that large."""
    limit = limits_of(tx, project_id)["per_volume_gigabytes"]
    if 0 <= limit < size_gib:
        raise errors.OverQuota(
            f"VolumeSizeExceedsLimit: Requested volume size {size_gib}G is larger than maximum allowed limit {limit}G."
        )


def check_retype(tx: Tx, project_id: str, type_name: str, size_gib: int) -> None:
    """Only the limits of the new type count: the project's sums stay the same."""
    wanted = {f"volumes_{type_name}": 1, f"gigabytes_{type_name}": size_gib}
    _refuse_over(wanted, limits_of(tx, project_id), usage_of(tx, project_id))


def _check(tx: Tx, project_id: str, type_name: str, amounts: dict[str, int]) -> None:
    wanted = {**amounts, **{f"{kind}_{type_name}": amount for kind, amount in amounts.items()}}
    _refuse_over(wanted, limits_of(tx, project_id), usage_of(tx, project_id))


def _refuse_over(wanted: dict[str, int], limits: dict[str, int], used: dict[str, int]) -> None:
    over = [name for name, amount in wanted.items() if amount > 0 and 0 <= limits[name] < used[name] + amount]
    for name in sorted(over, key=lambda name: not name.startswith("gigabytes")):
        raise errors.OverQuota(_sentence(name, wanted[name], used[name], limits[name]))


def _sentence(name: str, wanted: int, used: int, limit: int) -> str:
    if name.startswith("gigabytes"):
        return (
            f"VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed {name} quota. "
            f"Requested {wanted}G, quota is {limit}G and {used}G has been consumed."
        )
    if name.startswith("snapshots"):
        return f"SnapshotLimitExceeded: Maximum number of snapshots allowed ({limit}) exceeded"
    return f"VolumeLimitExceeded: Maximum number of volumes allowed ({limit}) exceeded for quota '{name}'."


def set_limits(tx: Tx, project_id: str, limits: dict[str, int]) -> None:
    """Change some of a project's limits."""
    _STORED.set(tx, project_id, limits)


def set_defaults(tx: Tx, limits: dict[str, int]) -> None:
    """Change limits of all projects that have none of their own."""
    _STORED.set(tx, DEFAULT_CLASS, limits)


def reset(tx: Tx, project_id: str) -> None:
    """Back to the defaults."""
    _STORED.forget(tx, project_id)
