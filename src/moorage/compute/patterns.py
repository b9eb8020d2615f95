"""Regular expressions that users send, matched without letting one of them hold up everybody.

Python's matcher can need exponential time. What may is refused: repeats of groups, back references, look-around, and
more than a few repeats or alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from moorage import errors

_MAX_REPEATS = 2
_MAX_CHOICES = 6
_MAX_LENGTH = 255


def matcher(field: str, pattern: str) -> Callable[[str], bool]:
    """Tests whether a text contains the pattern, whatever its case; 400 if it is no pattern or too costly."""
    shown = pattern[:_MAX_LENGTH]
    try:
        compiled = re.compile(pattern, re.IGNORECASE) if pattern else None
    except (re.error, RecursionError, OverflowError):
        compiled = None
    if compiled is None:
        raise errors.BadRequest(
            f"Invalid input for query parameters {field}. Value: {shown}. {shown!r} is not a 'regex'"
        )
    if _is_costly(pattern):
        raise errors.BadRequest(
            f"Invalid input for query parameters {field}. Value: {shown}. {shown!r} has too many or nested repeats"
        )
    return lambda text: compiled.search(text) is not None


def _is_costly(pattern: str) -> bool:
    plain = re.sub(r"\\[^\d]", "x", pattern)
    plain = re.sub(r"\[\^?\]?[^\]]*\]", "x", plain)
    if len(pattern) > _MAX_LENGTH or re.search(r"\)[*+?{]|\(\?|\\\d", plain):
        return True
    repeats = len(re.findall(r"[*+{]", re.sub(r"\.\*\$?$", "", plain)))
    return repeats > _MAX_REPEATS or len(re.findall(r"[|?]", plain)) > _MAX_CHOICES
