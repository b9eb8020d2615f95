"""What is told to whom? Object changes go to every session; the end of a job only to the session that started it.

Kinds and headers follow the Web Services API chapter on asynchronous notification. A job completion has no body.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from moorage.mock_hmc.sessions import Sessions
from moorage.mock_hmc.store import Resource

Mode = Literal["normal", "lose", "duplicate"]
Publish = Callable[[str, Mapping[str, object], str], None]
_COPIES: dict[Mode, int] = {"normal": 1, "lose": 0, "duplicate": 2}


class Notifications:
    """Collects what a change has to tell; nothing is sent before the change is committed."""

    def __init__(self, sessions: Sessions) -> None:
        self.mode: Mode = "normal"
        self._sessions = sessions
        self._pending: list[tuple[str | None, dict[str, object], str]] = []

    def added(self, resource: Resource) -> None:
        self._object(resource, "inventory-change", {"action": "add"}, None)

    def removed(self, resource: Resource) -> None:
        self._object(resource, "inventory-change", {"action": "remove"}, None)

    def status_changed(self, resource: Resource, old: str) -> None:
        report = {
            "old-status": old,
            "new-status": resource.props["status"],
            "has-unacceptable-status": resource.props.get("has-unacceptable-status", False),
        }
        self._object(resource, "status-change", {}, [report])

    def properties_changed(self, before: Resource, after: Resource) -> None:
        """Tell the differences, status excepted: that has a notification of its own."""
        reports = [
            {"property-name": name, "old-value": before.props.get(name), "new-value": value}
            for name, value in after.props.items()
            if name != "status" and before.props.get(name) != value
        ]
        if reports:
            self._object(after, "property-change", {}, reports)

    def job_completed(self, job_uri: str, session_id: str) -> None:
        self._pending.append((session_id, {"notification-type": "job-completion", "job-uri": job_uri}, ""))

    def flush(self, publish: Publish) -> None:
        """Send what was collected, as often as the mode says."""
        pending, self._pending = self._pending, []
        for session_id, headers, body in pending:
            for topic in self._topics(session_id):
                for _ in range(_COPIES[self.mode]):
                    publish(topic, headers, body)

    def discard(self) -> None:
        self._pending.clear()

    def _topics(self, session_id: str | None) -> list[str]:
        if session_id is None:
            return [session.object_topic for session in self._sessions.live()]
        session = self._sessions.get(session_id)
        return [session.job_topic] if session else []

    def _object(self, resource: Resource, kind: str, extra: dict[str, object], reports: list[Any] | None) -> None:
        headers = {"notification-type": kind, **_identity(resource), **extra}
        self._pending.append((None, headers, json.dumps({"change-reports": reports}) if reports else ""))


def _identity(resource: Resource) -> dict[str, object]:
    props = resource.props
    headers: dict[str, object] = {"class": props["class"], "name": props["name"]}
    if "element-uri" in props:
        parent = str(props["parent"])
        element = {"element-uri": resource.uri, "element-id": props["element-id"]}
        return {**headers, **element, "object-uri": parent, "object-id": parent.rpartition("/")[2]}
    return {**headers, "object-uri": resource.uri, "object-id": props["object-id"]}
