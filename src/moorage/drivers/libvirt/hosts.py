"""How are the hosts reached, and when may a guest on one of them be touched?

When a connection is opened, libvirt takes up the guests that run on the host one by one, and until it has done so with
a guest, its definition is the one of before and a change may be lost. So each guest is settled before it is first used
on a new connection: a harmless call has to go through.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from typing import Any

from moorage import errors
from moorage.drivers.libvirt import acceleration, binding, domain_xml, faults
from moorage.drivers.libvirt.guarded import Guarded
from moorage.drivers.libvirt.hints import Hints
from moorage.drivers.libvirt.opening import Opening
from moorage.drivers.libvirt.options import LibvirtSettings

_SETTLE_PAUSE_S = 0.02
_DEFINITION_EVENTS = (0, 1)
"""VIR_DOMAIN_EVENT_DEFINED and UNDEFINED: the guest itself has not changed."""
_KEEPALIVE_S, _KEEPALIVE_TRIES = 5, 3
_log = logging.getLogger(__name__)

Changed = Callable[["Host", str], None]


class Host:
    """One connection, opened when it is needed and again when it broke."""

    def __init__(self, name: str, uri: str, settings: LibvirtSettings, hints: Hints, on_change: Changed) -> None:
        self.name = name
        self._uri = uri
        self._settings = settings
        self._hints = hints
        self._on_change = on_change
        self._guard = threading.Lock()
        self._connection: Any = None
        self._opening: Opening | None = None
        self._settled: set[str] = set()
        self._virt_type = ""

    @property
    def is_connected(self) -> bool:
        return faults.is_alive(self._connection)

    @contextlib.contextmanager
    def lease(self, what: str) -> Iterator[Any]:
        """The connection; errors inside become Moorage's, with ``what`` in their text."""
        connection = Guarded(self._open(what))
        with faults.translated(f"{what} on {self.name}", connection):
            yield connection

    def find(self, connection: Any, server_id: str) -> Any | None:
        """The settled domain of a server; None if there is none. ``Refused`` if it is somebody else's."""
        domain = self._look_up(connection, server_id)
        if domain is not None and server_id not in self._settled:
            if domain.isActive() and not self._settle(domain, server_id):
                domain = self._look_up(connection, server_id)
            self._settled.add(server_id)
        if domain is None:
            return None
        if domain_xml.owner_of(domain.XMLDesc()) != self._settings.owner:
            raise errors.Refused(f"domain {domain.name()} on {self.name} was not made by {self._settings.owner}")
        return Guarded(domain)

    def virt_type(self, connection: Any) -> str:
        """``kvm`` or ``qemu``; found out once."""
        self._virt_type = self._virt_type or acceleration.virt_type(self.name, connection, self._settings)
        return self._virt_type

    def owned(self, connection: Any, is_wanted: Callable[[str], bool]) -> list[Any]:
        """The domains this installation made for the servers that are wanted, settled."""
        mine = []
        for domain in connection.listAllDomains():
            if not is_wanted(domain.UUIDString()):
                continue
            with contextlib.suppress(_Vanished), _vanishing():
                if domain_xml.owner_of(domain.XMLDesc()) == self._settings.owner:
                    mine.append(self.find(connection, domain.UUIDString()))
        return [domain for domain in mine if domain is not None]

    def close(self) -> None:
        with self._guard:
            if self._connection is not None:
                with contextlib.suppress(errors.OutsideError), faults.translated("close"):
                    self._connection.close()
            self._connection = None

    def _open(self, what: str) -> Any:
        with self._guard:
            if faults.is_alive(self._connection):
                return self._connection
            opening = self._opening
            if opening is None or opening.is_given_up:
                opening = self._opening = Opening(self._connect, self._settings.connect_timeout)
                opening.start()
        try:
            with faults.translated(f"{what}: connection to {self.name} ({self._uri})"):
                return opening.result()
        except TimeoutError:
            timeout_s = self._settings.connect_timeout
            raise errors.Unknown(f"{what}: no answer of {self.name} ({self._uri}) within {timeout_s:g} s") from None

    def _connect(self) -> Any:
        try:
            libvirt = binding.run_event_loop()
            connection = libvirt.open(self._uri)
            self._subscribe(libvirt, connection)
            _log.info("connected to %s (%s)", self.name, self._uri)
            with self._guard:
                self._settled.clear()
                self._connection = connection
            return connection
        finally:
            with self._guard:
                self._opening = None

    def _subscribe(self, libvirt: Any, connection: Any) -> None:
        with contextlib.suppress(errors.OutsideError), faults.translated("keepalive"):
            connection.setKeepAlive(_KEEPALIVE_S, _KEEPALIVE_TRIES)  # only remote ones have it
        handlers = {
            libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE: self._on_lifecycle,
            libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED: self._on_event,
            libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED: self._on_event,
            libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED: self._on_refusal,
            libvirt.VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2: self._on_event,
        }
        for event, handler in handlers.items():
            connection.domainEventRegisterAny(None, event, handler, None)

    def _on_event(self, _connection: Any, domain: Any, *_: Any) -> None:
        self._hints.note(domain.UUIDString())

    def _on_refusal(self, _connection: Any, domain: Any, alias: str, _: Any) -> None:
        self._hints.note(domain.UUIDString(), refused_alias=alias)

    def _on_lifecycle(self, _connection: Any, domain: Any, event: int, *_: Any) -> None:
        server_id = domain.UUIDString()
        self._hints.note(server_id)
        if event not in _DEFINITION_EVENTS:
            self._on_change(self, server_id)

    def _look_up(self, connection: Any, server_id: str) -> Any | None:
        try:
            return connection.lookupByUUIDString(server_id)
        except Exception as error:
            if faults.is_fault(error) and faults.code_of(error) == faults.NO_DOMAIN:
                return None
            raise

    def _settle(self, domain: Any, server_id: str) -> bool:
        """Whether the domain is still there once libvirt has taken it up; ``Unknown`` if that takes too long."""
        deadline = time.monotonic() + self._settings.settle_timeout
        while time.monotonic() < deadline:
            try:
                _take_turn(domain)
                if domain.controlInfo()[0] == 0:
                    return True
            except Exception as error:
                if not faults.is_fault(error):
                    raise
                if faults.code_of(error) in faults.GONE:
                    return False
                _log.info("server %s on %s is not settled yet: %s", server_id, self.name, error)
            time.sleep(_SETTLE_PAUSE_S)
        raise errors.Unknown(f"libvirt on {self.name} has not taken up server {server_id} yet")


def _take_turn(domain: Any) -> None:
    """A call that changes nothing and has to wait for whatever libvirt is doing with the domain."""
    disks = ET.fromstring(domain.XMLDesc()).iterfind("devices/disk/target")  # noqa: S314 - written by libvirt
    target = next((str(disk.get("dev")) for disk in disks), None)
    if target is None:
        domain.memoryStats()
    else:
        domain.blockInfo(target)


class _Vanished(Exception):
    """A domain went away between being listed and being read."""


@contextlib.contextmanager
def _vanishing() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if faults.is_fault(error) and faults.code_of(error) == faults.NO_DOMAIN:
            raise _Vanished from error
        raise
