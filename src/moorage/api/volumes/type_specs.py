"""``/types/{id}/extra_specs``: what a volume type means to the backends."""

from __future__ import annotations

import msgspec

from moorage import errors
from moorage.api.volumes.fields import Specs, texts
from moorage.api.volumes.types import find, visible_specs
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import TEXTS, one
from moorage.api.wire.body import validate
from moorage.volumes.service import types

_PREFIX = "volume_extension:types_extra_specs:"


class Body(msgspec.Struct, forbid_unknown_fields=True):
    extra_specs: Specs


def index(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return Reply(body={"extra_specs": visible_specs(call, find(call, tx))})


def create(call: Call) -> Reply:
    given = texts(call.body(Body).extra_specs)
    with call.services.store.write() as tx:
        found = find(call, tx)
        types.update(tx, found, extra_specs={**found.extra_specs, **given})
    return Reply(body={"extra_specs": given})


def show(call: Call) -> Reply:
    key = call.params["key"]
    with call.services.store.read() as tx:
        return Reply(body={key: types.spec(find(call, tx), key)})


def update(call: Call) -> Reply:
    key = call.params["key"]
    given = texts(validate({"extra_specs": call.json()}, Body, call.version).extra_specs)
    if key not in given:
        raise errors.BadRequest("Request body and URI mismatch.")
    if len(given) > 1:
        raise errors.BadRequest("Request body contains too many items.")
    with call.services.store.write() as tx:
        found = find(call, tx)
        types.update(tx, found, extra_specs={**found.extra_specs, **given})
    return Reply(body=given)


def delete(call: Call) -> Reply:
    key = call.params["key"]
    with call.services.store.write() as tx:
        found = find(call, tx)
        types.spec(found, key)
        types.update(tx, found, extra_specs={name: v for name, v in found.extra_specs.items() if name != key})
    return Reply(status=202)


ROUTES = [
    Route(method="GET", path="/types/{type_id}/extra_specs", handler=index, policy=_PREFIX + "index",
          default="reader", summary="Show a type's extra specs", answer=one("extra_specs", TEXTS)),
    Route(method="POST", path="/types/{type_id}/extra_specs", handler=create, policy=_PREFIX + "create",
          default="admin", body=Body, summary="Add extra specs to a type", answer=one("extra_specs", TEXTS)),
    Route(method="GET", path="/types/{type_id}/extra_specs/{key}", handler=show, policy=_PREFIX + "show",
          default="admin", summary="Show one of a type's extra specs", answer=TEXTS),
    Route(method="PUT", path="/types/{type_id}/extra_specs/{key}", handler=update, policy=_PREFIX + "update",
          default="admin", summary="Set one of a type's extra specs", answer=TEXTS),
    Route(method="DELETE", path="/types/{type_id}/extra_specs/{key}", handler=delete, policy=_PREFIX + "delete",
          default="admin", summary="Remove one of a type's extra specs"),
]  # fmt: skip
