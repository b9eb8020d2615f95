"""Too much at once: nothing is lost, memory stays bounded, and what is refused is told when to come back."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import MoorageProcess, eventually, running

CLIENTS = 500
ROUNDS = 3
PIECES_APART_S = 0.05
"""Between what is sent in pieces, so that the server reads it in pieces."""
MAY_GROW_MIB = 200
"""Of 500 clients: connections, bodies and answers; without bounds each thread and queue would add to it."""


class Answer:
    """Status, headers and body of one answer."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One client on one connection; HTTP by hand, as 500 of anything more would need the machine for themselves."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, method: str, path: str, token: str, body: Any = None) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: h\r\nX-Auth-Token: {token}\r\nContent-Length: {len(data)}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + data)
        answer = await read_answer(reader)
        if answer.headers.get("connection") == "close":
            self.close()
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(int(lines[0].split()[1]), headers, body)


@contextlib.contextmanager
def moorage(tmp_path: Path, options: str = "") -> Iterator[tuple[MoorageProcess, str]]:
    """A process and a token of its plain user, whose volumes are not limited."""
    with running(tmp_path, options) as process:
        session = process.session()
        body = {"quota_set": {"volumes": -1, "gigabytes": -1}}
        path = f"/os-quota-sets/{session.get_project_id()}"
        process.call("PUT", "block-storage", path, body, cloud="moorage-admin")
        yield process, str(session.get_token())


def resident_mib(process: MoorageProcess) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


async def crowd(port: int, token: str, clients: int, rounds: int) -> tuple[Counter[int], list[str]]:
    """Clients that list, create a volume and show it, each on a connection of its own; statuses and ids made."""
    statuses: Counter[int] = Counter()
    made: list[str] = []

    async def ask(client: Connection, method: str, path: str, body: Any = None) -> Answer:
        answer = await client.call(method, path, token, body)
        statuses[answer.status] += 1
        if answer.status in (429, 503):
            assert int(answer.headers["retry-after"]) >= 1
            assert b"Too many" in answer.body, answer.body
        return answer

    async def one() -> None:
        client = Connection(port)
        for _ in range(rounds):
            await ask(client, "GET", "/compute/v2.1/servers/detail")
            answer = await ask(client, "POST", "/volume/v3/volumes", {"volume": {"size": 1}})
            if answer.status == 202:
                made.append(answer.json()["volume"]["id"])
                await ask(client, "GET", f"/volume/v3/volumes/{made[-1]}")
        client.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    return statuses, made


def volumes_of(process: MoorageProcess) -> list[str]:
    found: list[str] = []
    while True:
        path = f"/volumes?limit=1000{f'&marker={found[-1]}' if found else ''}"
        page = process.call("GET", "block-storage", path).json()["volumes"]
        found += [volume["id"] for volume in page]
        if len(page) < 1000:
            return found


@pytest.mark.long
def test_500_clients_at_once_lose_no_request_and_memory_stays_bounded(tmp_path: Path) -> None:
    with moorage(tmp_path) as (process, token):
        before = resident_mib(process)
        statuses, made = asyncio.run(crowd(process.port, token, CLIENTS, ROUNDS))
        grown = resident_mib(process) - before
        print(f"\n{CLIENTS} clients: {dict(statuses)}, grown by {grown:.0f} MiB")
        assert set(statuses) == {200, 202}
        assert statuses.total() == CLIENTS * ROUNDS * 3, "each request was answered"
        assert sorted(volumes_of(process)) == sorted(made), (
            "each 202 stands for a volume, and no volume for anything else"
        )
        assert grown < MAY_GROW_MIB


def test_past_the_limits_some_are_refused_with_a_time_to_come_back_and_the_rest_is_served(tmp_path: Path) -> None:
    options = "[api]\nmax_in_flight = 2\nmax_waiting = 60\nmax_waiting_of_project = 20\n"
    with moorage(tmp_path, options) as (process, token):
        statuses, made = asyncio.run(crowd(process.port, token, 150, 1))
        assert set(statuses) == {200, 202, 429}, "one project cannot fill the queue of all"
        assert sorted(volumes_of(process)) == sorted(made)
        figures = asyncio.run(Connection(process.port).call("GET", "/metrics", "")).body.decode()
        assert f'moorage_http_refused_total{{reason="share used up"}} {statuses[429]}' in figures
        assert "moorage_http_waiting 0" in figures


