"""How much may a project use, and how much does it use?

Numbers are limits; -1 is no limit. A project's own limits go before those of the quota class ``default``, those before
the built-in ones.
"""

from __future__ import annotations

import sqlalchemy as sa

from moorage import errors
from moorage.compute import states
from moorage.store import Tx
from moorage.store.limits import DEFAULT_CLASS, StoredLimits
from moorage.store.tables.compute import server_groups, servers

BUILT_IN = {
    "cores": 20, "fixed_ips": -1, "floating_ips": -1, "injected_file_content_bytes": 10240,
    "injected_file_path_bytes": 255, "injected_files": 5, "instances": 10, "key_pairs": 100, "metadata_items": 128,
    "ram": 51200, "security_group_rules": -1, "security_groups": -1, "server_group_members": 10, "server_groups": 10,
}  # fmt: skip
"""Limits nobody changed: Nova's defaults. ``ram`` is in MiB."""

_STORED = StoredLimits("compute")


def defaults(tx: Tx) -> dict[str, int]:
    """The limits of projects that have none of their own."""
    return {**BUILT_IN, **_STORED.of(tx, DEFAULT_CLASS)}


def limits_of(tx: Tx, project_id: str) -> dict[str, int]:
    """The project's limits by resource."""
    return {**defaults(tx), **_STORED.of(tx, project_id)}


def usage_of(tx: Tx, project_id: str) -> dict[str, int]:
    """What the project uses, by resource; 0 for what is not counted per project.

    Offloaded servers count, soft-deleted ones do not, as in Nova.
    """
    query = sa.select(
        sa.func.count(), sa.func.coalesce(sa.func.sum(servers.c.vcpus), 0),
        sa.func.coalesce(sa.func.sum(servers.c.ram_mib), 0),
    )  # fmt: skip
    count, cores, ram = tx.execute(
        query.where(
            servers.c.project_id == project_id,
            servers.c.deleted_at.is_(None),
            servers.c.vm_state != states.SOFT_DELETED,
        )
    ).one()
    groups = tx.execute(sa.select(sa.func.count()).where(server_groups.c.project_id == project_id)).scalar_one()
    used = {"instances": int(count), "cores": int(cores), "ram": int(ram), "server_groups": int(groups)}
    return {**dict.fromkeys(BUILT_IN, 0), **used}


def check(tx: Tx, project_id: str, *, instances: int = 0, cores: int = 0, ram_mib: int = 0) -> None:
    """``errors.OverQuota`` in Nova's words if so much more would be too much."""
    wanted = {"cores": cores, "instances": instances, "ram": ram_mib}
    limits, used = limits_of(tx, project_id), usage_of(tx, project_id)
    over = [name for name in wanted if 0 <= limits[name] < used[name] + wanted[name] and wanted[name] > 0]
    if over:
        names, requested, taken, allowed = (
            ", ".join(map(str, column))
            for column in zip(*((name, wanted[name], used[name], limits[name]) for name in over), strict=True)
        )
        raise errors.OverQuota(
            f"Quota exceeded for {names}: Requested {requested}, but already used {taken} of {allowed} {names}"
        )


def affordable(tx: Tx, project_id: str, low: int, high: int, *, cores: int, ram_mib: int) -> int:
    """How many servers of ``cores`` and ``ram_mib`` the quota allows, at most ``high``; over quota below ``low``."""
    limits, used = limits_of(tx, project_id), usage_of(tx, project_id)
    count = high
    for name, each in (("instances", 1), ("cores", cores), ("ram", ram_mib)):
        if limits[name] >= 0 and each > 0:
            count = min(count, max(0, limits[name] - used[name]) // each)
    if count < low:
        check(tx, project_id, instances=low, cores=low * cores, ram_mib=low * ram_mib)
    return count


def check_metadata(tx: Tx, project_id: str, metadata: dict[str, str]) -> None:
    """``errors.OverQuota`` if a server may not have so many metadata items."""
    limit = limits_of(tx, project_id)["metadata_items"]
    if 0 <= limit < len(metadata):
        raise errors.OverQuota(f"Maximum number of metadata items exceeds {limit}")


def set_limits(tx: Tx, project_id: str, limits: dict[str, int], *, force: bool = False) -> None:
    """Change some of a project's limits; 400 if one is below what is used, unless forced."""
    used = usage_of(tx, project_id)
    for resource, limit in limits.items():
        if not force and 0 <= limit < used[resource]:
            raise errors.BadRequest(
                f"Quota limit {limit} for {resource} must be greater than or equal to already used and reserved "
                f"{used[resource]}."
            )
    _STORED.set(tx, project_id, limits)


def set_defaults(tx: Tx, limits: dict[str, int]) -> None:
    """Change limits of all projects that have none of their own."""
    _STORED.set(tx, DEFAULT_CLASS, limits)


def reset(tx: Tx, project_id: str) -> None:
    """Back to the defaults."""
    _STORED.forget(tx, project_id)
