"""``/types``: the kinds of volumes there are."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from moorage import errors
from moorage.api.volumes.fields import Description, Specs, Truth, texts, truth
from moorage.api.volumes.query import page_of
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import BOOLEAN, LINKS, NULLABLE_TEXT, TEXT, TEXTS, array, closed, one
from moorage.api.wire.paging import next_link
from moorage.api.wire.route import Rule
from moorage.store import Tx
from moorage.store.tables.volumes import volume_types as table
from moorage.volumes.model import VolumeType
from moorage.volumes.service import listing, type_listing, types

SEE_SPECS = "volume_extension:access_types_extra_specs"
SEE_ALL_SPECS = "volume_extension:types_extra_specs:read_sensitive"
_SEE_QOS = "volume_extension:access_types_qos_specs_id"
_VISIBLE = ("RESKEY:availability_zones", "multiattach", "replication_enabled")
"""Extra specs every user may see, as in Cinder."""
TypeName = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"\S")]


class New(msgspec.Struct, forbid_unknown_fields=True, rename={"is_public": "os-volume-type-access:is_public"}):
    name: TypeName
    description: Description | None = None
    extra_specs: Specs | None = None
    is_public: Truth = True


class NewBody(msgspec.Struct, forbid_unknown_fields=True):
    volume_type: New


class Change(msgspec.Struct, forbid_unknown_fields=True):
    name: TypeName | None = None
    description: Description | None = None
    is_public: Truth | None = None


class ChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    volume_type: Change


def find(call: Call, tx: Tx) -> VolumeType:
    """The type in the path, if the caller may use it; 404 otherwise."""
    return types.get(tx, call.context, call.params["type_id"])


def _view(call: Call, row: VolumeType, *, brief: bool = False) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": row.id, "name": row.name, "is_public": row.is_public, "description": row.description,
    }  # fmt: skip
    if call.allowed(SEE_SPECS):
        shown["extra_specs"] = visible_specs(call, row)
    if call.allowed(_SEE_QOS):
        shown["qos_specs_id"] = row.qos_specs_id
    return shown if brief else shown | {"os-volume-type-access:is_public": row.is_public}


def visible_specs(call: Call, row: VolumeType) -> dict[str, str]:
    if call.allowed(SEE_ALL_SPECS):
        return row.extra_specs
    return {key: value for key, value in row.extra_specs.items() if key in _VISIBLE}


def index(call: Call) -> Reply:
    page = page_of(call, table)
    wanted = call.query.get("extra_specs")
    specs = {} if wanted is None else listing.pairs_of("extra_specs", wanted)
    if specs and not call.allowed(SEE_ALL_SPECS) and any(key not in _VISIBLE for key in specs):
        return Reply(body={"volume_types": []})
    with call.services.store.read() as tx:
        found = type_listing.page(tx, call.context, _is_public(call), specs, page)
    marker = found[-1].id if found else None
    links = next_link(call, "volume_type", found, page.limit, marker)
    return Reply(body={"volume_types": [_view(call, row) for row in found], **links})


def _is_public(call: Call) -> bool | None:
    """None is both; only admins may ask for private ones."""
    value = call.query.get("is_public")
    if value is None or not call.context.is_admin:
        return True
    return None if value.lower() == "none" else listing.flag("is_public", value)


def show(call: Call) -> Reply:
    is_default = call.params["type_id"] == "default"
    with call.services.store.read() as tx:
        found = types.default(tx) if is_default else find(call, tx)
    return Reply(body={"volume_type": _view(call, found, brief=is_default)})


def create(call: Call) -> Reply:
    new = call.body(NewBody).volume_type
    with call.services.store.write() as tx:
        made = types.create(
            tx, new.name.strip(), description=new.description, extra_specs=texts(new.extra_specs),
            is_public=truth("os-volume-type-access:is_public", new.is_public),
        )  # fmt: skip
    return Reply(body={"volume_type": _view(call, made)})


def update(call: Call) -> Reply:
    body = call.body(ChangeBody).volume_type
    given = {k: v for k, v in msgspec.structs.asdict(body).items() if v is not None}
    if not given:
        raise errors.BadRequest("Specify volume type name, description, is_public or a combination thereof.")
    if "is_public" in given:
        given["is_public"] = truth("is_public", given["is_public"])
    if "name" in given:
        given["name"] = given["name"].strip()
    with call.services.store.write() as tx:
        changed = types.update(tx, find(call, tx), **given)
    return Reply(body={"volume_type": _view(call, changed)})


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        types.delete(tx, find(call, tx))
    return Reply(status=202)


def no_encryption(call: Call) -> Reply:
    """No type encrypts."""
    with call.services.store.read() as tx:
        find(call, tx)
    return Reply(body={})


def no_encryption_to_delete(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = find(call, tx)
    raise errors.NotFound(f"Volume type encryption for type {found.id} does not exist.")


def refuse_encryption(call: Call) -> Reply:
    with call.services.store.read() as tx:
        find(call, tx)
    raise errors.BadRequest("Encrypted volume types are not supported.")


_TYPE = closed(
    {"id": TEXT, "name": TEXT, "is_public": BOOLEAN, "description": NULLABLE_TEXT},
    {"extra_specs": TEXTS, "qos_specs_id": NULLABLE_TEXT, "os-volume-type-access:is_public": BOOLEAN},
)
_LIST = closed({"volume_types": array(_TYPE)}, {"volume_type_links": LINKS})
_ENCRYPTION = "volume_extension:volume_type_encryption:"
ROUTES = [
    Route(method="GET", path="/types", handler=index, policy="volume_extension:type_get_all", default="reader",
          summary="List volume types", answer=_LIST),
    Route(method="GET", path="/types/{type_id}", handler=show, policy="volume_extension:type_get", default="reader",
          summary="Show a volume type; 'default' is the default one", answer=one("volume_type", _TYPE)),
    Route(method="POST", path="/types", handler=create, policy="volume_extension:type_create", default="admin",
          body=NewBody, summary="Create a volume type", answer=one("volume_type", _TYPE)),
    Route(method="PUT", path="/types/{type_id}", handler=update, policy="volume_extension:type_update",
          default="admin", body=ChangeBody, summary="Change a volume type", answer=one("volume_type", _TYPE)),
    Route(method="DELETE", path="/types/{type_id}", handler=delete, policy="volume_extension:type_delete",
          default="admin", summary="Delete a volume type"),
    Route(method="GET", path="/types/{type_id}/encryption", handler=no_encryption, policy=_ENCRYPTION + "get",
          default="admin", summary="Show a type's encryption, of which there is none", answer=closed({})),
    Route(method="POST", path="/types/{type_id}/encryption", handler=refuse_encryption,
          policy=_ENCRYPTION + "create", default="admin", summary="Refused: types cannot encrypt"),
    Route(method="DELETE", path="/types/{type_id}/encryption/{key}", handler=no_encryption_to_delete,
          policy=_ENCRYPTION + "delete", default="admin", summary="404: types cannot encrypt"),
]  # fmt: skip
RULES = [
    Rule(name=SEE_SPECS, default="reader", summary="See the extra specs of types that are meant for users"),
    Rule(name=SEE_ALL_SPECS, default="admin", summary="See all extra specs of types"),
    Rule(name=_SEE_QOS, default="admin", summary="See which QoS specs a type has"),
]
