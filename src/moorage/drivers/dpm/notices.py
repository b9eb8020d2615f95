"""Has a job ended? Listens to the HMC's job notifications, so that nobody needs to ask over and over.

The HMC sends the notice to the topic of the session that started the job. One STOMP connection listens to the topics of
all sessions, which the HMC allows (zhmcclient, ``NotificationReceiver``). A notice only shortens a wait: a lost one
costs a poll, never a result.
"""

from __future__ import annotations

import collections
import logging
import threading
import time
from contextlib import suppress

import zhmcclient
from stomp.exception import StompException

from moorage.drivers.dpm.options import DpmSettings

LOG = logging.getLogger(__name__)

_RECONNECT_PAUSE_S = 30.0
_CONNECT_LOOK_S = 0.02
_REMEMBERED_NOTICES = 1000


class JobNotices:
    """Job ends as the HMC tells them; silent and harmless when the notification port cannot be reached."""

    def __init__(self, settings: DpmSettings) -> None:
        self._settings = settings
        self._condition = threading.Condition()
        self._ended: collections.deque[str] = collections.deque(maxlen=_REMEMBERED_NOTICES)
        self._receiver: zhmcclient.NotificationReceiver | None = None
        self._topics: set[str] = set()
        self._next_try = 0.0
        self._is_closed = False

    def listen(self, session: zhmcclient.Session) -> bool:
        """Subscribe to the session's job topic before it starts a job; False when there is no channel."""
        with self._condition:
            if self._is_closed:
                return False
            if self._receiver is None and time.monotonic() >= self._next_try:
                self._connect(session)
            return self._receiver is not None and self._subscribe(self._receiver, session.job_topic)

    def wait(self, job_uri: str, timeout_s: float) -> bool:
        """Wait until the job's end is told, at most ``timeout_s``; False as soon as there is no channel (any more)."""
        with self._condition:
            self._condition.wait_for(lambda: job_uri in self._ended or self._receiver is None, timeout_s)
            return self._receiver is not None

    def close(self) -> None:
        with self._condition:
            self._is_closed = True
            receiver, self._receiver = self._receiver, None
            self._condition.notify_all()
        if receiver is not None:
            _close(receiver)

    def _connect(self, session: zhmcclient.Session) -> None:
        """Connect and start reading; the caller holds the lock, so one thread pays for it and the others wait."""
        self._next_try = time.monotonic() + _RECONNECT_PAUSE_S
        timeouts = zhmcclient.StompRetryTimeoutConfig(
            connect_timeout=self._settings.connect_timeout_s, connect_retries=1, reconnect_sleep_max=1
        )
        # Without topics: those named here are subscribed at a moment that cannot be waited for.
        receiver = zhmcclient.NotificationReceiver(
            [],
            session.actual_host,
            session.session_id,
            session.session_credential,
            port=self._settings.hmc_notification_port,
            stomp_rt_config=timeouts,
            verify_cert=self._settings.certificate_check,
        )
        has_ended = threading.Event()
        threading.Thread(target=self._read, args=(receiver, has_ended), name="dpm-notices", daemon=True).start()
        deadline = time.monotonic() + self._settings.connect_timeout_s
        while not receiver.is_connected() and time.monotonic() < deadline and not has_ended.wait(_CONNECT_LOOK_S):
            pass
        if receiver.is_connected():
            self._receiver, self._topics = receiver, set()
        elif not has_ended.is_set():
            _close(receiver)

    def _subscribe(self, receiver: zhmcclient.NotificationReceiver, topic: str) -> bool:
        if topic not in self._topics:
            try:
                receiver.subscribe(topic)
            except zhmcclient.NotificationError as error:
                LOG.warning("no HMC job notices, asking instead: %s", error)
                self._receiver = None
                _close(receiver)
                return False
            self._topics.add(topic)
        return True

    def _read(self, receiver: zhmcclient.NotificationReceiver, has_ended: threading.Event) -> None:
        try:
            for headers, _body in receiver.notifications():
                if headers.get("notification-type") == "job-completion":
                    self._note(headers.get("job-uri", ""))
        except (zhmcclient.NotificationError, StompException, OSError) as error:
            if not self._is_closed:
                LOG.warning("no HMC job notices, asking instead: %s", error)
        finally:
            has_ended.set()
            with self._condition:
                if self._receiver is receiver:
                    self._receiver = None
                self._condition.notify_all()

    def _note(self, job_uri: str) -> None:
        with self._condition:
            self._ended.append(job_uri)
            self._condition.notify_all()


def _close(receiver: zhmcclient.NotificationReceiver) -> None:
    # The connection may be broken already; nothing is lost with it.
    with suppress(zhmcclient.NotificationError, StompException, OSError):
        receiver.close()
