"""Image records: create, list, show, change, delete, tags, deactivate and reactivate."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import ids
from moorage.api.images import patch, views
from moorage.api.images.query import first_and_next, listing_of
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import TEXT, array, closed
from moorage.images import content, fields
from moorage.images.model import NewImage
from moorage.images.service import edit, listing, lookup

_RULES = {"public": "publicize_image", "community": "communitize_image"}

ImageBody = msgspec.defstruct(
    "ImageBody", [(name, kind | msgspec.UnsetType, msgspec.UNSET) for name, kind in fields.SETTABLE.items()]
)
"""For the reference: the named fields; all further ones are properties and must be strings."""


def create(call: Call) -> Reply:
    given = call.json()
    for name in given:
        fields.check_writable(name)
    values = {name: fields.checked(name, value) for name, value in given.items()}
    named = {name: values.pop(name) for name in fields.SETTABLE if name in values}
    _check_visibility(call, named)
    defaults = {"id": ids.new(), "owner": call.context.project_id or None}
    new = NewImage(**{**defaults, **named}, properties=values)
    with call.services.store.write() as tx:
        made = edit.create(tx, call.context, new)
    return Reply(status=201, body=views.image(made), headers={"Location": f"{call.service_url}/images/{made.id}"})


def index(call: Call) -> Reply:
    wanted = listing_of(call)
    with call.services.store.read() as tx:
        page = listing.page(tx, call.context, wanted)
    body = {"images": [views.image(image) for image in page], "schema": "/v2/schemas/images"}
    return Reply(body={**body, **first_and_next(call, page, wanted.limit)})


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return Reply(body=views.image(lookup.get_visible(tx, call.context, call.params["image_id"])))


def update(call: Call) -> Reply:
    changes = patch.parse(call.headers.get("content-type", ""), call.raw)
    with call.services.store.write() as tx:
        image = lookup.get_mutable(tx, call.context, call.params["image_id"])
        values = patch.apply(changes, image)
        _check_visibility(call, values)
        image = edit.update(tx, call.context, image, values)
    return Reply(body=views.image(image))


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        image = edit.delete(tx, call.context, call.params["image_id"])
    content.remove(call.services.image_dir, image)
    return Reply(status=204)


def deactivate(call: Call) -> Reply:
    with call.services.store.write() as tx:
        edit.deactivate(tx, call.context, call.params["image_id"])
    return Reply(status=204)


def reactivate(call: Call) -> Reply:
    with call.services.store.write() as tx:
        edit.reactivate(tx, call.context, call.params["image_id"])
    return Reply(status=204)


def add_tag(call: Call) -> Reply:
    with call.services.store.write() as tx:
        edit.add_tag(tx, call.context, call.params["image_id"], call.params["tag"])
    return Reply(status=204)


def remove_tag(call: Call) -> Reply:
    with call.services.store.write() as tx:
        edit.remove_tag(tx, call.context, call.params["image_id"], call.params["tag"])
    return Reply(status=204)


def _check_visibility(call: Call, values: dict[str, Any]) -> None:
    if rule := _RULES.get(values.get("visibility", "")):
        call.enforce(rule)


_LIST = closed({"images": array(views.IMAGE), "schema": TEXT, "first": TEXT}, {"next": TEXT})
_ONE = "/images/{image_id}"
ROUTES = [
    Route(
        method="POST", path="/images", handler=create, policy="add_image", summary="Create an image", body=ImageBody
    , answer=views.IMAGE),
    Route(method="GET", path="/images", handler=index, policy="get_images", default="reader", summary="List images",
          answer=_LIST),
    Route(method="GET", path=_ONE, handler=show, policy="get_image", default="reader", summary="Show an image",
          answer=views.IMAGE),
    Route(method="PATCH", path=_ONE, handler=update, policy="modify_image", summary="Change an image",
          answer=views.IMAGE),
    Route(method="DELETE", path=_ONE, handler=delete, policy="delete_image", summary="Delete an image"),
    Route(
        method="POST", path=f"{_ONE}/actions/deactivate", handler=deactivate, policy="deactivate",
        summary="Forbid downloads",
    ),
    Route(
        method="POST", path=f"{_ONE}/actions/reactivate", handler=reactivate, policy="reactivate",
        summary="Allow downloads again",
    ),
    Route(method="PUT", path=f"{_ONE}/tags/{{tag}}", handler=add_tag, policy="modify_image", summary="Add a tag"),
    Route(
        method="DELETE", path=f"{_ONE}/tags/{{tag}}", handler=remove_tag, policy="modify_image",
        summary="Remove a tag",
    ),
]  # fmt: skip
