"""What zhmcclient's own receiver hears."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import zhmcclient

from moorage.mock_hmc import HmcConfig, MockHmc
from tests.mock_hmc.conftest import PASSWORD, USER, finish, make_session, port_uri, sizes, wait_for

Heard = queue.Queue[tuple[dict[str, str], Any]]


class Listener:
    """A NotificationReceiver in a thread, subscribed when the constructor returns."""

    def __init__(self, hmc: MockHmc, session: zhmcclient.Session) -> None:
        session.logon()
        self.heard: Heard = queue.Queue()
        self._receiver = zhmcclient.NotificationReceiver(
            [session.object_topic, session.job_topic],
            "127.0.0.1",
            session.session_id,
            session.session_credential,
            port=hmc.stomp_address.port,
            verify_cert=str(hmc.ca_file),
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        # Subscriptions are processed in order, so the first message heard proves the topics are subscribed.
        self._until_heard(hmc)

    def _listen(self) -> None:
        for headers, message in self._receiver.notifications():
            self.heard.put((headers, message))

    def _until_heard(self, hmc: MockHmc) -> None:
        adapter = hmc.controls.state()["adapters"][0]["storage-port-uris"][0]
        for _ in range(200):
            hmc.controls.set_port_online(adapter, is_online=False)
            hmc.controls.set_port_online(adapter, is_online=True)
            try:
                self.heard.get(timeout=0.05)
            except queue.Empty:
                continue
            break
        while self.take("adapter", timeout_s=0.2):
            pass

    def take(self, class_: str | None = None, timeout_s: float = 5.0) -> tuple[dict[str, str], Any] | None:
        try:
            headers, message = self.heard.get(timeout=timeout_s)
        except queue.Empty:
            return None
        assert class_ is None or headers.get("class") == class_
        return headers, message

    def until(self, kind: str) -> tuple[dict[str, str], Any]:
        while (item := self.take()) is not None:
            if item[0]["notification-type"] == kind:
                return item
        raise AssertionError(f"no {kind} heard")

    def close(self) -> None:
        self._receiver.close()


@pytest.fixture
def listener(hmc: MockHmc, session: zhmcclient.Session) -> Iterator[Listener]:
    listener = Listener(hmc, session)
    yield listener
    listener.close()


def test_creation_change_and_deletion_are_told(listener: Listener, cpc: Any) -> None:
    partition = cpc.partitions.create(sizes("a"))
    headers, body = listener.until("inventory-change")
    assert (headers["action"], headers["object-uri"], headers["class"]) == ("add", partition.uri, "partition")
    assert body is None
    partition.update_properties({"description": "new"})
    _, body = listener.until("property-change")
    assert body["change-reports"] == [{"property-name": "description", "old-value": "", "new-value": "new"}]
    hba = partition.hbas.create({"name": "h", "adapter-port-uri": port_uri(cpc)})
    headers, _ = listener.until("inventory-change")
    assert (headers["element-uri"], headers["object-uri"]) == (hba.uri, partition.uri)
    hba.delete()
    assert listener.until("inventory-change")[0]["action"] == "remove"
    partition.delete()
    headers, _ = listener.until("inventory-change")
    assert (headers["action"], headers["object-uri"]) == ("remove", partition.uri)


def test_statuses_and_the_end_of_the_job_are_told(listener: Listener, partition: Any) -> None:
    job = partition.start(wait_for_completion=False)
    changes = [listener.until("status-change")[1]["change-reports"][0] for _ in range(2)]
    assert [(c["old-status"], c["new-status"]) for c in changes] == [("stopped", "starting"), ("starting", "paused")]
    assert changes[1]["has-unacceptable-status"] is True
    headers, body = listener.until("job-completion")
    assert (headers["job-uri"], body) == (job.uri, None)


def test_only_the_session_that_began_a_job_hears_its_end(hmc: MockHmc, listener: Listener, partition: Any) -> None:
    other = make_session(hmc.port, hmc.ca_file)
    theirs = zhmcclient.Client(other).cpcs.find(name="CPC1").partitions.resource_object(partition.uri)
    finish(theirs.start(wait_for_completion=False))
    partition.update_properties({"description": "last"})
    kinds = []
    while "property-change" not in kinds:
        item = listener.take()
        assert item is not None
        is_last = item[1] and item[1]["change-reports"][0].get("property-name") == "description"
        kinds.append(item[0]["notification-type"] if is_last or item[1] is None else "other")
    assert "job-completion" not in kinds


def test_notifications_can_be_duplicated_or_lost(hmc: MockHmc, listener: Listener, partition: Any) -> None:
    while listener.take(timeout_s=0.2):
        pass
    hmc.controls.set_notifications("duplicate")
    partition.update_properties({"description": "twice"})
    hmc.controls.set_notifications("lose")
    partition.update_properties({"description": "never"})
    hmc.controls.set_notifications("normal")
    partition.update_properties({"description": "once"})
    values = [listener.until("property-change")[1]["change-reports"][0]["new-value"] for _ in range(3)]
    assert values == ["twice", "twice", "once"]


def receiver(hmc: MockHmc, topic: str, user: str, password: str) -> zhmcclient.NotificationReceiver:
    quick = zhmcclient.StompRetryTimeoutConfig(connect_timeout=2, connect_retries=1)
    return zhmcclient.NotificationReceiver(
        topic, "127.0.0.1", user, password,
        port=hmc.stomp_address.port, verify_cert=str(hmc.ca_file), stomp_rt_config=quick,
    )  # fmt: skip


def test_a_wrong_credential_is_not_let_in(hmc: MockHmc, session: zhmcclient.Session) -> None:
    session.logon()
    with pytest.raises(zhmcclient.NotificationConnectionError):
        receiver(hmc, session.object_topic, session.session_id, "wrong").connect()
    for user, password in ((session.session_id, session.session_credential), (USER, PASSWORD)):
        right = receiver(hmc, session.object_topic, user, password)
        right.connect()
        right.close()


def test_a_topic_of_nobody_is_refused(hmc: MockHmc, session: zhmcclient.Session) -> None:
    session.logon()
    listener = receiver(hmc, "banana", session.session_id, session.session_credential)
    with pytest.raises(zhmcclient.NotificationJMSError, match="topic"):
        next(listener.notifications())


def test_a_restart_ends_the_listeners_connection(config: HmcConfig) -> None:
    with MockHmc(config) as hmc:
        session = make_session(hmc.port, hmc.ca_file)
        listener = Listener(hmc, session)
        assert listener._receiver.is_connected()
        hmc.controls.restart()
        wait_for(lambda: not listener._receiver.is_connected())
