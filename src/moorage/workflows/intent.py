"""Write down what is to be done to a server: its task state, the instance action and the operation, all at once."""

from __future__ import annotations

from typing import Any

from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.context import Context
from moorage.operations import Kind
from moorage.operations import service as operations
from moorage.store import Tx


def write(
    tx: Tx, context: Context, server: Server, kind: Kind, *, action: str, task: str | None, **args: Any
) -> str:  # fmt: skip
    """Returns the operation's id. ``action`` and ``task`` are the names clients see."""
    servers.set_task(tx, server.id, task)
    action_id = operations.record_action(tx, context, server.id, action, server.project_id)
    return operations.submit(
        tx, context, kind=kind.name, subject=f"server/{server.id}", args={"server_id": server.id, **args},
        action_id=action_id,
    )  # fmt: skip
