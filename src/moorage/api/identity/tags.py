"""Tags of projects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from moorage import errors
from moorage.api.identity import views
from moorage.api.identity.access import own_or_admin
from moorage.api.wire.answers import TAGS, closed
from moorage.api.wire.call import Call, Reply
from moorage.api.wire.route import Route
from moorage.identity.service import projects, rows

MAX_TAGS = 80
Tag = Annotated[str, Meta(min_length=1, max_length=255, pattern="^[^,/]*$")]
Tags = Annotated[list[Tag], Meta(max_length=MAX_TAGS)]


class TagsBody(msgspec.Struct, forbid_unknown_fields=True):
    tags: Tags


def has_tags(call: Call, tags: list[str]) -> bool:
    """Whether the tag filters of a list request let this one through."""
    own = set(tags)
    wanted = {name: set(call.query[name].split(",")) for name in _FILTERS if name in call.query}
    return all(_FILTERS[name](own, asked) for name, asked in wanted.items())


_FILTERS: dict[str, Callable[[set[str], set[str]], bool]] = {
    "tags": lambda own, asked: asked <= own,
    "tags-any": lambda own, asked: bool(asked & own),
    "not-tags": lambda own, asked: not asked <= own,
    "not-tags-any": lambda own, asked: not asked & own,
}


def index(call: Call) -> Reply:
    """GET: 200."""
    own_or_admin(call, call.context.project_id, wanted=call.params["project_id"])
    return _answer(call, _tags(call))


def replace(call: Call) -> Reply:
    """PUT: 200 with the new set."""
    tags = list(dict.fromkeys(call.body(TagsBody).tags))
    with call.services.store.write() as tx:
        projects.set_tags(tx, call.params["project_id"], tags)
    return _answer(call, tags)


def clear(call: Call) -> Reply:
    """DELETE: 204."""
    with call.services.store.write() as tx:
        projects.set_tags(tx, call.params["project_id"], [])
    return Reply(status=204)


def show(call: Call) -> Reply:
    """GET, HEAD: 204, or 404 if the project does not have the tag."""
    own_or_admin(call, call.context.project_id, wanted=call.params["project_id"])
    if call.params["tag"] not in _tags(call):
        raise _absent(call)
    return Reply(status=204)


def add(call: Call) -> Reply:
    """PUT: 201, whether the tag was there or not."""
    tag = call.params["tag"]
    with call.services.store.write() as tx:
        tags = rows.get(tx, rows.PROJECT, call.params["project_id"]).tags
        if not 0 < len(tag) <= 255 or "," in tag or "/" in tag or len(tags) >= MAX_TAGS:
            raise errors.BadRequest(
                f"Invalid input for field/attribute tag. Value: {tag[:255]}. A project has at most {MAX_TAGS} tags of "
                "1 to 255 characters without comma and slash."
            )
        if tag not in tags:
            projects.set_tags(tx, call.params["project_id"], [*tags, tag])
    return Reply(status=201, headers={"Location": call.service_url + call.path})


def remove(call: Call) -> Reply:
    """DELETE: 204, or 404 if the project does not have the tag."""
    with call.services.store.write() as tx:
        tags = rows.get(tx, rows.PROJECT, call.params["project_id"]).tags
        if call.params["tag"] not in tags:
            raise _absent(call)
        projects.set_tags(tx, call.params["project_id"], [t for t in tags if t != call.params["tag"]])
    return Reply(status=204)


def _tags(call: Call) -> list[str]:
    with call.services.store.read() as tx:
        return rows.get(tx, rows.PROJECT, call.params["project_id"]).tags


def _answer(call: Call, tags: list[str]) -> Reply:
    return Reply(body={"tags": tags, "links": views.links(call, "projects", call.params["project_id"], "tags")})


_ANSWER = closed({"tags": TAGS, "links": views.LINKS})


def _absent(call: Call) -> errors.NotFound:
    return errors.NotFound(f"Could not find project tag: {call.params['tag']}.")


_ALL, _ONE = "/projects/{project_id}/tags", "/projects/{project_id}/tags/{tag}"
ROUTES = [
    Route(method="GET", path=_ALL, handler=index, policy="identity:list_project_tags", default="any",
          summary="List a project's tags", answer=_ANSWER),
    Route(method="PUT", path=_ALL, handler=replace, policy="identity:update_project_tags", default="admin",
          summary="Replace a project's tags", body=TagsBody, answer=_ANSWER),
    Route(method="DELETE", path=_ALL, handler=clear, policy="identity:delete_project_tags", default="admin",
          summary="Remove all tags of a project"),
    Route(method="GET", path=_ONE, handler=show, policy="identity:get_project_tag", default="any",
          summary="Check a project for a tag"),
    Route(method="PUT", path=_ONE, handler=add, policy="identity:create_project_tag", default="admin",
          summary="Add a tag to a project"),
    Route(method="DELETE", path=_ONE, handler=remove, policy="identity:delete_project_tag", default="admin",
          summary="Remove a tag from a project"),
]  # fmt: skip
