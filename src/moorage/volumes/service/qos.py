"""QoS specs: recorded and shown, associated with volume types. The backends here do not throttle."""

from __future__ import annotations

import sqlalchemy as sa

from moorage import errors, ids
from moorage.store import Tx
from moorage.store.tables.volumes import qos_specs, volume_types
from moorage.volumes.model import QosSpec, VolumeType, type_of
from moorage.volumes.service import types


def get(tx: Tx, spec_id: str) -> QosSpec:
    row = tx.execute(sa.select(qos_specs).where(qos_specs.c.id == spec_id)).one_or_none()
    if row is None:
        raise errors.NotFound(f"No such QoS spec {spec_id}.")
    return QosSpec(**row._mapping)


def every(tx: Tx) -> list[QosSpec]:
    return [QosSpec(**row._mapping) for row in tx.execute(sa.select(qos_specs).order_by(qos_specs.c.id.desc()))]


def create(tx: Tx, name: str, consumer: str, specs: dict[str, str]) -> QosSpec:
    """New specs; 409 if the name is taken."""
    if tx.execute(sa.select(qos_specs.c.id).where(qos_specs.c.name == name)).first():
        raise errors.Conflict(f"QoS Specs {name} already exists.")
    spec_id = ids.new()
    tx.execute(qos_specs.insert().values(id=spec_id, name=name, consumer=consumer, specs=specs))
    return get(tx, spec_id)


def update(tx: Tx, spec: QosSpec, consumer: str | None, specs: dict[str, str]) -> QosSpec:
    values = {"specs": {**spec.specs, **specs}, "consumer": consumer or spec.consumer}
    tx.execute(qos_specs.update().where(qos_specs.c.id == spec.id).values(values))
    return get(tx, spec.id)


def delete_keys(tx: Tx, spec: QosSpec, keys: list[str]) -> None:
    """404 if one of the keys is not there."""
    for key in keys:
        if key not in spec.specs:
            raise errors.NotFound(f"QoS spec {spec.id} has no spec with key {key}.")
    left = {key: value for key, value in spec.specs.items() if key not in keys}
    tx.execute(qos_specs.update().where(qos_specs.c.id == spec.id).values(specs=left))


def delete(tx: Tx, spec: QosSpec, *, force: bool) -> None:
    """400 while types use it, unless forced."""
    if associations(tx, spec) and not force:
        raise errors.BadRequest(f"QoS Specs {spec.id} is still associated with entities.")
    disassociate_all(tx, spec)
    tx.execute(qos_specs.delete().where(qos_specs.c.id == spec.id))


def associations(tx: Tx, spec: QosSpec) -> list[VolumeType]:
    query = sa.select(volume_types).where(volume_types.c.qos_specs_id == spec.id)
    return [type_of(row) for row in tx.execute(query.order_by(volume_types.c.created_at))]


def associate(tx: Tx, spec: QosSpec, volume_type: VolumeType) -> None:
    """400 if the type has other specs already."""
    if volume_type.qos_specs_id not in (None, spec.id):
        raise errors.BadRequest(
            f"Invalid volume type: Type {volume_type.id} is already associated with another qos specs: "
            f"{volume_type.qos_specs_id}"
        )
    types.update(tx, volume_type, qos_specs_id=spec.id)


def disassociate(tx: Tx, spec: QosSpec, volume_type: VolumeType) -> None:
    if volume_type.qos_specs_id == spec.id:
        types.update(tx, volume_type, qos_specs_id=None)


def disassociate_all(tx: Tx, spec: QosSpec) -> None:
    tx.execute(volume_types.update().where(volume_types.c.qos_specs_id == spec.id).values(qos_specs_id=None))
