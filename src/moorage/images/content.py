"""How do an image's bytes get into the image directory, so that a crash never leaves half an image?

Bytes are written to a draft and renamed when complete, so a file under its final name is always whole. The writer holds
``flock`` on its draft until the row says ``active``; the kernel drops the lock when the writer dies, so whoever cleans
up can tell a running upload from an abandoned one, in whatever process it runs.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import uuid
from collections.abc import Iterable
from pathlib import Path

from moorage import errors
from moorage.images.formats import virtual_size
from moorage.images.model import FileFacts, Image

CHUNK = 1 << 20
HASH = "sha512"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FILE = re.compile(r"^(?:\.([0-9a-fA-F-]{36})\.(?:[0-9a-f]{32}\.upload|partial)|([0-9a-fA-F-]{36}))\Z")


def path_of(image_dir: Path, image: Image) -> Path:
    """The file with the image's bytes; ``errors.NotFound`` while there are none."""
    if image.location is None or image.size is None:
        raise errors.NotFound(f"Image {image.id} has no data yet")
    return image_dir / image.location


def location_of(image_id: str) -> str:
    """The name an image's file will have below the image directory."""
    return image_id


def image_id_of(file_name: str) -> str | None:
    """The image a file in the image directory belongs to: its bytes or a draft of them; None for foreign files."""
    match = _FILE.match(file_name)
    return (match[1] or match[2]) if match else None


def is_in_use(path: Path) -> bool:
    """Whether a live process is writing the file."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def facts_of(path: Path, disk_format: str | None) -> FileFacts:
    """Read a whole file and say what an image made of it must state; 415 as in ``virtual_size``."""
    sums = Sums()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            sums.add(chunk)
    return sums.facts(virtual_size(path, disk_format))


class Sums:
    """MD5, SHA-512 and size of bytes that pass by once."""

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha512 = hashlib.sha512()
        self.size = 0

    def add(self, data: bytes) -> None:
        self._md5.update(data)
        self._sha512.update(data)
        self.size += len(data)

    def facts(self, unpacked: int | None) -> FileFacts:
        return FileFacts(
            size=self.size, virtual_size=unpacked, md5=self._md5.hexdigest(), sha512=self._sha512.hexdigest()
        )


class Draft:
    """Bytes on their way in. All methods block; 413 when the limit or the disk is exceeded."""

    def __init__(self, image_dir: Path, image_id: str, limit: int) -> None:
        self._limit = limit
        self._path = image_dir / f".{image_id}.{uuid.uuid4().hex}.upload"
        self._target = image_dir / location_of(image_id)
        self._file = self._path.open("xb", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._sums = Sums()

    def write(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            if self._sums.size + len(chunk) > self._limit:
                raise errors.TooLarge(f"The incoming image is too large: more than {self._limit} bytes")
            self._append(chunk)
            self._sums.add(chunk)

    def _append(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            if error.errno in _FULL:
                self._file.truncate(0)  # what comes next, such as the row that gives the image back, needs the room
                raise errors.TooLarge(f"Image storage media is full: {error.strerror}") from error
            raise

    def publish(self, disk_format: str | None) -> FileFacts:
        """Make the bytes durable under their final name and say what they are; 415 as in ``virtual_size``."""
        facts = self._sums.facts(virtual_size(self._path, disk_format))
        os.fsync(self._file.fileno())
        self._path.rename(self._target)
        _sync(self._target.parent)
        return facts

    def discard(self) -> None:
        """Leave nothing behind, published or not."""
        if self._path.exists():
            self._path.unlink()
        elif self._target.exists() and os.path.samestat(self._target.stat(), os.fstat(self._file.fileno())):
            self._target.unlink()

    def close(self) -> None:
        """Give up the lock: from here on the row must say what becomes of the file."""
        self._file.close()


def remove(image_dir: Path, image: Image) -> None:
    """Delete the bytes of an image whose row is gone; absent is success."""
    if image.location is not None:
        (image_dir / image.location).unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
