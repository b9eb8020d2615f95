"""How does this process go on with a workflow that another one has begun?

The library recovers by queues, which it polls once a second and which any process may empty. Here the process that
claimed the operation's row takes the workflow itself, by the same statements the library's queues run. This is the one
place that uses private parts of the library; its version is pinned, and tests kill processes to watch over it.
"""

from __future__ import annotations

import enum
import uuid
from typing import Any

from dbos import DBOS
from dbos._core import execute_dequeued_workflow
from dbos._dbos import _get_dbos_instance
from dbos._queue import _INTERNAL_QUEUE_CONSTRUCTION, Queue
from dbos._utils import GlobalParams

from moorage.operations.leases import Lease


class Found(enum.Enum):
    """What the journal said."""

    ABSENT = enum.auto()
    TAKEN = enum.auto()
    ENDED = enum.auto()


def resume(workflow_id: str, lease: Lease) -> Found:
    """Run on from the first step that is not recorded, in a thread.

    The earlier owner's token is no longer good, so it can record nothing more. ``fence.Fenced`` if the lease is lost.
    """
    found = DBOS.get_workflow_status(workflow_id)
    if found is None:
        return Found.ABSENT
    lease.renew_or_stop()  # so whoever the journal named above is not a successor of ours
    # The row goes through a queue that nobody else reads, which hands out the owner's token.
    name, database = f"resume-{workflow_id}", _get_dbos_instance()._sys_db  # noqa: SLF001
    queue, token = Queue(name, token=_INTERNAL_QUEUE_CONSTRUCTION), str(uuid.uuid4())
    database.reenqueue_for_recovery(workflow_id, [str(found.executor_id)], name)
    taken, _ = database.start_queued_workflows(
        queue, GlobalParams.executor_id, str(found.app_version), None, owner_xid=token
    )
    if workflow_id not in taken:
        return Found.ENDED
    status: Any = database.get_workflow_status(workflow_id)
    execute_dequeued_workflow(_get_dbos_instance(), status, token)
    return Found.TAKEN
