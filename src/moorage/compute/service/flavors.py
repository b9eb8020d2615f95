"""Flavors: find, list, create, change, and who may use the private ones."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import clock, errors, ids
from moorage.compute.model.flavor import Flavor, from_row
from moorage.context import Context
from moorage.store import Tx
from moorage.store.tables.compute import flavors

_DEFAULTS = [  # id, name, vcpus, ram in MiB, disk in GiB
    ("1", "m1.tiny", 1, 512, 1),
    ("2", "m1.small", 1, 2048, 20),
    ("3", "m1.medium", 2, 4096, 40),
    ("4", "m1.large", 4, 8192, 80),
    ("5", "m1.volume", 1, 1024, 0),
]
_SORT = {
    "created_at": "created_at", "description": "description", "disabled": "disabled", "ephemeral_gb": "ephemeral_gib",
    "flavorid": "id", "id": "created_at", "is_public": "is_public", "memory_mb": "ram_mib", "name": "name",
    "root_gb": "disk_gib", "rxtx_factor": "rxtx_factor", "swap": "swap_mib", "updated_at": "created_at",
    "vcpu_weight": "id", "vcpus": "vcpus",
}  # fmt: skip
SORT_KEYS = tuple(_SORT)


class Listing(msgspec.Struct, kw_only=True):
    """What a list is asked for. None does not filter."""

    is_public: bool | None = True
    """True adds the private flavors the caller's project may use; None is for admins only."""
    min_ram_mib: int | None = None
    min_disk_gib: int | None = None
    sort_key: str = "flavorid"
    descending: bool = False
    marker: str | None = None
    limit: int = 1000


def ensure_defaults(tx: Tx) -> None:
    """Five flavors to begin with, only while there is none at all."""
    if tx.execute(sa.select(flavors.c.id).limit(1)).first():
        return
    for flavor_id, name, vcpus, ram_mib, disk_gib in _DEFAULTS:
        insert(tx, id=flavor_id, name=name, vcpus=vcpus, ram_mib=ram_mib, disk_gib=disk_gib)


def get(tx: Tx, context: Context, flavor_id: str) -> Flavor:
    """The flavor, if the caller may use it; ``errors.NotFound`` otherwise."""
    row = tx.execute(sa.select(flavors).where(flavors.c.id == flavor_id)).one_or_none()
    if row is None or not _is_visible(flavor := from_row(row), context):
        raise errors.NotFound(f"Flavor {flavor_id} could not be found.")
    return flavor


def named(tx: Tx, context: Context, name: str) -> Flavor:
    """The flavor of that name, as ``get``."""
    row = tx.execute(sa.select(flavors).where(flavors.c.name == name)).one_or_none()
    if row is None or not _is_visible(flavor := from_row(row), context):
        raise errors.NotFound(f"Flavor {name} could not be found.")
    return flavor


def _is_visible(flavor: Flavor, context: Context) -> bool:
    return context.is_admin or flavor.is_public or context.project_id in flavor.project_access


def listing(tx: Tx, context: Context, wanted: Listing) -> list[Flavor]:
    """A page of flavors; 400 if the marker is none of them."""
    column = flavors.c[_SORT[wanted.sort_key]]
    order = [c.desc() if wanted.descending else c.asc() for c in (column, flavors.c.id)]
    found = [from_row(row) for row in tx.execute(sa.select(flavors).order_by(*order))]
    found = [flavor for flavor in found if _matches(flavor, context, wanted)]
    if wanted.marker is not None:
        found = _behind(found, wanted.marker)
    return found[: wanted.limit]


def _matches(flavor: Flavor, context: Context, wanted: Listing) -> bool:
    if wanted.is_public is True and not (flavor.is_public or context.project_id in flavor.project_access):
        return False
    if wanted.is_public is False and flavor.is_public:
        return False
    return flavor.ram_mib >= (wanted.min_ram_mib or 0) and flavor.disk_gib >= (wanted.min_disk_gib or 0)


def _behind(found: list[Flavor], marker: str) -> list[Flavor]:
    names = [flavor.id for flavor in found]
    if marker not in names:
        raise errors.BadRequest(f"marker [{marker}] not found")
    return found[names.index(marker) + 1 :]


def create(tx: Tx, context: Context, flavor_id: str | None, name: str, **values: Any) -> Flavor:
    """A new flavor; 409 if id or name are taken. Without an id it gets a random one."""
    flavor_id = flavor_id or ids.new()
    if tx.execute(sa.select(flavors.c.id).where(flavors.c.name == name)).first():
        raise errors.Conflict(f"Flavor with name {name} already exists.")
    if tx.execute(sa.select(flavors.c.id).where(flavors.c.id == flavor_id)).first():
        raise errors.Conflict(f"Flavor with ID {flavor_id} already exists.")
    try:
        insert(tx, id=flavor_id, name=name, **values)
    except sa.exc.IntegrityError:
        raise errors.Conflict(f"Flavor with name {name} already exists.") from None
    return get(tx, context, flavor_id)


def insert(tx: Tx, **values: Any) -> None:
    tx.execute(flavors.insert().values(created_at=clock.now(), **values))


def describe(tx: Tx, context: Context, flavor_id: str, description: str | None) -> Flavor:
    """Change the description, the only thing of a flavor that can change besides its extra specs."""
    get(tx, context, flavor_id)
    _update(tx, flavor_id, description=description)
    return get(tx, context, flavor_id)


def delete(tx: Tx, context: Context, flavor_id: str) -> None:
    """Servers keep their copy of the flavor."""
    get(tx, context, flavor_id)
    tx.execute(flavors.delete().where(flavors.c.id == flavor_id))


def add_specs(tx: Tx, context: Context, flavor_id: str, specs: dict[str, str]) -> None:
    flavor = get(tx, context, flavor_id)
    _update(tx, flavor_id, extra_specs={**flavor.extra_specs, **specs})


def spec(flavor: Flavor, key: str) -> str:
    """The value of one extra spec; 404 if the flavor has none of that name."""
    if key not in flavor.extra_specs:
        raise errors.NotFound(f"Flavor {flavor.id} has no extra specs with key {key}.")
    return flavor.extra_specs[key]


def remove_spec(tx: Tx, context: Context, flavor_id: str, key: str) -> None:
    flavor = get(tx, context, flavor_id)
    spec(flavor, key)
    _update(tx, flavor_id, extra_specs={name: value for name, value in flavor.extra_specs.items() if name != key})


def add_access(tx: Tx, context: Context, flavor_id: str, project_id: str) -> Flavor:
    """Let a project use a private flavor; 409 if it may already."""
    flavor = get(tx, context, flavor_id)
    if project_id in flavor.project_access:
        raise errors.Conflict(
            f"Flavor access already exists for flavor {flavor_id} and project {project_id} combination."
        )
    _update(tx, flavor_id, project_access=[*flavor.project_access, project_id])
    return get(tx, context, flavor_id)


def remove_access(tx: Tx, context: Context, flavor_id: str, project_id: str) -> Flavor:
    flavor = get(tx, context, flavor_id)
    if project_id not in flavor.project_access:
        raise errors.NotFound(f"Flavor access not found for {flavor_id} / {project_id} combination.")
    _update(tx, flavor_id, project_access=[other for other in flavor.project_access if other != project_id])
    return get(tx, context, flavor_id)


def _update(tx: Tx, flavor_id: str, **values: Any) -> None:
    tx.execute(flavors.update().where(flavors.c.id == flavor_id).values(**values))
