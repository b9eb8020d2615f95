"""One log line an event, for people or as JSON."""

from __future__ import annotations

import logging
import sys
from typing import Any

import msgspec

from moorage import clock

_PLAIN = "%(asctime)s %(levelname)-7s %(name)s %(message)s"


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": clock.now().isoformat(timespec="milliseconds") + "Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def start(debug: bool, as_json: bool) -> None:
    """Log to standard error, so that standard output is left to what was asked for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else logging.Formatter(_PLAIN))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    for noisy in ("dbos", "alembic", "zhmcclient", "stomp", "uvicorn.access", "uvicorn.error", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
