"""How are HMC sessions opened, shared among worker threads, renewed and closed?

zhmcclient documents a session as usable by one thread at a time, so each call leases one and gives it back. Logons go
one by one and stop for good after the first refused one: a wrong password tried in a loop locks the HMC user
(zhmc-prometheus-exporter issue 493).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import zhmcclient

from moorage import errors, fence
from moorage.drivers.dpm.faults import meaning
from moorage.drivers.dpm.options import DpmSettings
from moorage.telemetry.outside import outside_call

_SUBMIT = "/api/services/aggregation/submit"
_NO_SESSION_REASONS = (4, 5)  # 403,4: no session id; 403,5: session id unknown, for example after an HMC restart


class Hmc:
    """One leased session: requests by URI, each sent once; only a GET is repeated, by zhmcclient."""

    def __init__(self, session: zhmcclient.Session, renew: Callable[[zhmcclient.Session], None]) -> None:
        self.session = session
        self._renew = renew

    def get(self, uri: str) -> dict[str, Any]:
        """Properties of the object at uri. Raises zhmcclient's errors."""
        answer: dict[str, Any] = self._send(self.session.get, uri)
        return answer

    def post(self, uri: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Create, change or operate. Not for operations that answer with a job."""
        return self._send(self.session.post, uri, body=body) or {}

    def upload(self, uri: str, content: bytes) -> None:
        """Send bytes as they are."""
        self._send(self.session.post, uri, body=content)

    def submit(self, requests: list[tuple[str, str, dict[str, Any] | None]]) -> list[dict[str, Any]]:
        """Send (method, uri, body) as one request (Submit Requests); the answers in that order, refusals included.

        Only for requests that do not depend on each other: their order is the HMC's choice.
        """
        items = [
            {"id": str(number), "method": method, "uri": uri, **({"body": body} if body is not None else {})}
            for number, (method, uri, body) in enumerate(requests)
        ]
        answers: Any = self._send(self.session.post, _SUBMIT, body={"requests": items})
        by_id = {answer["id"]: answer for answer in answers}
        return [by_id[item["id"]] for item in items]

    def start_job(self, uri: str) -> str:
        """Begin an asynchronous operation and return the job's URI."""
        job = self._send(self.session.post, uri, body={}, wait_for_completion=False)
        return str(job.uri)

    def delete(self, uri: str) -> None:
        self._send(self.session.delete, uri)

    def _send(self, call: Callable[..., Any], uri: str, **arguments: Any) -> Any:
        with outside_call("hmc", "dpm", call.__name__, _meaning):
            return self._send_logged_on(call, uri, **arguments)

    def _send_logged_on(self, call: Callable[..., Any], uri: str, **arguments: Any) -> Any:
        fence.check()
        try:
            return call(uri, renew_session=False, **arguments)
        except zhmcclient.ServerAuthError as error:
            # The HMC checks the session before it acts, so the request had no effect and may be sent again.
            if getattr(error.details, "reason", None) not in _NO_SESSION_REASONS:
                raise
        self._renew(self.session)
        return call(uri, renew_session=False, **arguments)


class SessionPool:
    """As many sessions as threads were inside ``lease`` at once, kept for the next ones."""

    def __init__(self, settings: DpmSettings) -> None:
        self._settings = settings
        self._idle: list[zhmcclient.Session] = []
        self._lock = threading.Lock()
        self._logon_lock = threading.Lock()
        self._logon_refusal: str | None = None

    @contextmanager
    def lease(self) -> Iterator[Hmc]:
        """A logged-on session for the calling thread.

        Raises ``errors.Refused`` without asking the HMC once it has refused the user.
        """
        with self._lock:
            session = self._idle.pop() if self._idle else None
        session = session or self._open()
        try:
            yield Hmc(session, self._logon)
        except zhmcclient.ConnectionError:
            # A session stays with the HMC it was opened on: with a choice of HMCs the next one may go elsewhere.
            if len(self._settings.hmc) == 1:
                self._give_back(session)
            raise
        except BaseException:
            self._give_back(session)
            raise
        else:
            self._give_back(session)

    def close(self) -> None:
        """Log off from the HMC, which limits the sessions of a user."""
        with self._lock:
            sessions, self._idle = self._idle, []
        for session in sessions:
            # The HMC drops the session by itself after its idle time.
            with suppress(zhmcclient.Error):
                session.logoff()

    def _give_back(self, session: zhmcclient.Session) -> None:
        with self._lock:
            self._idle.append(session)

    def _open(self) -> zhmcclient.Session:
        settings = self._settings
        timeouts = zhmcclient.RetryTimeoutConfig(
            connect_timeout=settings.connect_timeout_s,
            connect_retries=1,
            read_timeout=settings.read_timeout_s,
            read_retries=1,
            name_uri_cache_timetolive=0,
        )
        session = zhmcclient.Session(
            list(settings.hmc),
            settings.hmc_username,
            settings.hmc_password,
            port=settings.hmc_port,
            verify_cert=settings.certificate_check,
            retry_timeout_config=timeouts,
        )
        self._logon(session)
        return session

    def _logon(self, session: zhmcclient.Session) -> None:
        with self._logon_lock:
            if self._logon_refusal:
                raise errors.Refused(self._logon_refusal)
            try:
                session.logon(always=True)
            except zhmcclient.AuthError as error:
                self._logon_refusal = (
                    f"[dpm] hmc_username: {self._settings.hmc_username}: HMC refused the logon ({_reason(error)}); "
                    "no further attempt is made before a restart, so that the user is not locked"
                )
                raise errors.Refused(self._logon_refusal) from error


def _meaning(error: Exception) -> Exception:
    return meaning(error, "") if isinstance(error, zhmcclient.Error) else error


def _reason(error: zhmcclient.AuthError) -> str:
    details = getattr(error, "details", None)
    if isinstance(details, zhmcclient.HTTPError):
        return f"{details.http_status},{details.reason}: {details.message}"
    return str(error)
