"""The one place that reads the time, so tests can move it."""

from __future__ import annotations

import datetime as dt


def now() -> dt.datetime:
    """The present moment in UTC, without zone, as it is stored in every table."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
