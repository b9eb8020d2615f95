"""``/qos-specs``: limits of speed, recorded with volume types."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import errors
from moorage.api.volumes import views
from moorage.api.volumes.fields import Name, texts
from moorage.api.volumes.query import is_set
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import LINKS, TEXT, TEXTS, Schema, closed, each, one, several
from moorage.store import Tx
from moorage.volumes.model import QosSpec
from moorage.volumes.service import qos, types

_CONSUMERS = ("back-end", "front-end", "both")
_PREFIX = "volume_extension:qos_specs_manage:"
_PATH = "/qos-specs/{spec_id}"


class Body(msgspec.Struct, forbid_unknown_fields=True):
    qos_specs: dict[str, Any]


class Keys(msgspec.Struct, forbid_unknown_fields=True):
    keys: list[Name]


def _view(call: Call, spec: QosSpec) -> dict[str, Any]:
    shown = {"id": spec.id, "name": spec.name, "consumer": spec.consumer, "specs": spec.specs}
    return {"qos_specs": shown, "links": views.links(call, f"/qos-specs/{spec.id}")}


def _find(call: Call, tx: Tx) -> QosSpec:
    return qos.get(tx, call.params["spec_id"])


def index(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return Reply(body={"qos_specs": [_view(call, spec)["qos_specs"] for spec in qos.every(tx)]})


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return Reply(body=_view(call, _find(call, tx)))


def create(call: Call) -> Reply:
    given = call.body(Body).qos_specs
    name, consumer = str(given.pop("name", "") or "").strip(), _consumer(given) or "back-end"
    if not 1 <= len(name) <= 255:
        raise errors.BadRequest(
            f"Invalid input for field/attribute name. Value: {name}. It must have 1 to 255 characters."
        )
    with call.services.store.write() as tx:
        return Reply(body=_view(call, qos.create(tx, name, consumer, _specs(given))))


def _consumer(given: dict[str, Any]) -> str | None:
    consumer: str | None = given.pop("consumer", None)
    if consumer is not None and consumer not in _CONSUMERS:
        raise errors.BadRequest(f"Invalid qos specs: Valid consumer of QoS specs are: {list(_CONSUMERS)}")
    return consumer


def _specs(given: dict[str, Any]) -> dict[str, str]:
    for key, value in given.items():
        if not 1 <= len(key) <= 255 or isinstance(value, (dict, list)) or len(str(value)) > 255:
            raise errors.BadRequest(
                f"Invalid input for field/attribute {key}. Value: {value}. Keys and values are texts of up to 255 "
                "characters."
            )
    return texts(given)


def update(call: Call) -> Reply:
    given = call.body(Body).qos_specs
    consumer, specs = _consumer(given), _specs(given)
    with call.services.store.write() as tx:
        qos.update(tx, _find(call, tx), consumer, specs)
    return Reply(body={"qos_specs": specs | ({"consumer": consumer} if consumer else {})})


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        qos.delete(tx, _find(call, tx), force=is_set(call, "force"))
    return Reply(status=202)


def delete_keys(call: Call) -> Reply:
    keys = call.body(Keys).keys
    with call.services.store.write() as tx:
        qos.delete_keys(tx, _find(call, tx), keys)
    return Reply(status=202)


def associations(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = qos.associations(tx, _find(call, tx))
    shown = [{"association_type": "volume_type", "name": kind.name, "id": kind.id} for kind in found]
    return Reply(body={"qos_associations": shown})


def associate(call: Call) -> Reply:
    with call.services.store.write() as tx:
        spec = _find(call, tx)
        qos.associate(tx, spec, types.get(tx, call.context, _type_id(call)))
    return Reply(status=202)


def disassociate(call: Call) -> Reply:
    with call.services.store.write() as tx:
        spec = _find(call, tx)
        qos.disassociate(tx, spec, types.get(tx, call.context, _type_id(call)))
    return Reply(status=202)


def _type_id(call: Call) -> str:
    type_id = call.query.get("vol_type_id")
    if not type_id:
        raise errors.BadRequest("Volume Type id must not be None.")
    return type_id


def disassociate_all(call: Call) -> Reply:
    with call.services.store.write() as tx:
        qos.disassociate_all(tx, _find(call, tx))
    return Reply(status=202)


_SPEC = closed(each(TEXT, "id", "name", "consumer") | {"specs": TEXTS})
_SHOWN = closed({"qos_specs": _SPEC, "links": LINKS})
_ASSOCIATION = closed(each(TEXT, "association_type", "name", "id"))


def _route(
    method: str, path: str, handler: Any, policy: str, summary: str, body: Any = None, answer: Schema | None = None
) -> Route:
    return Route(
        method=method, path=path, handler=handler, policy=_PREFIX + policy, default="admin", body=body,
        summary=summary, answer=answer,
    )  # fmt: skip


ROUTES = [
    _route("GET", "/qos-specs", index, "get_all", "List QoS specs", answer=several("qos_specs", _SPEC)),
    _route("POST", "/qos-specs", create, "create", "Create QoS specs", Body, _SHOWN),
    _route("GET", _PATH, show, "get", "Show QoS specs", answer=_SHOWN),
    _route("PUT", _PATH, update, "update", "Change QoS specs", Body, one("qos_specs", TEXTS)),
    _route("DELETE", _PATH, delete, "delete", "Delete QoS specs"),
    _route("PUT", _PATH + "/delete_keys", delete_keys, "delete", "Remove items of QoS specs", Keys),
    _route("GET", _PATH + "/associations", associations, "get_all", "List the types QoS specs belong to",
           answer=several("qos_associations", _ASSOCIATION)),
    _route("GET", _PATH + "/associate", associate, "update", "Give QoS specs to a type"),
    _route("GET", _PATH + "/disassociate", disassociate, "update", "Take QoS specs from a type"),
    _route("GET", _PATH + "/disassociate_all", disassociate_all, "update", "Take QoS specs from all types"),
]  # fmt: skip
