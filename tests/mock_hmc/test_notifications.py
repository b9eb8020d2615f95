"""What zhmcclient's own receiver hears."""

from __future__ import annotations

import json
import queue
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import IO, Any, Self

import pytest
import zhmcclient

from moorage.mock_hmc import MockHmc
from moorage.mock_hmc.stomp_frames import Decoder, Frame, encode
from tests.mock_hmc.conftest import PASSWORD, USER, finish, make_session, port_uri, sizes

Heard = queue.Queue[tuple[dict[str, str], Any]]


_RECEIVER = """
import json, sys, zhmcclient
receiver = zhmcclient.NotificationReceiver(**json.load(sys.stdin))
for headers, message in receiver.notifications():
    print(json.dumps([headers, message]), flush=True)
"""


class Listener:
    """A NotificationReceiver in a process of its own, subscribed when the constructor returns.

    The stomp library reads and writes one TLS connection from two threads at once, which Python 3.11 does not bear: now
    and then the connection is taken for closed, or the process dies. That happens while it connects and subscribes, so
    it is kept out of the test process and begun again until a message is heard.
    """

    def __init__(self, hmc: MockHmc, session: zhmcclient.Session) -> None:
        session.logon()
        self._session = session
        self._port = hmc.controls.state()["adapters"][0]["storage-port-uris"][0]
        for _ in range(10):
            self._begin(hmc)
            if self._is_heard(hmc):
                break
            self.close()
        while self.take("adapter", timeout_s=0.2):
            pass

    def _begin(self, hmc: MockHmc) -> None:
        self.heard: Heard = queue.Queue()
        arguments = {
            # The object topic comes last: a message on it proves that both are subscribed.
            "topic_names": [self._session.job_topic, self._session.object_topic],
            "host": "127.0.0.1",
            "userid": self._session.session_id,
            "password": self._session.session_credential,
            "port": hmc.stomp_address.port,
            "verify_cert": str(hmc.ca_file),
        }
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, "-c", _RECEIVER], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments))
        self._process.stdin.close()
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout, self.heard), daemon=True)
        self._reader.start()

    def _read(self, lines: IO[str], heard: Heard) -> None:
        for line in lines:
            headers, message = json.loads(line)
            heard.put((headers, message))
        lines.close()

    @property
    def is_ended(self) -> bool:
        return self._process.poll() is not None

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def _is_heard(self, hmc: MockHmc) -> bool:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and not self.is_ended:
            hmc.controls.set_port_online(self._port, is_online=False)
            hmc.controls.set_port_online(self._port, is_online=True)
            try:
                self.heard.get(timeout=0.05)
            except queue.Empty:
                continue
            return True
        return False

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


class RawClient:
    """A STOMP client in one thread."""

    def __init__(self, hmc: MockHmc) -> None:
        context = ssl.create_default_context(cafile=hmc.ca_file)
        plain = socket.create_connection(("127.0.0.1", hmc.stomp_address.port), timeout=5)
        self._socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
        self._decoder = Decoder()
        self._frames: list[Frame] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._socket.close()

    def ask(self, command: str, **headers: str) -> Frame:
        """Send a frame, named headers with ``_`` for ``-``; returns the next frame that comes."""
        self._socket.sendall(encode(command, {name.replace("_", "-"): value for name, value in headers.items()}))
        while not self._frames:
            data = self._socket.recv(4096)
            assert data, "connection closed without an answer"
            self._frames += self._decoder.feed(data)
        return self._frames.pop(0)

    def is_closed_by_server(self) -> bool:
        try:
            return self._socket.recv(1) == b""
        except (ConnectionResetError, ssl.SSLEOFError):
            return True


def test_only_a_right_credential_is_let_in(hmc: MockHmc, session: zhmcclient.Session) -> None:
    session.logon()
    for login, passcode in ((session.session_id, session.session_credential), (USER, PASSWORD)):
        with RawClient(hmc) as client:
            assert client.ask("CONNECT", login=login, passcode=passcode).command == "CONNECTED"
    for login, passcode in ((session.session_id, "wrong"), (USER, "wrong"), ("", "")):
        with RawClient(hmc) as client:
            assert client.ask("CONNECT", login=login, passcode=passcode).command == "ERROR"
            assert client.is_closed_by_server()


def test_nothing_is_done_before_connecting(hmc: MockHmc, session: zhmcclient.Session) -> None:
    session.logon()
    with RawClient(hmc) as client:
        frame = client.ask("SUBSCRIBE", id="1", destination=f"/topic/{session.object_topic}")
        assert (frame.command, frame.header("message")) == ("ERROR", "not connected")


def test_a_topic_of_nobody_is_refused(hmc: MockHmc) -> None:
    with RawClient(hmc) as client:
        client.ask("CONNECT", login=USER, passcode=PASSWORD)
        assert client.ask("SUBSCRIBE", id="1", destination="/topic/banana").command == "ERROR"


def test_an_unsubscribed_topic_is_silent(hmc: MockHmc, session: zhmcclient.Session, partition: Any) -> None:
    topic = f"/topic/{session.object_topic}"
    with RawClient(hmc) as client:
        client.ask("CONNECT", login=USER, passcode=PASSWORD)
        assert client.ask("SUBSCRIBE", id="1", destination=topic, receipt="a").command == "RECEIPT"
        assert client.ask("UNSUBSCRIBE", id="1", receipt="b").header("receipt-id") == "b"
        partition.update_properties({"description": "unheard"})
        assert client.ask("DISCONNECT", receipt="c").header("receipt-id") == "c"


def test_heart_beats_are_sent_as_wanted(hmc: MockHmc) -> None:
    with RawClient(hmc) as client:
        frame = client.ask("CONNECT", login=USER, passcode=PASSWORD, heart_beat="0,100")
        assert frame.header("heart-beat") == "100,0"
        assert client._socket.recv(1) == b"\n"


def test_a_restart_ends_the_listeners_connection(hmc: MockHmc) -> None:
    with RawClient(hmc) as client:
        client.ask("CONNECT", login=USER, passcode=PASSWORD)
        hmc.controls.restart()
        assert client.is_closed_by_server()
