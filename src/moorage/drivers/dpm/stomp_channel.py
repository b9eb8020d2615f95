"""How are messages read from the HMC's STOMP broker (STOMP 1.1 over TLS)?

Not with stomp.py, which zhmcclient uses: it reads and writes one TLS connection from two threads, and CPython before
3.13 crashes on that now and then (a segmentation fault about once in 500 connections). Here the reading thread is the
only one that touches the connection; others leave frames for it and wake it.
"""

from __future__ import annotations

import queue
import selectors
import socket
import ssl
import time
from collections.abc import Iterator, Mapping

import msgspec

_BEAT_MS = 5000
_SILENCE_S = 3 * _BEAT_MS / 1000
_PIECE = 65536
_FULL_PAUSE_S = 0.05


class Frame(msgspec.Struct, frozen=True):
    """A received frame."""

    command: str
    headers: Mapping[str, str]
    body: str = ""


class Channel:
    """A connection to the broker. Raises ``OSError`` when it cannot be made or breaks."""

    def __init__(self, address: tuple[str, int], tls: ssl.SSLContext, login: tuple[str, str], timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._outgoing: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._buffer = b""
        self._is_closed = False
        # A TCP connection may be made although nobody will ever answer on it, hence one limit for all of it.
        raw = socket.create_connection(address, timeout_s)
        try:
            self._socket = tls.wrap_socket(raw, server_hostname=address[0])
        except BaseException:
            raw.close()
            raise
        self._socket.settimeout(0)
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        try:
            self._log_on(address[0], login)
        except BaseException:
            self._release()
            raise

    def subscribe(self, topic: str, receipt: str) -> None:
        """Ask for a topic's messages; a ``RECEIPT`` frame with this id tells that they will come. From any thread."""
        headers = {"destination": f"/topic/{topic}", "id": receipt, "ack": "auto", "receipt": receipt}
        self._outgoing.put(_encode("SUBSCRIBE", headers))
        self._wake()

    def close(self) -> None:
        """End ``frames``. From any thread."""
        self._is_closed = True
        self._wake()

    def frames(self) -> Iterator[Frame]:
        """Frames as they come, until closed; the calling thread owns the connection. Raises ``OSError``."""
        try:
            heard = time.monotonic()
            while not self._is_closed:
                while not self._outgoing.empty():
                    self._send(self._outgoing.get())
                if self._receive(_BEAT_MS / 1000):
                    heard = time.monotonic()
                yield from self._take_frames()
                if self._has_beats and time.monotonic() - heard > _SILENCE_S:
                    raise TimeoutError(f"nothing heard for {_SILENCE_S} s")
        finally:
            self._release()

    def _log_on(self, host: str, login: tuple[str, str]) -> None:
        headers = {"accept-version": "1.1", "host": host, "login": login[0], "passcode": login[1]}
        self._send(_encode("CONNECT", {**headers, "heart-beat": f"0,{_BEAT_MS}"}))
        deadline = time.monotonic() + self._timeout_s
        while (left_s := deadline - time.monotonic()) > 0:
            self._receive(left_s)
            for frame in self._take_frames():
                if frame.command != "CONNECTED":
                    raise ConnectionRefusedError(f"broker answered {frame.command}: {frame.headers.get('message')}")
                self._has_beats = not frame.headers.get("heart-beat", "0").startswith("0")
                return
        raise TimeoutError(f"the broker did not answer within {self._timeout_s} s")

    def _receive(self, timeout_s: float) -> bool:
        """Add what comes within the time to the buffer; False when nothing did."""
        if not self._socket.pending():
            ready = {key.fileobj for key, _ in self._selector.select(timeout_s)}
            if self._wake_reader in ready:
                self._wake_reader.recv(_PIECE)
            if self._socket not in ready:
                return False
        try:
            piece = self._socket.recv(_PIECE)
        except ssl.SSLWantReadError:
            return False
        if not piece:
            raise ConnectionResetError("the broker closed the connection")
        self._buffer += piece
        return True

    def _take_frames(self) -> Iterator[Frame]:
        while b"\0" in self._buffer:
            raw, self._buffer = self._buffer.split(b"\0", 1)
            yield _decode(raw)
        # Beats are line ends between frames.
        self._buffer = self._buffer.lstrip(b"\r\n")

    def _send(self, data: bytes) -> None:
        deadline = time.monotonic() + self._timeout_s
        while data:
            try:
                data = data[self._socket.send(data) :]
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                if time.monotonic() > deadline:
                    raise TimeoutError("the broker takes no data") from None
                time.sleep(_FULL_PAUSE_S)

    def _wake(self) -> None:
        try:
            self._wake_writer.send(b"!")
        except OSError:
            # Released already: nobody is left to wake.
            return

    def _release(self) -> None:
        self._selector.close()
        for each in (self._socket, self._wake_reader, self._wake_writer):
            each.close()


def _encode(command: str, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    return f"{command}\n{lines}\n".encode() + b"\0"


def _decode(raw: bytes) -> Frame:
    head, _, body = raw.decode(errors="replace").lstrip("\r\n").replace("\r\n", "\n").partition("\n\n")
    command, *lines = head.split("\n")
    pairs = [line.partition(":") for line in lines]
    return Frame(command, {name: value.replace("\\c", ":") for name, _, value in pairs}, body)
