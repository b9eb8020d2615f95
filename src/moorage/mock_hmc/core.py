"""What do all parts of the HMC share? The model, the sessions, the notifications, and one lock around every change.

A change is committed to disk, then told to listeners, then answered: in that order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moorage.mock_hmc.config import HmcConfig
from moorage.mock_hmc.notifications import Notifications, Publish
from moorage.mock_hmc.resources import Model
from moorage.mock_hmc.sessions import Sessions
from moorage.mock_hmc.store import Resource


class Core:
    """The HMC behind its routes."""

    def __init__(self, config: HmcConfig, model: Model, sessions: Sessions, publish: Publish) -> None:
        self.config = config
        self.model = model
        self.sessions = sessions
        self.notifications = Notifications(sessions)
        self._publish = publish
        self._lock = threading.RLock()
        self._after_commit: list[Callable[[], None]] = []

    @contextmanager
    def transaction(self) -> Iterator[Model]:
        """Hold the lock; on success everything changed inside is durable, otherwise nothing of it happened."""
        with self._lock:
            try:
                yield self.model
                self.model.commit()
            except BaseException:
                self.model.rollback()
                self.notifications.discard()
                self._after_commit.clear()
                raise
            self.notifications.flush(self._publish)
            actions, self._after_commit = self._after_commit, []
        for action in actions:
            action()

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run this once the current transaction is durable."""
        self._after_commit.append(action)

    def update(self, resource: Resource, props: Mapping[str, Any]) -> Resource:
        """Change properties and tell the sessions."""
        before = self.model.get(resource.uri, resource.kind)
        assert before is not None
        after = self.model.change(resource, props)
        self.notifications.properties_changed(before, after)
        if before.props.get("status") != after.props.get("status"):
            self.notifications.status_changed(after, before.props["status"])
        return after

    def set_status(self, resource: Resource, status: str, **props: Any) -> Resource:
        """Change the status of a partition and what follows from it."""
        unacceptable = status not in resource.props.get("acceptable-status", [status])
        return self.update(resource, {"status": status, "has-unacceptable-status": unacceptable, **props})
