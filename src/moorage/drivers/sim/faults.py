"""Scripted faults of the simulated hypervisor, kept in its file so that another process can set them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import sqlalchemy as sa

from moorage import errors, fence

_metadata = sa.MetaData()
table = sa.Table(
    "faults", _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("call", sa.Text, nullable=False, comment="a driver call, or * for any"),
    sa.Column("server_id", sa.Text, nullable=False, comment="a server, or * for any"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
)  # fmt: skip
_FIRST = (
    sa.select(table)
    .where(sa.or_(table.c.call == "*", table.c.call == sa.bindparam("call")))
    .where(sa.or_(table.c.server_id == "*", table.c.server_id == sa.bindparam("server_id")))
    .order_by(table.c.id)
    .limit(1)
)

KINDS = ("fail-before", "lost-reply", "refuse", "latency")


class Faults:
    """What goes wrong next.

    ``fail-before``: no answer and no effect. ``lost-reply``: the effect without an answer. ``refuse``: a definite no.
    ``latency``: the call takes ``seconds`` longer.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        with engine.begin() as tx:
            _metadata.create_all(tx)

    def add(self, kind: str, call: str = "*", server_id: str = "*", times: int = 1, seconds: float = 0.0) -> None:
        """Script a fault for the next ``times`` matching calls."""
        if kind not in KINDS:
            raise errors.BadRequest(f"Fault kind {kind} is not one of {', '.join(KINDS)}")
        with self._engine.begin() as tx:
            tx.execute(table.insert().values(call=call, server_id=server_id, kind=kind, times=times, seconds=seconds))

    def clear(self) -> None:
        with self._engine.begin() as tx:
            tx.execute(table.delete())

    @contextlib.contextmanager
    def around(self, call: str, server_id: str, latency_s: float) -> Iterator[None]:
        """Run a call under whatever fault is scripted for it."""
        kind, seconds = self._take(call, server_id)
        if latency_s + seconds > 0:
            time.sleep(latency_s + seconds)
        if kind == "fail-before":
            raise errors.Unknown(f"The simulated hypervisor did not answer {call}")
        if kind == "refuse":
            raise errors.Refused(f"The simulated hypervisor refused {call}")
        fence.check()
        yield
        if kind == "lost-reply":
            raise errors.Unknown(f"The simulated hypervisor's answer to {call} was lost")

    def _take(self, call: str, server_id: str) -> tuple[str, float]:
        meant = {"call": call, "server_id": server_id}
        with self._engine.connect() as tx:
            if tx.execute(_FIRST, meant).one_or_none() is None:
                return "", 0.0
        with self._engine.begin() as tx:
            row = tx.execute(_FIRST, meant).one_or_none()
            if row is None:
                return "", 0.0
            if row.times <= 1:
                tx.execute(table.delete().where(table.c.id == row.id))
            else:
                tx.execute(table.update().where(table.c.id == row.id).values(times=row.times - 1))
            return row.kind, row.seconds
