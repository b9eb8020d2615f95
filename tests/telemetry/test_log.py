"""Log lines carry the ids of what they were written for."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor

import anyio

from moorage.telemetry.log import JsonLines, PlainLines
from moorage.telemetry.scope import current, scope


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("moorage.test", logging.INFO, "", 0, text, (), None)


def test_json_lines_have_the_ids_of_all_blocks_around_them() -> None:
    with scope(request="req-1", server=""), scope(operation="op-1"):
        line = json.loads(JsonLines().format(record("began")))
    assert {"request": "req-1", "operation": "op-1", "message": "began"}.items() <= line.items()
    assert "server" not in line
    assert "request" not in json.loads(JsonLines().format(record("later")))


def test_plain_lines_add_only_ids_that_the_message_does_not_name() -> None:
    with scope(request="req-1", operation="op-1"):
        assert PlainLines().format(record("op-1 ends")).endswith("op-1 ends [request=req-1]")
    assert PlainLines().format(record("idle")).endswith("idle")


def test_a_traceback_stands_in_its_json_line() -> None:
    broken = record("broke")
    try:
        raise ValueError("why")
    except ValueError as error:
        broken.exc_info = (ValueError, error, error.__traceback__)
    assert "ValueError: why" in json.loads(JsonLines().format(broken))["traceback"]


def test_ids_follow_into_the_threads_that_handlers_run_in_and_into_no_other() -> None:
    async def handler() -> dict[str, str]:
        with scope(request="req-2"):
            return dict(await anyio.to_thread.run_sync(current))

    assert anyio.run(handler) == {"request": "req-2"}
    with scope(request="req-3"), ThreadPoolExecutor(1) as other:
        assert other.submit(current).result() == {}
