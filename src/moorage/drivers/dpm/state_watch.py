"""Which partitions changed their status? One connection listens to the HMC's object notifications.

After each (re)connection the statuses are listed once, since nothing tells what was missed. A partition's fault is told
in words: the status alone says little to its user.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator

import zhmcclient

from moorage import errors
from moorage.compute.model.guest import GuestState
from moorage.drivers.dpm import statuses
from moorage.drivers.dpm.notices import tls_context
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.sessions import Hmc, SessionPool
from moorage.drivers.dpm.stomp_channel import Channel, Frame

LOG = logging.getLogger(__name__)

Tell = Callable[[GuestState], None]
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_RECEIPT = "object-topic"


class StateWatch:
    """A thread that tells the states of the partitions with a name prefix."""

    def __init__(
        self, settings: DpmSettings, sessions: SessionPool, prefix: str, listed: Callable[[Hmc], dict[str, str]]
    ) -> None:
        """``listed`` asks for server id → status of all of them."""
        self._settings = settings
        self._sessions = sessions
        self._prefix = prefix
        self._listed = listed
        self._closing = threading.Event()
        self._channel: Channel | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, tell: Tell) -> None:
        self._thread = threading.Thread(target=self._loop, args=(tell,), name="dpm-states", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Returns once the session is given back."""
        self._closing.set()
        with self._lock:
            if self._channel is not None:
                self._channel.close()
        if self._thread is not None:
            self._thread.join(timeout=self._settings.read_timeout_s)

    def _loop(self, tell: Tell) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._closing.is_set():
            try:
                with self._sessions.lease() as hmc:
                    for state in self._states(hmc):
                        pause_s = _FIRST_PAUSE_S
                        tell(state)
            except (OSError, zhmcclient.Error, errors.MoorageError) as trouble:
                LOG.warning("partition states are not told for now: %s", trouble)
            self._closing.wait(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _states(self, hmc: Hmc) -> Iterator[GuestState]:
        """The first request logs on again if the session is gone, so that its topic is the living one's."""
        self._listed(hmc)
        for frame in self._connect(hmc).frames():
            if frame.command == "ERROR":
                raise ConnectionAbortedError(f"broker answered ERROR: {frame.headers.get('message')}")
            if frame.command == "RECEIPT":
                yield from (state_of(*pair) for pair in self._listed(hmc).items())
            elif (state := self._told(frame)) is not None:
                yield state

    def _connect(self, hmc: Hmc) -> Channel:
        session, settings = hmc.session, self._settings
        address = (str(session.actual_host), settings.hmc_notification_port)
        login = (str(session.session_id), str(session.session_credential))
        channel = Channel(address, tls_context(settings.certificate_check), login, settings.connect_timeout_s)
        with self._lock:
            self._channel = channel
            if self._closing.is_set():
                channel.close()
        channel.subscribe(str(session.object_topic), receipt=_RECEIPT)
        return channel

    def _told(self, frame: Frame) -> GuestState | None:
        """The state a notification tells, if it is one of ours; a body that cannot be read tells nothing."""
        headers = frame.headers
        name = headers.get("name", "")
        if headers.get("notification-type") != "status-change" or not name.startswith(self._prefix):
            return None
        try:
            status = json.loads(frame.body)["change-reports"][-1]["new-status"]
        except (ValueError, LookupError, TypeError):
            LOG.warning("a status change of partition %s could not be read", name)
            return None
        return state_of(name.removeprefix(self._prefix), str(status))


def state_of(server_id: str, status: str) -> GuestState:
    """What a partition's status says of the server."""
    return GuestState(server_id=server_id, power_state=statuses.power_state(status), fault=statuses.fault(status))
