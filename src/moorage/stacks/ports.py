"""What has to be able to make stacks: the embedded executor here, or a real Heat.

Both take the same HOT document. Calls return at once; whoever asked looks with ``find`` until ``is_ended``. Every call
may be repeated after a crash.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from moorage.stacks.model import Resource, Stack


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """In whose name servers and volumes are made; their quota counts."""

    project_id: str
    user_id: str
    request_id: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A template with everything that travels with it to the orchestration service."""

    template: dict[str, Any]
    """HOT, as parsed from YAML or JSON."""
    files: dict[str, str] = {}
    """Nested templates and texts by name, such as ``file://worker.yaml``."""
    parameters: dict[str, Any] = {}
    timeout_s: int = 3600
    """From the request until everything has to be there."""


class Stacks(Protocol):
    """An orchestration service."""

    def validate(self, document: Document) -> None:
        """``errors.BadRequest`` with resource, property and reason if no stack can be made of it; makes nothing."""

    def create(
        self, owner: Owner, name: str, document: Document, *, key: str, has_rollback: bool = False
    ) -> str:  # fmt: skip
        """Begin to make a stack; returns its id. The same ``key`` again is the same stack.

        ``has_rollback``: if it fails, what was made is removed again (``ROLLBACK_COMPLETE``), else it stays for
        inspection (``CREATE_FAILED``). Errors as in ``validate``.
        """

    def update(self, stack_id: str, document: Document, *, key: str, has_rollback: bool = False) -> None:
        """Begin to turn the stack into what ``document`` says; the same ``key`` again changes nothing.

        ``has_rollback``: if it fails, what it added is removed and what it changed is put back
        (``ROLLBACK_COMPLETE``), else it stays as far as it got (``UPDATE_FAILED``). ``errors.Conflict`` while another
        action goes on; ``errors.NotFound`` if there is no such stack.
        """

    def delete(self, stack_id: str) -> None:
        """Begin to remove the stack, whatever is going on with it; absent is success."""

    def find(self, stack_id: str) -> Stack | None:
        """The stack with its outputs as far as they are known; None once it is gone."""

    def resources(self, stack_id: str) -> list[Resource]:
        """Everything the stack consists of, nested resources included, in order of their making."""
