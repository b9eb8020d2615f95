"""Has a job ended? Listens to the HMC's job notifications, so that nobody needs to ask over and over.

The HMC sends the notice to the topic of the session that started the job. One connection listens to the topics of all
sessions, which the HMC allows to any of its users (zhmcclient, ``NotificationReceiver``). A notice only shortens a
wait: a lost one costs a poll, never a result.
"""

from __future__ import annotations

import collections
import logging
import ssl
import threading
import time
from pathlib import Path

import certifi
import zhmcclient

from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.stomp_channel import Channel, Frame

LOG = logging.getLogger(__name__)

_RETRY_PAUSE_S = 30.0
_REMEMBERED_NOTICES = 1000


class JobNotices:
    """Job ends as the HMC tells them; silent and harmless when the notification port cannot be reached."""

    def __init__(self, settings: DpmSettings) -> None:
        self._settings = settings
        self._condition = threading.Condition()
        self._ended: collections.deque[str] = collections.deque(maxlen=_REMEMBERED_NOTICES)
        self._channel: Channel | None = None
        self._asked: set[str] = set()
        self._confirmed: set[str] = set()
        self._next_try = 0.0
        self._is_closed = False

    def listen(self, session: zhmcclient.Session) -> bool:
        """Subscribe to the session's job topic before it starts a job; False when there is no channel."""
        topic = str(session.job_topic)
        with self._condition:
            if self._channel is None and not self._is_closed and time.monotonic() >= self._next_try:
                self._connect(session)
            if self._channel is not None and topic not in self._asked:
                self._asked.add(topic)
                self._channel.subscribe(topic, receipt=topic)
            is_decided = self._condition.wait_for(
                lambda: self._channel is None or topic in self._confirmed, self._settings.connect_timeout_s
            )
            return is_decided and self._channel is not None

    def wait(self, job_uri: str, timeout_s: float) -> bool:
        """Wait until the job's end is told, at most ``timeout_s``; False as soon as there is no channel (any more)."""
        with self._condition:
            self._condition.wait_for(lambda: job_uri in self._ended or self._channel is None, timeout_s)
            return self._channel is not None

    def close(self) -> None:
        with self._condition:
            self._is_closed = True
            if self._channel is not None:
                self._channel.close()

    def _connect(self, session: zhmcclient.Session) -> None:
        """Connect and start reading; the caller holds the lock, so one thread pays for it and the others wait."""
        address = (str(session.actual_host), self._settings.hmc_notification_port)
        login = (str(session.session_id), str(session.session_credential))
        try:
            tls = tls_context(self._settings.certificate_check)
            channel = Channel(address, tls, login, self._settings.connect_timeout_s)
        except OSError as error:
            self._next_try = time.monotonic() + _RETRY_PAUSE_S
            LOG.warning("no HMC job notices, asking instead: %s", error)
            return
        self._channel, self._asked, self._confirmed = channel, set(), set()
        threading.Thread(target=self._read, args=(channel,), name="dpm-notices", daemon=True).start()

    def _read(self, channel: Channel) -> None:
        try:
            for frame in channel.frames():
                self._note(frame)
        except OSError as error:
            LOG.warning("no HMC job notices, asking instead: %s", error)
        finally:
            with self._condition:
                self._channel = None
                self._condition.notify_all()

    def _note(self, frame: Frame) -> None:
        if frame.command == "ERROR":
            raise ConnectionAbortedError(f"broker answered ERROR: {frame.headers.get('message')}")
        with self._condition:
            if frame.command == "RECEIPT":
                self._confirmed.add(frame.headers.get("receipt-id", ""))
            elif frame.headers.get("notification-type") == "job-completion":
                self._ended.append(frame.headers.get("job-uri", ""))
            self._condition.notify_all()


def tls_context(check: bool | str) -> ssl.SSLContext:
    """The same trust as for requests: a CA file or directory, certifi's bundle for True, none for False."""
    if check is False:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    path = certifi.where() if check is True else str(check)
    return ssl.create_default_context(capath=path) if Path(path).is_dir() else ssl.create_default_context(cafile=path)
