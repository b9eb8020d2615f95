"""Who listens to notifications? A small STOMP broker over TLS, good for ``zhmcclient.NotificationReceiver``.

It runs on an event loop in a thread of its own; ``publish`` may be called from any thread and waits for no listener.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import threading
from collections.abc import Coroutine, Mapping
from typing import Any

from moorage.mock_hmc.config import Address
from moorage.mock_hmc.sessions import Sessions
from moorage.mock_hmc.stomp_frames import Decoder, Frame, FrameError, encode

LOG = logging.getLogger(__name__)
_TOPIC = "/topic/"


class Broker:
    """Delivers messages to the subscribers of session topics."""

    def __init__(self, sessions: Sessions, tls: ssl.SSLContext, listen: Address) -> None:
        self._sessions = sessions
        self._tls = tls
        self._listen = listen
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mock-hmc-stomp", daemon=True)
        self._listeners: set[_Listener] = set()
        self._server: asyncio.Server | None = None

    def start(self) -> int:
        """Listen; returns the port."""
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, self._listen.host, self._listen.port, ssl=self._tls))
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def stop(self) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def drop_all(self) -> None:
        """Cut every listener's connection, as a restarting HMC does."""
        self._loop.call_soon_threadsafe(self._abort_all)

    def publish(self, topic: str, headers: Mapping[str, object], body: str) -> None:
        self._loop.call_soon_threadsafe(self._deliver, topic, dict(headers), body)

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _deliver(self, topic: str, headers: dict[str, object], body: str) -> None:
        for listener in self._listeners:
            listener.deliver(topic, headers, body)

    def _abort_all(self) -> None:
        for listener in self._listeners:
            listener.abort()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._abort_all()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listener = _Listener(self._sessions, writer)
        self._listeners.add(listener)
        try:
            await listener.run(reader)
        except (OSError, FrameError) as exc:
            LOG.debug("STOMP connection ended: %s", exc)
        finally:
            self._listeners.discard(listener)
            listener.abort()


class _Listener:
    """One STOMP connection."""

    def __init__(self, sessions: Sessions, writer: asyncio.StreamWriter) -> None:
        self._sessions = sessions
        self._writer = writer
        self._subscriptions: dict[str, str] = {}
        self._sequence = 0
        self._is_connected = False
        self._beat: asyncio.Task[None] | None = None

    async def run(self, reader: asyncio.StreamReader) -> None:
        decoder = Decoder()
        while data := await reader.read(65536):
            for frame in decoder.feed(data):
                if not self._handle(frame):
                    with contextlib.suppress(OSError):  # the listener may have closed first
                        await self._writer.drain()
                        self._writer.close()
                    return

    def deliver(self, topic: str, headers: Mapping[str, object], body: str) -> None:
        for subscription, subscribed in self._subscriptions.items():
            if subscribed == topic:
                fixed = {
                    "destination": _TOPIC + topic,
                    "subscription": subscription,
                    "message-id": self._sequence,
                    "session-sequence-nr": self._sequence,
                }
                self._sequence += 1
                self._writer.write(encode("MESSAGE", {**fixed, **headers}, body))

    def abort(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
        if not self._writer.is_closing():
            self._writer.transport.abort()

    def _handle(self, frame: Frame) -> bool:
        """Answer one frame; False ends the connection."""
        if frame.command in ("CONNECT", "STOMP"):
            goes_on = self._connect(frame)
        elif not self._is_connected:
            goes_on = self._refuse("not connected")
        elif frame.command == "SUBSCRIBE":
            goes_on = self._subscribe(frame)
        elif frame.command == "UNSUBSCRIBE":
            self._subscriptions.pop(frame.header("id"), None)
            goes_on = True
        else:
            goes_on = frame.command != "DISCONNECT"
        if "receipt" in frame.headers:
            self._writer.write(encode("RECEIPT", {"receipt-id": frame.header("receipt")}))
        return goes_on

    def _connect(self, frame: Frame) -> bool:
        if not self._sessions.may_listen(frame.header("login"), frame.header("passcode")):
            return self._refuse("the user is not authenticated")
        self._is_connected = True
        wanted_ms = frame.header("heart-beat").partition(",")[2]
        interval_ms = int(wanted_ms) if wanted_ms.isdigit() else 0
        self._writer.write(encode("CONNECTED", {"version": "1.1", "heart-beat": f"{interval_ms},0"}))
        if interval_ms:
            self._beat = asyncio.get_running_loop().create_task(self._send_beats(interval_ms / 1000))
        return True

    def _subscribe(self, frame: Frame) -> bool:
        topic = frame.header("destination").removeprefix(_TOPIC)
        if not self._sessions.has_topic(topic):
            return self._refuse("the topic does not exist")
        self._subscriptions[frame.header("id")] = topic
        return True

    def _refuse(self, message: str) -> bool:
        self._writer.write(encode("ERROR", {"message": message}))
        return False

    async def _send_beats(self, interval_s: float) -> None:
        while True:
            await asyncio.sleep(interval_s / 2)
            self._writer.write(b"\n")