def test_another_project_is_served_while_one_floods_the_port(tmp_path: Path) -> None:
    """The crowd always has 60 requests waiting; an admin's waits for two turns each time, not for all of them."""
    options = "[api]\nmax_in_flight = 2\nmax_waiting = 100\n"
    with moorage(tmp_path, options) as (process, token):
        admin = str(process.session("moorage-admin").get_token())

        async def story() -> tuple[list[float], list[float]]:
            busy = asyncio.create_task(flood(process.port, token))
            await asyncio.sleep(0.2)
            client, took = Connection(process.port), list[float]()
            for _ in range(10):
                began = time.monotonic()
                assert (await client.call("GET", "/compute/v2.1/servers/detail", admin)).status == 200
                took.append(time.monotonic() - began)
            client.close()
            return took, await busy

        took, theirs = asyncio.run(story())
        assert sorted(took)[5] < sorted(theirs)[len(theirs) // 2] / 3, (sorted(took), sorted(theirs)[-5:])


async def flood(port: int, token: str) -> list[float]:
    """60 clients of one project that ask again and again; how long each answer took."""
    took: list[float] = []

    async def one() -> None:
        client = Connection(port)
        for _ in range(15):
            began = time.monotonic()
            assert (await client.call("GET", "/compute/v2.1/servers/detail", token)).status == 200
            took.append(time.monotonic() - began)
        client.close()

    await asyncio.gather(*(one() for _ in range(60)))
    return took


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MoorageProcess]:
    options = (
        "[api]\nhead_patience = 0.5\nbody_patience = 0.5\nmax_head_bytes = 4096\nmax_body_bytes = 2048\n"
        "max_connections = 5\n"
    )
    with running(tmp_path_factory.mktemp("strict"), options) as process:
        yield process


def talk(process: MoorageProcess, *parts: bytes) -> bytes:
    """Send parts and read until the server closes, or has answered and nothing more comes."""
    with socket.create_connection(("127.0.0.1", process.port), timeout=10) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            wire.sendall(part)
            time.sleep(PIECES_APART_S)
        found = b""
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while data := wire.recv(65536):
                found += data
                if b"\r\n\r\n" in found:
                    wire.settimeout(0.3)
        return found


def test_a_head_that_does_not_end_loses_its_connection(strict: MoorageProcess) -> None:
    began = time.monotonic()
    assert talk(strict, b"GET /compute/v2.1 HTTP/1.1\r\nX-Slow: ") == b""
    assert 0.3 < time.monotonic() - began < 5
    assert talk(strict) == b"", "nor is a connection kept that says nothing"


def test_a_head_that_is_too_long_is_431_in_one_piece_or_in_many(strict: MoorageProcess) -> None:
    line = b"X-Long: " + b"a" * 5000 + b"\r\n"
    whole = b"GET /compute/v2.1 HTTP/1.1\r\nHost: h\r\n" + line + b"\r\n"
    assert talk(strict, whole).startswith(b"HTTP/1.1 431 ")
    assert talk(strict, whole[:100], whole[100:4000], whole[4000:4900]).startswith(b"HTTP/1.1 431 ")
    path = b"GET /compute/v2.1?" + b"a" * 5000 + b" HTTP/1.1\r\nHost: h\r\n\r\n"
    assert talk(strict, path).startswith(b"HTTP/1.1 431 ")
    assert talk(strict, b"GET /compute/v2.1 HTTP/1.1\r\nHost: h\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def test_a_body_that_does_not_come_is_408_and_one_that_is_too_large_413(strict: MoorageProcess) -> None:
    head = b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    assert talk(strict, head + b'Content-Length: 100\r\n\r\n{"auth": ').startswith(b"HTTP/1.1 408 ")
    assert talk(strict, head + b"Content-Length: 3000\r\n\r\n" + b"x" * 3000).startswith(b"HTTP/1.1 413 ")


def test_connections_past_the_limit_are_answered_503_and_the_rest_goes_on(strict: MoorageProcess) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(contextlib.closing(kept_connection(strict))) for _ in range(5)]
        assert [status(connection) for connection in held] == [200] * 5
        refused = talk(strict, request)
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 1\r\n" in refused
        assert status(held[0]) == 200
    eventually(lambda: talk(strict, request).startswith(b"HTTP/1.1 200 "), what="room again")


def kept_connection(process: MoorageProcess) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", process.port, timeout=10)


def status(connection: http.client.HTTPConnection) -> int:
    """Ask once on a connection that stays open; head and body may come in pieces."""
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    answer.read()
    return answer.status
