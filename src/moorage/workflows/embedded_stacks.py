"""The port ``Stacks`` served by Moorage itself: rows, and operations that the embedded executor carries out."""

from __future__ import annotations

from typing import Any

from moorage import errors, ids
from moorage.context import Context
from moorage.operations import Kind
from moorage.operations import service as operations
from moorage.stacks import service, states
from moorage.stacks.hot.check import check
from moorage.stacks.model import Resource, Stack
from moorage.stacks.ports import Document, Owner
from moorage.store import Store, Tx
from moorage.workflows import create_stack, delete_stack, update_stack


class EmbeddedStacks:
    """Stacks in our own database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def validate(self, document: Document) -> None:
        check(document.template, document.files, document.parameters)

    def create(self, owner: Owner, name: str, document: Document, *, key: str, has_rollback: bool = False) -> str:
        self.validate(document)
        stack_id = ids.derived("stack", owner.project_id, key)
        with self._store.write() as tx:
            if service.find(tx, stack_id) is None:
                stack = service.insert(
                    tx, stack_id, name=name, project_id=owner.project_id, user_id=owner.user_id, request_key=key,
                    has_rollback=has_rollback, **_columns(document),
                )  # fmt: skip
                _submit(tx, stack, create_stack.KIND)
        return stack_id

    def update(self, stack_id: str, document: Document, *, key: str, has_rollback: bool = False) -> None:
        self.validate(document)
        with self._store.write() as tx:
            stack = service.get(tx, stack_id)
            if stack.request_key == key:
                return
            if not stack.is_ended or stack.is_delete_requested:
                raise errors.Conflict(f"Stack {stack.name} already has an action ({stack.action}) in progress.")
            previous = {name: getattr(stack, name) for name in _columns(document)}
            service.begin(
                tx, stack, states.UPDATE, generation=stack.generation + 1, request_key=key, previous=previous,
                has_rollback=has_rollback, **_columns(document),
            )  # fmt: skip
            service.retry_removals(tx, stack_id)
            _submit(tx, stack, update_stack.KIND)

    def delete(self, stack_id: str) -> None:
        with self._store.write() as tx:
            stack = service.find(tx, stack_id)
            if stack is not None and not stack.is_delete_requested:
                service.update(tx, stack_id, is_delete_requested=True)
                _submit(tx, stack, delete_stack.KIND)

    def find(self, stack_id: str) -> Stack | None:
        with self._store.read() as tx:
            return service.find(tx, stack_id)

    def resources(self, stack_id: str) -> list[Resource]:
        with self._store.read() as tx:
            return service.resources(tx, stack_id)


def _columns(document: Document) -> dict[str, Any]:
    return {
        "template": document.template, "files": document.files, "parameters": document.parameters,
        "timeout_s": document.timeout_s,
    }  # fmt: skip


def _submit(tx: Tx, stack: Stack, kind: Kind) -> None:
    context = Context(user_id=stack.user_id, project_id=stack.project_id, request_id=f"req-{stack.id}")
    operations.submit(tx, context, kind=kind.name, subject=f"stack/{stack.id}", args={"stack_id": stack.id})
