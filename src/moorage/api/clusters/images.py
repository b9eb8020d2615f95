"""``/images``: which images may nodes be made from? The registry is in the images' own properties, as in Sahara."""

from __future__ import annotations

from typing import Any

from moorage.api.clusters import fields
from moorage.api.clusters.call import body, check_query, rows
from moorage.api.clusters.views import stamp
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import (
    INTEGER,
    NULLABLE_INTEGER,
    NULLABLE_TEXT,
    TAGS,
    TEXT,
    TEXTS,
    closed,
    each,
    one,
    several,
)
from moorage.clusters.refusals import ImageNotRegistered
from moorage.images.model import Image
from moorage.store import Tx
from moorage.workflows.clusters import image_registry as registry

_row = rows("image")


def index(call: Call) -> Reply:
    check_query(call, "tags", "name")
    wanted, name = set(call.query.getlist("tags")), call.query.get("name")
    with call.services.store.read() as tx:
        found = registry.listing(tx, call.context)
    shown = [image for image in found if wanted <= set(registry.tags_of(image)) and name in (None, image.name)]
    return Reply(body={"images": [_rendered(image) for image in shown]})


def show(call: Call) -> Reply:
    return Reply(body={"image": _rendered(_registered(call))})


def register(call: Call) -> Reply:
    values = body(call, fields.IMAGE)
    with call.services.store.write() as tx:
        image = registry.register(
            tx, call.context, call.params["image_id"], values["username"], values.get("description")
        )
    return Reply(status=202, body={"image": _rendered(image)})


def unregister(call: Call) -> Reply:
    with call.services.store.write() as tx:
        registry.unregister(tx, call.context, call.params["image_id"])
    return Reply(status=204)


def show_tags(call: Call) -> Reply:
    return Reply(body=registry.tags_of(_registered(call)))


def replace_tags(call: Call) -> Reply:
    """Clients expect the image's fields with and without a wrapping."""
    tags = body(call, fields.TAGS)["tags"]
    with call.services.store.write() as tx:
        return _with_tags(_tagged(tx, call, tags), is_flat=True)


def remove_tags(call: Call) -> Reply:
    with call.services.store.write() as tx:
        _tagged(tx, call, [])
    return Reply(status=204)


def tag(call: Call) -> Reply:
    added = body(call, fields.TAGS)["tags"]
    with call.services.store.write() as tx:
        known = registry.tags_of(_found(tx, call))
        return _with_tags(_tagged(tx, call, [*known, *added]))


def untag(call: Call) -> Reply:
    removed = body(call, fields.TAGS)["tags"]
    with call.services.store.write() as tx:
        known = registry.tags_of(_found(tx, call))
        return _with_tags(_tagged(tx, call, [name for name in known if name not in removed]))


def _with_tags(image: Image, *, is_flat: bool = False) -> Reply:
    rendered = _rendered(image)
    if is_flat:
        return Reply(status=200, body={**rendered, "image": rendered})
    return Reply(status=202, body={"image": rendered})


def _tagged(tx: Tx, call: Call, tags: list[str]) -> Image:
    return registry.set_tags(tx, call.context, _found(tx, call).id, tags)


def _registered(call: Call) -> Image:
    with call.services.store.read() as tx:
        return _found(tx, call)


def _found(tx: Tx, call: Call) -> Image:
    image = registry.find(tx, call.context, call.params["image_id"])
    if not registry.is_registered(image):
        raise ImageNotRegistered(f"Image {image.id} is not registered in Sahara")
    return image


def _rendered(image: Image) -> dict[str, Any]:
    about = {key: value for key, value in image.properties.items() if key.startswith(registry.PREFIX)}
    return {
        "id": image.id, "name": image.name, "username": registry.username_of(image),
        "description": image.properties.get(registry.DESCRIPTION), "tags": registry.tags_of(image),
        "status": image.status.upper(), "minDisk": image.min_disk, "minRam": image.min_ram,
        "progress": 100 if image.status == "active" else 0, "created": stamp(image.created_at),
        "updated": stamp(image.updated_at), "metadata": about, "OS-EXT-IMG-SIZE:size": image.size,
    }  # fmt: skip


_FIELDS = (
    each(TEXT, "id", "status", "created", "updated") | each(NULLABLE_TEXT, "name", "username", "description")
    | each(INTEGER, "minDisk", "minRam", "progress")
    | {"tags": TAGS, "metadata": TEXTS, "OS-EXT-IMG-SIZE:size": NULLABLE_INTEGER}
)  # fmt: skip
_IMAGE = closed(_FIELDS)


def routes(*, v2: bool) -> list[Route]:
    path, shown = "/images/{image_id}", one("image", _IMAGE)
    tags = path + "/tags"
    own = [
        _row("GET", tags, show_tags, "get-tags", "List an image's tags", "reader", answer=TAGS),
        _row("PUT", tags, replace_tags, "set-tags", "Replace an image's tags",
             answer=closed(_FIELDS | {"image": _IMAGE})),
        _row("DELETE", tags, remove_tags, "remove-tags", "Remove an image's tags"),
    ] if v2 else [
        _row("POST", path + "/tag", tag, "set-tags", "Add tags to an image", answer=shown),
        _row("POST", path + "/untag", untag, "remove-tags", "Take tags off an image", answer=shown),
    ]  # fmt: skip
    return [
        _row("GET", "/images", index, "list", "List registered images", "reader", answer=several("images", _IMAGE)),
        _row("GET", path, show, "get", "Show a registered image", "reader", answer=shown),
        _row("POST", path, register, "register", "Register an image", answer=shown),
        _row("DELETE", path, unregister, "unregister", "Unregister an image"),
        *own,
    ]  # fmt: skip
