"""What stands behind one key of ``POST /servers/{id}/action``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from moorage import errors
from moorage.api.wire import Call, Reply
from moorage.api.wire.body import validate
from moorage.compute.model.server import Server
from moorage.store import Tx

T = TypeVar("T")


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One action: what runs, who may, and what it is for."""

    run: Callable[[Call, Tx, Server, Any], Reply | None]
    """Checks and writes the intent, in one transaction; without a reply of its own the answer is 202."""
    policy: str
    default: str = "member"
    summary: str = ""
    answer: Callable[[Call, Server, Any], Reply] | None = None
    """For actions that only read: asks the driver, after the transaction."""


def checked(call: Call, name: str, value: Any, schema: type[T]) -> T:
    """The action's value against a Struct; 400 names field, value and reason."""
    if not isinstance(value, dict):
        raise errors.BadRequest(
            f"Invalid input for field/attribute {name}. Value: {value}. {value!r} is not of type 'object'"
        )
    try:
        return validate(value, schema, call.version)
    except errors.BadRequest as error:
        # At the top of the value the field is the action itself.
        raise errors.BadRequest(error.message.replace("field/attribute body.", f"field/attribute {name}.", 1)) from None
