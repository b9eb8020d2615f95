"""Who is logged on? Sessions live in memory: as with a real HMC, none survives a restart.

403,0 wrong user or password; 403,4 no session given; 403,5 the session does not exist any more.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from moorage.mock_hmc.errors import HmcError


@dataclass
class Session:
    """One logon and its two notification topics."""

    id: str
    user: str
    credential: str = field(repr=False)
    object_topic: str
    job_topic: str
    last_used: float


class Sessions:
    """Thread-safe table of sessions for the one user of the mock."""

    def __init__(self, user: str, password: str, idle_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._user = user
        self._password = password
        self._idle_s = idle_s
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def logon(self, user: object, password: object) -> Session:
        """A new session. Raises 403,0."""
        if not self._is_user(user, password):
            raise HmcError(403, 0, "The user or the password is not correct.")
        token = secrets.token_hex(6)
        session = Session(
            secrets.token_hex(24), self._user, secrets.token_hex(24), f"mock.{token}", f"mock.{token}job", self._clock()
        )
        with self._lock:
            self._sessions[session.id] = session
        return session

    def check(self, session_id: str | None) -> Session:
        """The session, marked as used now. Raises 403,4 or 403,5."""
        if not session_id:
            raise HmcError(403, 4, "The request has no session.")
        with self._lock:
            session = self._sessions.get(session_id)
            now = self._clock()
            if session is None or now - session.last_used > self._idle_s:
                self._sessions.pop(session_id, None)
                raise HmcError(403, 5, "The session does not exist or has expired.")
            session.last_used = now
            return session

    def logoff(self, session_id: str) -> None:
        with self._lock:
            self._sessions.pop(session_id, None)

    def expire_all(self) -> None:
        with self._lock:
            self._sessions.clear()

    def live(self) -> list[Session]:
        with self._lock:
            return list(self._sessions.values())

    def get(self, session_id: str) -> Session | None:
        with self._lock:
            return self._sessions.get(session_id)

    def may_listen(self, login: str, passcode: str) -> bool:
        """Whether the message broker lets this user in: session id with its credential, or user with password."""
        session = self.get(login)
        if session is not None:
            return hmac.compare_digest(session.credential.encode(), passcode.encode())
        return self._is_user(login, passcode)

    def has_topic(self, topic: str) -> bool:
        return any(topic in (session.object_topic, session.job_topic) for session in self.live())

    def _is_user(self, user: object, password: object) -> bool:
        if not isinstance(user, str) or not isinstance(password, str):
            return False
        return user == self._user and hmac.compare_digest(password.encode(), self._password.encode())
