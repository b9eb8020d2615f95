"""One log line an event, for people or as JSON, with the ids of what it happened for."""

from __future__ import annotations

import logging
import sys
from typing import Any

import msgspec

from moorage import clock
from moorage.telemetry.scope import current

_PLAIN = "%(asctime)s %(levelname)-7s %(name)s %(message)s"


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, ids (``request``, ``operation``, ``server``), traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": clock.now().isoformat(timespec="milliseconds") + "Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **current(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


class PlainLines(logging.Formatter):
    """One line for people; ids that the message does not name itself stand at its end."""

    def __init__(self) -> None:
        super().__init__(_PLAIN)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's own name
        line = super().formatMessage(record)
        missing = [f"{name}={value}" for name, value in current().items() if value not in line]
        return f"{line} [{' '.join(missing)}]" if missing else line


def start(debug: bool, as_json: bool) -> None:
    """Log to standard error, so that standard output is left to what was asked for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else PlainLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    for noisy in ("dbos", "alembic", "zhmcclient", "stomp", "uvicorn.access", "uvicorn.error", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
