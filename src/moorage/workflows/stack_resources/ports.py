"""What every type of resource can do.

All of it happens in the transaction at hand: what has to be done outside is submitted as an ordinary operation, so a
resource and the intent to make it are on record together or not at all.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from moorage.context import Context
from moorage.stacks.model import Resource, Stack
from moorage.store import Tx
from moorage.workflows.world import World


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What the makers work with."""

    tx: Tx
    world: World
    stack: Stack

    @property
    def context(self) -> Context:
        """The stack's owner, with no more rights than any member of the project."""
        return Context(
            user_id=self.stack.user_id, project_id=self.stack.project_id, roles=frozenset({"member", "reader"}),
            request_id=f"req-{self.stack.id}",
        )  # fmt: skip

    def name_for(self, path: str) -> str:
        """For resources that were given none: made of the stack's name and the place in it."""
        return f"{self.stack.name}-{path.replace('/', '-')}"


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A resource whose making has begun."""

    physical_id: str
    subject: str | None = None
    """Whose operations have to end; None and no ``look_at``: it is there already."""
    look_at: Any = None
    data: dict[str, Any] = {}


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at a resource shows."""

    is_there: bool = False
    reason: str | None = None
    """Why it will never be there."""
    look_at: Any = None
    """Neither: when to look again."""


class Maker(Protocol):
    """One type of resource."""

    def create(self, job: Job, path: str, properties: dict[str, Any]) -> Begun:
        """Begin to make it; ``errors.Rejected`` if that cannot be, and then nothing was written."""

    def look(self, job: Job, row: Resource) -> Look:
        """Whether it is there, asked once nothing goes on with its subject."""

    def change(self, job: Job, row: Resource, properties: dict[str, Any]) -> None:
        """Give it the changeable ones of these properties."""

    def delete(self, job: Job, row: Resource) -> None:
        """Begin to remove it; ``errors.Rejected`` if that cannot be."""

    def is_gone(self, job: Job, row: Resource) -> bool: ...

    def attribute(self, job: Job, row: Resource, name: str) -> Any: ...
