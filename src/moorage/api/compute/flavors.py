"""``/flavors``: what sizes servers can have."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from moorage import errors
from moorage.api.compute import answers
from moorage.api.compute.input import MAX_INT, Name, Truth, check_name, check_query, check_text, choice, links, truth
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import one, page
from moorage.api.wire.body import since
from moorage.api.wire.paging import limit_of, next_link
from moorage.compute.model.flavor import Flavor
from moorage.compute.service import flavors

_FLAVORS = "os_compute_api:flavors"
_MANAGE = "os_compute_api:os-flavor-manage:"
_QUERY = ("limit", "marker", "is_public", "minRam", "minDisk", "sort_key", "sort_dir")
_NONE = ("none", "None", "NONE")

Positive = Annotated[int, msgspec.Meta(ge=1, le=MAX_INT)]
Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_INT)]
Text = Annotated[str, msgspec.Meta(max_length=65535)]
FlavorId = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^(?! )[a-zA-Z0-9. _-]+(?<! )\Z")]


class NewFlavor(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    ram: Positive
    vcpus: Positive
    disk: Count
    id: FlavorId | int | float | None = None
    ephemeral: Count = msgspec.field(name="OS-FLV-EXT-DATA:ephemeral", default=0)
    swap: Count = 0
    rxtx_factor: Annotated[float, msgspec.Meta(gt=0, le=3.40282e38)] = 1.0
    is_public: Truth = msgspec.field(name="os-flavor-access:is_public", default=True)
    description: Annotated[Text | None, since(2, 55)] = None


class Create(msgspec.Struct, forbid_unknown_fields=True):
    flavor: NewFlavor


class Description(msgspec.Struct, forbid_unknown_fields=True):
    description: Text | None


class Update(msgspec.Struct, forbid_unknown_fields=True):
    flavor: Description


def index(call: Call) -> Reply:
    return _list(call, _brief)


def detail(call: Call) -> Reply:
    return _list(call, view)


def _list(call: Call, render: Any) -> Reply:
    check_query(call, *_QUERY)
    limit = limit_of(call)
    wanted = flavors.Listing(
        is_public=_is_public(call), min_ram_mib=_number(call, "minRam"), min_disk_gib=_number(call, "minDisk"),
        sort_key=choice(call, "sort_key", flavors.SORT_KEYS, "flavorid"),
        descending=choice(call, "sort_dir", ("asc", "desc"), "asc") == "desc",
        marker=call.query.get("marker"), limit=limit,
    )  # fmt: skip
    with call.services.store.read() as tx:
        page = flavors.listing(tx, call.context, wanted)
    marker = page[-1].id if page else None
    return Reply(body={"flavors": [render(call, f) for f in page], **next_link(call, "flavors", page, limit, marker)})


def _is_public(call: Call) -> bool | None:
    text = call.query.get("is_public")
    if text is None or not call.context.is_admin:
        return True
    if text in _NONE:
        return None
    try:
        return truth("is_public", text)
    except errors.BadRequest:
        raise errors.BadRequest(f"Invalid is_public filter [{text}]") from None


def _number(call: Call, name: str) -> int | None:
    text = call.query.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise errors.BadRequest(f"Invalid {name} filter [{text}]") from None


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return Reply(body={"flavor": view(call, flavors.get(tx, call.context, call.params["flavor_id"]))})


def create(call: Call) -> Reply:
    new = call.body(Create).flavor
    is_public = truth("os-flavor-access:is_public", new.is_public)
    flavor_id = None if new.id in (None, "auto") else str(new.id)
    with call.services.store.write() as tx:
        made = flavors.create(
            tx, call.context, flavor_id, check_name(new.name), vcpus=new.vcpus, ram_mib=new.ram, disk_gib=new.disk,
            ephemeral_gib=new.ephemeral, swap_mib=new.swap, rxtx_factor=new.rxtx_factor, is_public=is_public,
            description=check_text("description", new.description),
        )  # fmt: skip
    return Reply(body={"flavor": view(call, made)})


def update(call: Call) -> Reply:
    description = check_text("description", call.body(Update).flavor.description)
    with call.services.store.write() as tx:
        changed = flavors.describe(tx, call.context, call.params["flavor_id"], description)
    return Reply(body={"flavor": view(call, changed)})


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        flavors.delete(tx, call.context, call.params["flavor_id"])
    return Reply(status=202)


def _brief(call: Call, flavor: Flavor) -> dict[str, Any]:
    body: dict[str, Any] = {"id": flavor.id, "name": flavor.name, "links": links(call, "flavors", flavor.id)}
    if call.at_least(2, 55):
        body["description"] = flavor.description
    return body


def view(call: Call, flavor: Flavor) -> dict[str, Any]:
    """A flavor with all fields of the request's microversion."""
    body = _brief(call, flavor) | {
        "ram": flavor.ram_mib,
        "disk": flavor.disk_gib,
        "vcpus": flavor.vcpus,
        "swap": flavor.swap_mib or (0 if call.at_least(2, 75) else ""),
        "rxtx_factor": flavor.rxtx_factor,
        "OS-FLV-DISABLED:disabled": flavor.disabled,
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral_gib,
        "os-flavor-access:is_public": flavor.is_public,
    }
    if call.at_least(2, 61) and call.allowed("os_compute_api:os-flavor-extra-specs:index"):
        body["extra_specs"] = flavor.extra_specs
    return body


ROUTES = [
    Route(method="GET", path="/flavors", handler=index, policy=_FLAVORS, default="any", summary="List flavors",
          answer=page("flavors", answers.FLAVOR)),
    Route(method="GET", path="/flavors/detail", handler=detail, policy=_FLAVORS, default="any",
          summary="List flavors in detail.", answer=page("flavors", answers.FLAVOR_DETAIL)),
    Route(method="GET", path="/flavors/{flavor_id}", handler=show, policy=_FLAVORS, default="any",
          summary="Show a flavor.", answer=one("flavor", answers.FLAVOR_DETAIL)),
    Route(method="POST", path="/flavors", handler=create, policy=_MANAGE + "create", default="admin", body=Create,
          summary="Create a flavor", answer=one("flavor", answers.FLAVOR_DETAIL)),
    Route(method="PUT", path="/flavors/{flavor_id}", handler=update, policy=_MANAGE + "update", default="admin",
          body=Update, min=(2, 55), summary="Change the description of a flavor",
          answer=one("flavor", answers.FLAVOR_DETAIL)),
    Route(method="DELETE", path="/flavors/{flavor_id}", handler=delete, policy=_MANAGE + "delete", default="admin",
          summary="Delete a flavor"),
]  # fmt: skip
