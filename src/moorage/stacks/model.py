"""A stack and its resources as stored."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from moorage.stacks import states


class _Acted(msgspec.Struct, frozen=True, kw_only=True):
    """What an action is carried out on."""

    action: str
    """CREATE, UPDATE, ROLLBACK or DELETE."""
    progress: str
    """IN_PROGRESS, COMPLETE or FAILED."""
    reason: str | None

    @property
    def status(self) -> str:
        """As Heat shows it: ``CREATE_IN_PROGRESS``, ``UPDATE_COMPLETE``, ``DELETE_FAILED``, ..."""
        return f"{self.action}_{self.progress}"

    @property
    def is_ended(self) -> bool:
        """Whether nothing goes on with it."""
        return self.progress != states.IN_PROGRESS


class Stack(_Acted, frozen=True, kw_only=True):
    """A row of ``stacks``."""

    id: str
    name: str
    project_id: str
    user_id: str
    template: dict[str, Any]
    files: dict[str, str]
    parameters: dict[str, Any]
    timeout_s: int
    has_rollback: bool
    generation: int
    """Counts the documents the stack was told to become, ways back included."""
    request_key: str
    """Names the request that began the current action."""
    previous: dict[str, Any] | None
    """Template, files and parameters before the update that goes on."""
    outputs: dict[str, Any]
    """Values by name, as of the last time all resources were there."""
    is_delete_requested: bool
    created_at: Any
    updated_at: Any
    deadline_at: Any


class Resource(_Acted, frozen=True, kw_only=True):
    """A row of ``stack_resources``."""

    sequence: int
    id: str
    stack_id: str
    parent_id: str | None
    """The group or nested template it is in; None at the top."""
    path: str
    """``workers/0/inst``: unique among the resources that are wanted."""
    name: str
    type: str
    physical_id: str | None
    """The id of the server, volume, ...; None if it never came to be."""
    subject: str | None
    """Whose operations have to end before the next look: ``server/<id>``."""
    generation: int
    """The last generation of the stack that wanted the resource as it is."""
    properties: dict[str, Any]
    """As it was made; no secrets."""
    data: dict[str, Any]
    """What the type keeps: members of a group, the attachment of a volume, ..."""
    requires: list[str]
    """Ids of resources that have to outlive this one."""
    is_retained: bool
    """Stays behind when the stack gives it up (``deletion_policy: Retain``)."""
    is_replaced: bool
    """Another one has taken its place; it goes when that one is there."""
    created_at: Any
    updated_at: Any
    look_at: Any
    """When to look again at the latest, whatever ends meanwhile."""


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``wait_signals``: what somebody said to a wait condition handle."""

    handle_id: str
    signal_id: str
    status: str
    """SUCCESS or FAILURE."""
    reason: str
    data: Any
    received_at: Any


def stack_of(row: sa.Row[Any]) -> Stack:
    return Stack(**row._mapping)


def resources_of(found: sa.CursorResult[Any]) -> list[Resource]:
    """A stack may have thousands, and is read whole at each look."""
    names = tuple(found.keys())
    return [Resource(**dict(zip(names, row, strict=True))) for row in found]
