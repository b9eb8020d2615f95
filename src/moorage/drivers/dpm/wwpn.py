"""How is a world-wide port name written?"""

from __future__ import annotations

import re

_WWPN = re.compile(r"[0-9a-f]{16}")


def normal(text: str) -> str:
    """16 lower-case hex digits. Takes upper case, a leading ``0x`` and colons. Raises ``ValueError`` for other text."""
    digits = text.strip().lower().removeprefix("0x").replace(":", "")
    if not _WWPN.fullmatch(digits):
        raise ValueError(f"{text!r} is not a WWPN of 16 hex digits")
    return digits
