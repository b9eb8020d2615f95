"""Do servers show what their guests do? Drivers tell of changes as they happen; a slow look finds what was not told.

Nothing told is believed against the record: the hypervisor is asked once more, since news may be old. An operation
under way wins: it knows what it does to the guest, and its end is compared again.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from moorage import errors
from moorage.compute import guest_states
from moorage.compute.model.guest import GuestState
from moorage.compute.model.server import Server
from moorage.compute.ports import StateSource
from moorage.compute.service import servers
from moorage.compute.service.servers import Listing
from moorage.operations import service as operations
from moorage.store import Store, Tx

_AGAIN_S = 0.5
_GATHER_S = 0.1
"""What is told at about the same time is looked at once."""
_PAGE = 500
_log = logging.getLogger(__name__)


class GuestWatch:
    """Keeps servers and guests in step."""

    def __init__(self, store: Store, source: StateSource) -> None:
        self._store = store
        self._source = source
        self._told: dict[str, GuestState] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="guest-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._source.watch(self._tell)

    def stop(self) -> None:
        """Returns once nothing is being written any more, or after ten seconds."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def reconcile(self) -> None:
        """Compare every server that has a guest; one that changes meanwhile is left for the next look."""
        marker: str | None = None
        while not self._closing.is_set():
            with self._store.read() as tx:
                page = _page(tx, marker)
            if not page:
                return
            self._compare(page)
            marker = page[-1].id

    def _tell(self, state: GuestState) -> None:
        with self._lock:
            self._told[state.server_id] = state
        self._wake.set()

    def _loop(self) -> None:
        waiting: dict[str, GuestState] = {}
        while not self._closing.is_set():
            self._wake.wait(_AGAIN_S if waiting else None)
            self._wake.clear()
            waiting = self._hear(waiting | self._taken())
            self._closing.wait(_GATHER_S)

    def _taken(self) -> dict[str, GuestState]:
        """What was told since the last look, a page at most."""
        with self._lock:
            taken = {server_id: self._told.pop(server_id) for server_id in list(self._told)[:_PAGE]}
            if self._told:
                self._wake.set()
        return taken

    def _hear(self, told: dict[str, GuestState]) -> dict[str, GuestState]:
        """Take in what was told; returns what has to wait for the end of an operation."""
        with self._store.read() as tx:
            known = servers.of_ids(tx, list(told))
            busy = operations.busy_subjects(tx)
        later = {server.id: told[server.id] for server in known if _is_busy(server, busy)}
        differing = [s for s in known if s.id not in later and guest_states.changes(s, told[s.id])]
        if differing and not self._compare(differing):
            later |= {server.id: told[server.id] for server in differing}
        return later

    def _compare(self, known: list[Server]) -> bool:
        """Ask for these servers' guests and write down what differs; False without an answer."""
        try:
            seen = self._source.states_of([server.id for server in known])
        except errors.OutsideError as silence:
            _log.warning("guests cannot be looked at: %s", silence.message)
            return False
        by_id = {server.id: server for server in known}
        for state in seen:
            before = by_id[state.server_id]
            if guest_states.changes(before, state):
                self._write(before, state)
        return True

    def _write(self, before: Server, state: GuestState) -> None:
        """Only if nothing happened to the server since it was read, before its guest was asked for."""
        with self._store.write() as tx:
            server = servers.find(tx, before.id)
            if server is None or server.updated_at != before.updated_at:
                return
            if _is_busy(server, operations.busy_subjects(tx)):
                return
            found: dict[str, Any] = guest_states.changes(server, state)
            servers.update(tx, server.id, **found)
        _log.warning(
            "server %s: its guest was seen in power state %d; now %s %s",
            server.id, state.power_state, found.get("vm_state", server.vm_state), state.fault,
        )  # fmt: skip


def _is_busy(server: Server, subjects: set[str]) -> bool:
    return server.task_state is not None or f"server/{server.id}" in subjects


def _page(tx: Tx, marker: str | None) -> list[Server]:
    wanted = Listing(
        vm_states=list(guest_states.WATCHED), sort=(("id", True),), marker=marker, limit=_PAGE,
    )  # fmt: skip
    return servers.listing(tx, wanted)
