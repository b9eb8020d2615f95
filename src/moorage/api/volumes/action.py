"""What is an action of ``POST /volumes/{id}/action``?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from moorage import errors
from moorage.api.wire import Call
from moorage.api.wire import body as bodies
from moorage.store import Tx
from moorage.volumes.model import Volume

T = TypeVar("T")


class Done(msgspec.Struct, kw_only=True):
    """How an action is answered."""

    status: int = 202
    body: Any = None
    operation_id: str | None = None
    """Wait for this one before answering."""
    answer: Callable[[Call], Any] | None = None
    """Makes the body once the operation has ended."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What one key of the body stands for."""

    run: Callable[[Call, Tx, Volume, Any], Done | None]
    """None answers ``status`` without a body."""
    policy: str
    summary: str
    default: str = "member"
    status: int = 202
    min: tuple[int, int] = (3, 0)
    takes: Any = Any
    """Type of the value, for the OpenAPI document; ``Any`` if it is not looked at or has no one type."""


def parsed(call: Call, name: str, value: Any, schema: type[T]) -> T:
    """The action's value checked against a Struct; 400 names field, value and reason."""
    if not isinstance(value, dict):
        raise errors.BadRequest(f"Invalid input for field/attribute {name}. Value: {value}. It must be an object.")
    return bodies.validate(value, schema, call.version)
