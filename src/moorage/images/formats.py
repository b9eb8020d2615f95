"""How large is the disk in an image file, and may it be used at all?"""

from __future__ import annotations

import struct
from pathlib import Path

from moorage import errors

_DATA_FILE = 0b100
"""Incompatible feature bit 2 of qcow2: the clusters are in another file."""


def virtual_size(path: Path, disk_format: str | None) -> int | None:
    """Bytes of the unpacked disk; None for formats whose header is not read here.

    415 for a ``qcow2`` that is none, or that refers to another file: whoever converts such an image would read files of
    this machine for its owner (OSSA-2024-001).
    """
    if disk_format == "raw":
        return path.stat().st_size
    return _qcow2_size(path) if disk_format == "qcow2" else None


def _qcow2_size(path: Path) -> int:
    """Header: QEMU ``docs/interop/qcow2.rst``."""
    with path.open("rb") as file:
        header = file.read(80).ljust(80, b"\0")
    magic, version, backing, _, _, size = struct.unpack_from(">4sIQIIQ", header)
    if magic != b"QFI\xfb" or version not in (2, 3):
        raise errors.UnsupportedMedia("Image content does not match disk_format: qcow2")
    features = int.from_bytes(header[72:80], "big") if version == 3 else 0
    if backing or features & _DATA_FILE:
        raise errors.UnsupportedMedia("Image content is not usable: the qcow2 image refers to another file")
    return int(size)
