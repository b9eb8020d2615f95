"""Simulated guests report that their first boot is done, where their user data says so.

What a guest still has to report is in the simulator's file, so it is reported after a restart too.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import errors, ids
from moorage.compute import first_boot
from moorage.compute.model.guest import Guest

_metadata = sa.MetaData()
table = sa.Table(
    "first_boots", _metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("boot", sa.String(36), nullable=False, comment="which guest of that id: destroyed, it may come anew"),
    sa.Column("reports", sa.Text, nullable=False, comment="JSON list of what is still to be sent; empty once done"),
)  # fmt: skip
_has_more_to_say = table.c.reports != sa.literal_column("'[]'")
sa.Index("ix_first_boots_talkative", table.c.id, sqlite_where=_has_more_to_say)
_TALKATIVE = sa.select(table).where(_has_more_to_say)
_FORGET = table.delete().where(table.c.id == sa.bindparam("guest_id"))

_RETRY_S = 0.5
_log = logging.getLogger(__name__)


class FirstBoots:
    """One thread that speaks for all guests; it runs while somebody has something to say."""

    def __init__(self, engine: sa.Engine, turn: threading.Lock, *, is_on: bool) -> None:
        """``turn`` is held by whoever uses the file."""
        self._engine = engine
        self._turn = turn
        self._is_on = is_on
        self._wake = threading.Event()
        self._is_closed = False
        with engine.begin() as tx:
            _metadata.create_all(tx)
        self._thread = threading.Thread(target=self._loop, name="sim-guests", daemon=True)
        if is_on:
            self._wake.set()
            self._thread.start()

    def note(self, tx: sa.Connection, guest: Guest) -> None:
        """The guest boots: its first boot leaves a row, a later one finds it. ``wake`` after the commit."""
        drive = guest.config_drive
        if not self._is_on or drive is None or tx.scalar(sa.select(table.c.id).where(table.c.id == guest.id)):
            return
        said = msgspec.json.encode(first_boot.reports(drive.user_data)).decode()
        tx.execute(table.insert().values(id=guest.id, boot=ids.new(), reports=said))

    def wake(self) -> None:
        self._wake.set()

    def forget(self, tx: sa.Connection, guest: Guest) -> None:
        tx.execute(_FORGET, {"guest_id": guest.id})

    def close(self) -> None:
        """Returns once nothing is being sent any more."""
        self._is_closed = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _loop(self) -> None:
        while not self._is_closed:
            self._wake.wait()
            self._wake.clear()
            while not self._is_closed and not self._let_all_speak():
                self._wake.wait(_RETRY_S)

    def _let_all_speak(self) -> bool:
        """One after the other; one that gets no answer does not keep the others waiting."""
        done = [self._speak(row) for row in self._waiting()]
        return all(done)

    def _waiting(self) -> list[sa.Row[Any]]:
        with self._turn, self._engine.connect() as tx:
            return list(tx.execute(_TALKATIVE))

    def _speak(self, row: sa.Row[Any]) -> bool:
        """Whether all was said; without an answer the rest waits."""
        reports = msgspec.json.decode(row.reports, type=list[first_boot.Report])
        for number, report in enumerate(reports):
            try:
                first_boot.send(report)
            except errors.Unknown as silence:
                _log.info("guest %s: %s; it tries again", row.id, silence.message)
                self._keep(row.boot, reports[number:])
                return False
            except errors.Refused as refusal:
                _log.warning("guest %s: %s", row.id, refusal.message)
        self._keep(row.boot, [])
        return True

    def _keep(self, boot: str, left: list[first_boot.Report]) -> None:
        with self._turn, self._engine.begin() as tx:
            tx.execute(table.update().where(table.c.boot == boot).values(reports=msgspec.json.encode(left).decode()))
