"""Servers in the database: find, list, insert, change."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import clock, errors
from moorage.compute import states
from moorage.compute.model.server import Server, from_row
from moorage.store import Tx
from moorage.store.tables.compute import servers

_MATCHING_S = 5.0
"""How long a list may match patterns before it gives up."""


_BY_ID = sa.select(servers).where(servers.c.id == sa.bindparam("id"))
_INSERT = servers.insert()
_UPDATE = servers.update().where(servers.c.id == sa.bindparam("server_id"))
_SET_TASK = _UPDATE.values(
    task_state=sa.case((servers.c.task_state == states.DELETING, states.DELETING), else_=sa.bindparam("next_task"))
)
"""Made once: every step of every operation asks it, and making it takes twice as long as asking."""


def get(tx: Tx, server_id: str, project_id: str | None = None) -> Server:
    """A server that is not deleted; ``project_id`` None sees all projects."""
    server = find(tx, server_id)
    if server is None or server.deleted_at is not None or project_id not in (None, server.project_id):
        raise errors.NotFound(f"Instance {server_id} could not be found.")
    return server


def find(tx: Tx, server_id: str) -> Server | None:
    """A server, deleted or not, for workflows."""
    row = tx.execute(_BY_ID, {"id": server_id}).one_or_none()
    return None if row is None else from_row(row)


def of_ids(tx: Tx, server_ids: list[str]) -> list[Server]:
    """Those of these servers that are not deleted."""
    wanted = servers.c.id.in_(server_ids), servers.c.deleted_at.is_(None)
    return [from_row(row) for row in tx.execute(sa.select(servers).where(*wanted))]


def insert(tx: Tx, **values: Any) -> None:
    tx.execute(_INSERT, {"created_at": clock.now(), "updated_at": clock.now(), **values})


def update(tx: Tx, server_id: str, **values: Any) -> None:
    tx.execute(_UPDATE, {"server_id": server_id, "updated_at": clock.now(), **values})


def set_task(tx: Tx, server_id: str, task_state: str | None, **values: Any) -> None:
    """What an operation is at, None once it ended; a delete that was asked for meanwhile stays announced."""
    tx.execute(_SET_TASK, {"server_id": server_id, "next_task": task_state, "updated_at": clock.now(), **values})


class Listing(msgspec.Struct, kw_only=True):
    """What a list is asked for. Empty fields do not filter."""

    project_id: str | None = None
    """None lists all projects."""
    vm_states: list[str] | None = None
    equal: dict[str, Any] = {}
    """Column → value."""
    deleted: bool = False
    """Only deleted servers; otherwise only the others, or both with a time of change."""
    changes_since: Any = None
    changes_before: Any = None
    tests: list[Callable[[Server], bool]] = []
    """What SQL cannot say: patterns, and what is inside JSON columns."""
    sort: tuple[tuple[str, bool], ...] = (("created_at", False), ("id", False))
    """Columns, each with whether it ascends."""
    marker: str | None = None
    limit: int = 1000


def listing(tx: Tx, wanted: Listing) -> list[Server]:
    """A page of servers; 400 if the marker is unknown."""
    query = _filtered(wanted)
    if wanted.marker is not None:
        query = _after(tx, query, wanted)
    for column, ascending in wanted.sort:
        value = servers.c[column]
        if value.nullable:
            query = query.order_by(_is_null(value))
        query = query.order_by(value.asc() if ascending else value.desc())
    if wanted.limit == 0:
        return []
    if not wanted.tests:
        return [from_row(row) for row in tx.execute(query.limit(wanted.limit)).all()]
    return _matching(tx, query, wanted)


def _is_null(value: Any) -> Any:
    """Servers without a value come last, whatever the database thinks."""
    return sa.case((value.is_(None), 1), else_=0)


def _matching(tx: Tx, query: sa.Select[Any], wanted: Listing) -> list[Server]:
    found: list[Server] = []
    deadline = time.monotonic() + _MATCHING_S
    for row in tx.execute(query.execution_options(yield_per=200)):
        server = from_row(row)
        if all(test(server) for test in wanted.tests):
            found.append(server)
            if len(found) == wanted.limit:
                break
        if time.monotonic() > deadline:
            raise errors.BadRequest("The filters of the list take too long to match; use simpler patterns.")
    return found


def _filtered(wanted: Listing) -> sa.Select[Any]:
    query = sa.select(servers)
    if wanted.project_id is not None:
        query = query.where(servers.c.project_id == wanted.project_id)
    if wanted.deleted:
        query = query.where(servers.c.deleted_at.is_not(None))
    elif wanted.changes_since is None and wanted.changes_before is None:
        query = query.where(servers.c.deleted_at.is_(None))
    if wanted.changes_since is not None:
        query = query.where(servers.c.updated_at >= wanted.changes_since)
    if wanted.changes_before is not None:
        query = query.where(servers.c.updated_at <= wanted.changes_before)
    if wanted.vm_states is not None:
        query = query.where(servers.c.vm_state.in_(wanted.vm_states))
    elif not wanted.deleted and wanted.changes_since is None:
        query = query.where(servers.c.vm_state != states.SOFT_DELETED)
    for column, value in wanted.equal.items():
        query = query.where(servers.c[column] == value)
    return query


def _after(tx: Tx, query: sa.Select[Any], wanted: Listing) -> sa.Select[Any]:
    """Only what sorts behind the marker: keyset paging, so a late page costs what an early one does."""
    row = tx.execute(sa.select(servers).where(servers.c.id == wanted.marker)).one_or_none()
    if row is None or wanted.project_id not in (None, row.project_id):
        raise errors.BadRequest(f"marker [{wanted.marker}] not found")
    behind: Any = sa.false()
    equal: Any = sa.true()
    for column, ascending in wanted.sort:
        stored, value = servers.c[column], row._mapping[column]
        if value is None:
            equal = sa.and_(equal, stored.is_(None))
            continue
        further = stored > value if ascending else stored < value
        behind = sa.or_(behind, sa.and_(equal, sa.or_(further, stored.is_(None)) if stored.nullable else further))
        equal = sa.and_(equal, stored == value)
    return query.where(behind)


def set_fault(tx: Tx, server_id: str, message: str, code: int = 500) -> None:
    """The server is in error, and says why."""
    fault = {
        "code": code,
        "message": message[:255],
        "created": clock.now().isoformat(timespec="seconds") + "Z",
        "details": message,
    }
    set_task(tx, server_id, None, vm_state=states.ERROR, fault=fault)
