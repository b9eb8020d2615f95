"""One table a service: every path, its method, its versions and who may use it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from moorage.api.wire.call import Call, Reply
from moorage.api.wire.versions import Version, VersionRange

Handler = Callable[[Call], Reply]
StreamHandler = Callable[[Call, Request], Awaitable[Response]]

EVERYONE = "everyone"
"""Default of rules that need no token."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a service's route table."""

    method: str
    path: str
    """Below the service's prefix and version, e.g. ``/servers/{server_id}``."""
    handler: Handler | StreamHandler
    policy: str
    """Name of the oslo.policy rule, as the real service names it."""
    default: str = "member"
    """Who may by default: everyone (no token), any (any token), reader, member, admin, service, service_or_admin."""
    summary: str = ""
    min: Version | None = None
    max: Version | None = None
    body: Any = None
    """The Struct the body is checked against, for the OpenAPI document."""
    actions: dict[str, Any] = {}
    """For routes whose body has one key that names an action: type of the value by name, ``Any`` if it is free."""
    answer: dict[str, Any] | None = None
    """JSON Schema of the body of a success, for the OpenAPI document; None if there is none, or one for each action."""
    prompt: bool = False
    """Clients poll it, and its handler reads a few rows by their keys: it may run on the event loop."""
    stream: bool = False
    """The handler is ``async`` and reads the request body or writes the response itself."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A policy rule that a handler checks beside its route's own."""

    name: str
    default: str
    summary: str


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One OpenStack service on the port."""

    name: str
    """``compute``, ``volume``, ``image``, ``identity``: also selects the form of faults."""
    prefix: str
    """``/compute``"""
    root: str
    """``/v2.1``: the API version that routes hang below; empty if routes carry it themselves."""
    routes: list[Route]
    rules: list[Rule] = []
    suffix: str = ""
    """Paths may also end in it: ``.json``."""
    versions: VersionRange | None = None
    documents: list[Route] = []
    """Version documents: paths below the prefix, no token, no microversion."""
    older: tuple[Service, ...] = ()
    """Other versions below the same prefix: the OpenAPI document has their routes too."""
