"""Volume types: which kinds of volumes are there, and which backend holds each?"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import clock, errors, ids
from moorage.context import Context
from moorage.store import Tx
from moorage.store.tables.volumes import volume_types, volumes
from moorage.volumes.model import VolumeType, type_of

DEFAULT = "__DEFAULT__"
"""The type of volumes made without one; the name is Cinder's."""
BACKEND_SPEC = "volume_backend_name"


def ensure_defaults(tx: Tx, backend_names: list[str]) -> None:
    """One type per backend, named like it, and the default type, which means the first backend."""
    for name in backend_names:
        _ensure(tx, name, name, f"Volumes of backend {name}")
    if backend_names:
        _ensure(tx, DEFAULT, backend_names[0], "Default Volume Type")


def _ensure(tx: Tx, name: str, backend: str, description: str) -> None:
    if find_by_name(tx, name) is None:
        values = {"description": description, "extra_specs": {BACKEND_SPEC: backend}, "is_public": True}
        _insert(tx, ids.derived("volume-type", name), name, values)


def backend_of(tx: Tx, volume_type: str | None) -> str:
    """The backend for volumes of a type (name or id; None is the default type); 400 if there is no such type."""
    found = named(tx, volume_type)
    return found.extra_specs.get(BACKEND_SPEC) or default(tx).extra_specs.get(BACKEND_SPEC, "")


def named(tx: Tx, volume_type: str | None) -> VolumeType:
    """The type by id or name, None for the default one; ``errors.BadRequest`` if there is none."""
    if not volume_type:
        return default(tx)
    found = find(tx, volume_type) or find_by_name(tx, volume_type)
    if found is None:
        raise errors.BadRequest(f"Volume type {volume_type} could not be found.")
    return found


def default(tx: Tx) -> VolumeType:
    found = find_by_name(tx, DEFAULT)
    if found is None:
        raise errors.BadRequest(
            f"The request cannot be fulfilled as the default volume type {DEFAULT} cannot be found."
        )
    return found


def find(tx: Tx, type_id: str) -> VolumeType | None:
    row = tx.execute(sa.select(volume_types).where(volume_types.c.id == type_id)).one_or_none()
    return None if row is None else type_of(row)


def find_by_name(tx: Tx, name: str) -> VolumeType | None:
    row = tx.execute(sa.select(volume_types).where(volume_types.c.name == name)).one_or_none()
    return None if row is None else type_of(row)


def get(tx: Tx, context: Context, type_id: str) -> VolumeType:
    """The type if the caller may use it; ``errors.NotFound`` otherwise."""
    found = find(tx, type_id)
    if found is None or not is_visible(found, context):
        raise errors.NotFound(f"Volume type {type_id} could not be found.")
    return found


def usable(tx: Tx, context: Context, name_or_id: str) -> VolumeType:
    """As ``get``, by name too: what a request for a volume names."""
    found = find(tx, name_or_id) or find_by_name(tx, name_or_id)
    if found is None or not is_visible(found, context):
        raise errors.NotFound(f"Volume type with name {name_or_id} could not be found.")
    return found


def is_visible(volume_type: VolumeType, context: Context) -> bool:
    return context.is_admin or volume_type.is_public or context.project_id in volume_type.project_access


def names_by_id(tx: Tx) -> dict[str, str]:
    """All types: id → name."""
    return {row.id: row.name for row in tx.execute(sa.select(volume_types.c.id, volume_types.c.name))}


def every(tx: Tx) -> list[VolumeType]:
    """All types, oldest first."""
    order = (volume_types.c.created_at, volume_types.c.id)
    return [type_of(row) for row in tx.execute(sa.select(volume_types).order_by(*order))]


def create(tx: Tx, name: str, **values: Any) -> VolumeType:
    """A new type; 409 if the name is taken."""
    if find_by_name(tx, name) is not None:
        raise errors.Conflict(f"Volume Type {name} already exists.")
    type_id = ids.new()
    _insert(tx, type_id, name, values)
    return _existing(tx, type_id)


def _insert(tx: Tx, type_id: str, name: str, values: dict[str, Any]) -> None:
    tx.execute(volume_types.insert().values(id=type_id, name=name, created_at=clock.now(), **values))


def update(tx: Tx, volume_type: VolumeType, **values: Any) -> VolumeType:
    """Change columns; 409 if another type has the new name."""
    name = values.get("name")
    if name is not None and (other := find_by_name(tx, name)) is not None and other.id != volume_type.id:
        raise errors.Conflict(f"Volume Type {name} already exists.")
    tx.execute(
        volume_types.update().where(volume_types.c.id == volume_type.id).values(updated_at=clock.now(), **values)
    )
    return _existing(tx, volume_type.id)


def _existing(tx: Tx, type_id: str) -> VolumeType:
    found = find(tx, type_id)
    assert found is not None
    return found


def delete(tx: Tx, volume_type: VolumeType) -> None:
    """400 for the default type or while volumes have the type."""
    if volume_type.name == DEFAULT:
        raise errors.BadRequest(f"The volume type {volume_type.id} is a default volume type and cannot be deleted.")
    if tx.execute(sa.select(volumes.c.id).where(volumes.c.volume_type_id == volume_type.id).limit(1)).first():
        raise errors.BadRequest(
            f"Volume Type {volume_type.id} deletion is not allowed with volumes present with the type."
        )
    tx.execute(volume_types.delete().where(volume_types.c.id == volume_type.id))


def spec(volume_type: VolumeType, key: str) -> str:
    """One extra spec; 404 if the type has none of that name."""
    if key not in volume_type.extra_specs:
        raise errors.NotFound(f"Volume Type {volume_type.id} has no extra specs with key {key}.")
    return volume_type.extra_specs[key]


def add_access(tx: Tx, volume_type: VolumeType, project_id: str) -> None:
    """Let a project use a private type; 409 if it may already."""
    _require_private(volume_type)
    if project_id in volume_type.project_access:
        raise errors.Conflict(f"Volume type access for {volume_type.id} / {project_id} combination already exists.")
    update(tx, volume_type, project_access=[*volume_type.project_access, project_id])


def remove_access(tx: Tx, volume_type: VolumeType, project_id: str) -> None:
    _require_private(volume_type)
    if project_id not in volume_type.project_access:
        raise errors.NotFound(f"Volume type access not found for {volume_type.id} / {project_id} combination.")
    update(tx, volume_type, project_access=[other for other in volume_type.project_access if other != project_id])


def _require_private(volume_type: VolumeType) -> None:
    if volume_type.is_public:
        raise errors.Conflict("Invalid volume type: Type access modification is not applicable to public volume type.")
