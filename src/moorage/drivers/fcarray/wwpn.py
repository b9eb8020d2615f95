"""What is the one form of a Fibre Channel port name: 16 lower-case hex digits without ``0x``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from moorage import errors

_WWPN = re.compile(r"[0-9a-f]{16}")


def plain_wwpn(text: str) -> str:
    """The comparable form of anything that may be a port name; not checked."""
    return text.strip().lower().removeprefix("0x").replace(":", "")


def checked_wwpns(texts: Iterable[str]) -> list[str]:
    """Port names in their one form, in the order given, without doubles; ``Refused`` if one is not a port name."""
    names = list(dict.fromkeys(plain_wwpn(text) for text in texts))
    for name in names:
        if not _WWPN.fullmatch(name):
            raise errors.Refused(f"{name!r} is not a WWPN of 16 hex digits")
    return names
