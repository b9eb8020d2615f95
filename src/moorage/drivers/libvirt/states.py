"""How does the driver tell that a guest started or stopped by itself?

Events of libvirt come on its own thread, which must not call libvirt back. They only name the guest; a second thread
reads what is true of it now. That thread also keeps the connections open, as only an open one has events.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moorage import errors
from moorage.compute.model.guest import GuestState
from moorage.drivers.libvirt import lifecycle
from moorage.drivers.libvirt.hosts import Host

_RECONNECT_S = 5.0
_HELD_BY_IO_ERROR = [3, 5]
"""VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR"""
_log = logging.getLogger(__name__)

Tell = Callable[[GuestState], None]


class StateWatch:
    """One thread that turns hints into states."""

    def __init__(self, hosts: Iterable[Host]) -> None:
        self._hosts = list(hosts)
        self._changed: queue.SimpleQueue[tuple[Host, str] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, host: Host, server_id: str) -> None:
        """A guest has changed; called by libvirt's event thread."""
        if self._thread is not None:
            self._changed.put((host, server_id))

    def start(self, tell: Tell) -> None:
        self._thread = threading.Thread(target=self._run, args=(tell,), name="libvirt-states", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._changed.put(None)
        if self._thread is not None:
            self._thread.join(timeout=_RECONNECT_S)

    def _run(self, tell: Tell) -> None:
        while not self._stopping.is_set():
            self._connect()
            try:
                noted = self._changed.get(timeout=_RECONNECT_S)
            except queue.Empty:
                continue
            if noted is not None:
                self._tell(tell, *noted)

    def _connect(self) -> None:
        """A host that does not answer is tried again the next time round."""
        for host in self._hosts:
            try:
                with host.lease("watch"):
                    pass
            except errors.OutsideError as trouble:
                _log.debug("%s", trouble.message)

    def _tell(self, tell: Tell, host: Host, server_id: str) -> None:
        try:
            with host.lease(f"look at server {server_id}") as connection:
                domain = host.find(connection, server_id)
                state = None if domain is None else state_of(domain)
        except errors.OutsideError as trouble:
            _log.info("the state of server %s is not known: %s", server_id, trouble.message)
            return
        if state is not None:
            tell(state)


def state_of(domain: Any) -> GuestState:
    """What libvirt says of a settled domain; an input/output error holds the guest until somebody mends the volume."""
    is_held = domain.state() == _HELD_BY_IO_ERROR
    fault = "The guest is held because a disk of it reports an input/output error." if is_held else ""
    return GuestState(server_id=domain.UUIDString(), power_state=lifecycle.power_of(domain), fault=fault)
