"""Sharing an image with other projects."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.images import views
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import TEXT, array, closed
from moorage.images.service import members


def create(call: Call) -> Reply:
    member_id = _text(call.json(), "member", "Member to be added not specified")
    with call.services.store.write() as tx:
        return Reply(body=views.member(members.add(tx, call.context, call.params["image_id"], member_id)))


def index(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = members.listed(tx, call.context, call.params["image_id"])
    return Reply(body={"members": [views.member(member) for member in found], "schema": "/v2/schemas/members"})


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return Reply(body=views.member(members.show(tx, call.context, *_ids(call))))


def update(call: Call) -> Reply:
    status = _text(call.json(), "status", "Status not specified")
    with call.services.store.write() as tx:
        return Reply(body=views.member(members.answer(tx, call.context, *_ids(call), status)))


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        members.remove(tx, call.context, *_ids(call))
    return Reply(status=204)


def _ids(call: Call) -> tuple[str, str]:
    return call.params["image_id"], call.params["member_id"]


def _text(body: dict[str, Any], name: str, absent: str) -> str:
    if name not in body:
        raise errors.BadRequest(absent)
    value = body[name]
    if not isinstance(value, str) or not 0 < len(value) <= 64:
        raise errors.BadRequest(
            f"Invalid input for field/attribute {name}. Value: {value!r:.80}. Expected a text of 1 to 64 characters"
        )
    return value


_LIST = closed({"members": array(views.MEMBER), "schema": TEXT})
_ALL = "/images/{image_id}/members"
_ONE = f"{_ALL}/{{member_id}}"
ROUTES = [
    Route(
        method="POST",
        path=_ALL,
        handler=create,
        policy="add_member",
        summary="Share an image with a project",
        answer=views.MEMBER,
    ),
    Route(
        method="GET",
        path=_ALL,
        handler=index,
        policy="get_members",
        default="reader",
        summary="List members",
        answer=_LIST,
    ),
    Route(
        method="GET",
        path=_ONE,
        handler=show,
        policy="get_member",
        default="reader",
        summary="Show a member",
        answer=views.MEMBER,
    ),
    Route(
        method="PUT",
        path=_ONE,
        handler=update,
        policy="modify_member",
        summary="Accept or reject an image",
        answer=views.MEMBER,
    ),
    Route(method="DELETE", path=_ONE, handler=delete, policy="delete_member", summary="Stop sharing with a project"),
]
