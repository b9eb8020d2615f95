"""``/os-keypairs``: public keys of users, made here or brought along."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from moorage import clock, errors
from moorage.api.compute.input import check_name, check_query, stamp
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import BOOLEAN, INTEGER, NULL, TEXT, closed, each, one, page
from moorage.api.wire.body import since
from moorage.api.wire.paging import limit_of, next_link
from moorage.compute.model import key_material
from moorage.compute.model.keypair import Keypair
from moorage.compute.service import keypairs

_POLICY = "os_compute_api:os-keypairs:"
_OLD_NAME = r"^[_\- a-zA-Z0-9]+\Z"
_NAME = r"^[_\-@. a-zA-Z0-9]+\Z"
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=_OLD_NAME)]
_Name92 = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=_NAME)]


class NewKeypair(msgspec.Struct, forbid_unknown_fields=True):
    name: _Name
    public_key: str | msgspec.UnsetType = msgspec.UNSET
    type: Annotated[Literal["ssh", "x509"], since(2, 2)] = "ssh"
    user_id: Annotated[str, since(2, 10)] = ""


class Create(msgspec.Struct, forbid_unknown_fields=True):
    keypair: NewKeypair


class ImportedKeypair(msgspec.Struct, forbid_unknown_fields=True):
    name: _Name92
    public_key: str
    type: Literal["ssh", "x509"] = "ssh"
    user_id: str = ""


class Import(msgspec.Struct, forbid_unknown_fields=True):
    """From 2.92 on the server makes no keys."""

    keypair: ImportedKeypair


def index(call: Call) -> Reply:
    check_query(call, "user_id", "limit", "marker")
    user_id = _user(call, "index")
    is_paged = call.at_least(2, 35)
    limit = limit_of(call) if is_paged else None
    marker = call.query.get("marker") if is_paged else None
    with call.services.store.read() as tx:
        page = keypairs.listing(tx, user_id, marker, limit)
    last = page[-1].name if page else None
    more = {} if limit is None else next_link(call, "keypairs", page, limit, last)
    return Reply(body={"keypairs": [{"keypair": _brief(call, pair)} for pair in page], **more})


def show(call: Call) -> Reply:
    check_query(call, "user_id")
    user_id = _user(call, "show")
    with call.services.store.read() as tx:
        pair = keypairs.get(tx, user_id, call.params["name"])
    body = _brief(call, pair) | {
        "id": pair.serial,
        "user_id": pair.user_id,
        "created_at": stamp(pair.created_at),
        "updated_at": None,
        "deleted": False,
        "deleted_at": None,
    }
    return Reply(body={"keypair": body})


def create(call: Call) -> Reply:
    new = call.body(Import).keypair if call.at_least(2, 92) else call.body(Create).keypair
    user_id = _allowed(call, "create", new.user_id or call.context.user_id)
    check_name(new.name)
    made: key_material.Material | None = None
    if isinstance(new.public_key, msgspec.UnsetType):
        # Searching for primes takes long, so it happens outside of the transaction.
        made = key_material.generate(new.type, user_id)
        public_key, fingerprint = made.public_key, made.fingerprint
    else:
        public_key, fingerprint = new.public_key, key_material.fingerprint(new.type, new.public_key)
    pair = Keypair(
        user_id=user_id, name=new.name, type=new.type, public_key=public_key, fingerprint=fingerprint,
        created_at=clock.now(),
    )  # fmt: skip
    with call.services.store.write() as tx:
        pair = keypairs.add(tx, call.context.project_id, pair)
    body = _brief(call, pair) | {"user_id": user_id} | ({"private_key": made.private_key} if made else {})
    return Reply(status=201 if call.at_least(2, 2) else 200, body={"keypair": body})


def delete(call: Call) -> Reply:
    check_query(call, "user_id")
    user_id = _user(call, "delete")
    with call.services.store.write() as tx:
        keypairs.delete(tx, user_id, call.params["name"])
    return Reply(status=204 if call.at_least(2, 2) else 202)


def _user(call: Call, action: str) -> str:
    """Whose key pairs: the caller's, or from 2.10 on those of the user in the query."""
    asked = call.query.get("user_id") if call.at_least(2, 10) else None
    return _allowed(call, action, asked or call.context.user_id)


def _allowed(call: Call, action: str, user_id: str) -> str:
    if user_id != call.context.user_id and not call.context.is_admin:
        raise errors.Forbidden(f"Policy doesn't allow {_POLICY}{action} to be performed.")
    return user_id


def _brief(call: Call, pair: Keypair) -> dict[str, Any]:
    body: dict[str, Any] = {"name": pair.name, "public_key": pair.public_key, "fingerprint": pair.fingerprint}
    if call.at_least(2, 2):
        body["type"] = pair.type
    return body


_PUBLIC = each(TEXT, "name", "public_key", "fingerprint")
_LISTED = closed(_PUBLIC, {"type": TEXT})
_CREATED = closed(_PUBLIC | {"user_id": TEXT}, each(TEXT, "type", "private_key"))
_SHOWN = closed(
    _PUBLIC | {"id": INTEGER, "user_id": TEXT, "created_at": TEXT, "deleted": BOOLEAN}
    | each(NULL, "updated_at", "deleted_at"),
    {"type": TEXT},
)  # fmt: skip
ROUTES = [
    Route(method="GET", path="/os-keypairs", handler=index, policy=_POLICY + "index", default="any",
          summary="List key pairs", answer=page("keypairs", one("keypair", _LISTED))),
    Route(method="POST", path="/os-keypairs", handler=create, policy=_POLICY + "create", default="any", body=Create,
          summary="Make or import a key pair", answer=one("keypair", _CREATED)),
    Route(method="GET", path="/os-keypairs/{name}", handler=show, policy=_POLICY + "show", default="any",
          summary="Show a key pair", answer=one("keypair", _SHOWN)),
    Route(method="DELETE", path="/os-keypairs/{name}", handler=delete, policy=_POLICY + "delete", default="any",
          summary="Delete a key pair"),
]  # fmt: skip
