"""How is a LUN number written for SCSI?

Eight bytes in SCSI order as 16 hex digits, the form os-brick's s390x connector uses. It is not the number padded on
the left: LUN 1 is ``0001000000000000``.
"""

from __future__ import annotations

_SHORT = 0xFFFF
_LONG = 0xFFFFFFFF


def scsi_lun(number: int) -> str:
    """16 hex digits: up to 0xffff in the first two bytes, above that in the first four.

    A number whose low 16 bits are zero, such as 0x40000000, names the same LUN as its upper half alone.
    """
    if not 0 <= number <= _LONG:
        raise ValueError(f"LUN {number} is not between 0 and {_LONG}")
    return f"{number:04x}" + "0" * 12 if number <= _SHORT else f"{number:08x}" + "0" * 8


def lun_number(lun16: str) -> int:
    """The smallest number ``scsi_lun`` writes in this way; ``ValueError`` for any other text."""
    digits = plain_lun(lun16)
    if len(digits) != 16 or int(digits[8:], 16):
        raise ValueError(f"{lun16!r} is not a LUN of 16 hex digits in SCSI order")
    return int(digits[:8], 16) if int(digits[4:8], 16) else int(digits[:4], 16)


def plain_lun(lun16: str) -> str:
    """Lower case without ``0x``, for comparing; never padded, since padding on the left names another LUN."""
    return lun16.strip().lower().removeprefix("0x")
