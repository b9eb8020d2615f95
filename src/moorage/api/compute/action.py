"""What stands behind one key of ``POST /servers/{id}/action``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from moorage.api.wire import Call, Reply
from moorage.api.wire.body import validate
from moorage.compute.model.server import Server
from moorage.store import Tx


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One action: what runs, who may, and what it is for."""

    run: Callable[[Call, Tx, Server, Any], Reply | None]
    """Checks and writes the intent, in one transaction; without a reply of its own the answer is 202."""
    policy: str
    default: str = "member"
    summary: str = ""
    check: Callable[[Call, Any], object] | None = None
    """Raises ``errors.BadRequest`` for a value of the wrong form, before the server is looked up."""
    takes: Any = Any
    """Type of the value, for the OpenAPI document; ``Any`` if it is not looked at or has no one type."""
    answer: Callable[[Call, Server, Any], Reply] | None = None
    """For actions that only read: asks the driver, after the transaction."""


def form(name: str, schema: Any) -> Callable[[Call, Any], Any]:
    """Reads the value of the action ``name`` as ``schema`` (a Struct, or one or null).

    400 names field, value and reason.
    """
    body = msgspec.defstruct("Body", [("value", schema)], rename={"value": name}, kw_only=True)

    def read(call: Call, value: Any) -> Any:
        return getattr(validate({name: value}, body, call.version, strict=True), "value")  # noqa: B009

    return read
