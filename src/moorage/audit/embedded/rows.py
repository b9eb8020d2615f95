"""How are our rows read for an audit: in pages, with what is under way on them?"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from moorage.store import Store, Tx
from moorage.store.tables.operations import is_unfinished, operations

PAGE = 500


def pages(store: Store, query: sa.Select[Any], key: sa.Column[Any]) -> Iterator[list[sa.Row[Any]]]:
    """All rows in the order of ``key``, a page a transaction; rows that come or go meanwhile may be missed."""
    after = ""
    while True:
        with store.read() as tx:
            page = list(tx.execute(query.where(key > after).order_by(key).limit(PAGE)))
        if page:
            yield page
        if len(page) < PAGE:
            return
        after = str(page[-1]._mapping[key.name])


def unfinished(tx: Tx, noun: str, ids: list[str]) -> dict[str, list[str]]:
    """Operations that are pending or running, by the id of their subject."""
    subjects = {f"{noun}/{subject_id}": subject_id for subject_id in ids}
    found: dict[str, list[str]] = defaultdict(list)
    rows = tx.execute(
        sa.select(operations.c.id, operations.c.subject).where(is_unfinished, operations.c.subject.like(f"{noun}/%"))
    )
    for row in rows:
        if row.subject in subjects:
            found[subjects[row.subject]].append(row.id)
    return found


def seconds(*moments: dt.datetime | None) -> float:
    """The latest of them in seconds since 1970."""
    return max((m.replace(tzinfo=dt.UTC).timestamp() for m in moments if m is not None), default=0.0)
