"""Which bytes does a ``Range`` header ask for? One range as in RFC 9110 section 14; Glance refuses several."""

from __future__ import annotations

import re

import msgspec

_FORM = re.compile(r"^bytes=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*$", re.ASCII)


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of a file."""

    start: int
    length: int
    is_partial: bool


def span_of(header: str | None, size: int) -> Span:
    """All of a file of ``size`` bytes without a header; ``ValueError`` for a range that cannot be had."""
    if header is None:
        return Span(start=0, length=size, is_partial=False)
    match = _FORM.match(header)
    if match is None or not (match[1] or match[2]):
        raise ValueError(f"Invalid range: {header:.80}. One range of bytes is understood.")
    if match[1]:
        start, end = int(match[1]), min(int(match[2]) if match[2] else size - 1, size - 1)
    else:
        start, end = max(size - int(match[2]), 0), size - 1
    if start > end:
        raise ValueError(f"Range {header:.80} lies outside the {size} bytes of the image.")
    return Span(start=start, length=end - start + 1, is_partial=True)
