"""The order of a strike, in a file that several processes read at any moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write(file: Path, order: dict[str, Any]) -> None:
    """Whoever reads meanwhile finds the order before or this one, never half of it."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps(order))
    new.replace(file)
