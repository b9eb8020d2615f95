"""How do a disk's bytes stand in a file, raw or as qcow2, and how do they get there?

A qcow2 file is written and read by qemu-img alone.
"""

from __future__ import annotations

import errno
import os
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from moorage import errors, one_cpu

_CHUNK = 1024 * 1024
_ZEROS = bytes(_CHUNK)

Writer = Callable[[int, Path], None]
"""Fills the open draft given by descriptor and path."""


class Form(Protocol):
    """A way to keep a disk in a file. Sizes are the disk's, in bytes."""

    name: str

    def length(self, path: Path) -> int:
        """Of the disk; ``Refused`` if there is none."""

    def blank(self, size: int) -> Writer:
        """Zeros."""

    def copy(self, source: Path) -> Writer:
        """Another disk of this form."""

    def image(self, image: Path, disk_format: str) -> Writer:
        """An image, raw or qcow2."""

    def export(self, source: Path) -> Writer:
        """A disk of this form as raw bytes."""

    def finish(self, fd: int, draft: Path, size: int) -> None:
        """Give what was written the length it is to have."""

    def grow(self, path: Path, size: int) -> None:
        """Make a disk longer where it is."""


class Raw:
    """Byte for byte, holes where nothing was written."""

    name = "raw"

    def length(self, path: Path) -> int:
        return file_size(path)

    def blank(self, size: int) -> Writer:  # noqa: ARG002 - finishing gives the length
        return lambda _fd, _draft: None

    def copy(self, source: Path) -> Writer:
        return copy_writer(source)

    def image(self, image: Path, disk_format: str) -> Writer:
        return copy_writer(image) if disk_format == "raw" else _converter(image, "qcow2", "raw")

    def export(self, source: Path) -> Writer:
        return copy_writer(source)

    def finish(self, fd: int, draft: Path, size: int) -> None:  # noqa: ARG002
        os.ftruncate(fd, size)

    def grow(self, path: Path, size: int) -> None:
        os.truncate(path, size)


class Qcow2:
    """As large as what was written, on any file system. A running guest has its file to itself."""

    name = "qcow2"

    def length(self, path: Path) -> int:
        return virtual_size(path, self.name)

    def blank(self, size: int) -> Writer:
        return lambda fd, draft: _qemu_img(fd, "create", "-q", "-f", self.name, str(draft), str(size))

    def copy(self, source: Path) -> Writer:
        return _converter(source, self.name, self.name)

    def image(self, image: Path, disk_format: str) -> Writer:
        return _converter(image, disk_format, self.name)

    def export(self, source: Path) -> Writer:
        return _converter(source, self.name, "raw")

    def finish(self, fd: int, draft: Path, size: int) -> None:
        if self.length(draft) < size:
            _qemu_img(fd, "resize", "-q", "-f", self.name, str(draft), str(size))

    def grow(self, path: Path, size: int) -> None:
        _qemu_img(None, "resize", "-q", "-f", self.name, str(path), str(size))


def virtual_size(image: Path, disk_format: str) -> int:
    """Bytes the image fills once it is a raw disk; ``Refused`` if the format is not usable or the file is missing."""
    if disk_format == "raw":
        return file_size(image)
    if disk_format == "qcow2":
        return _qcow2_size(image)
    raise errors.Refused(f"image format {disk_format} is not supported, use raw or qcow2")


def _qcow2_size(image: Path) -> int:
    """Read from the header (QEMU docs/interop/qcow2), which also shows references to other files.

    An image that names a backing or data file would let its owner read files of this machine (OSSA-2024-001).
    """
    file_size(image)
    with image.open("rb") as reader:
        header = reader.read(80).ljust(80, b"\0")
    magic, version, backing, _, _, size = struct.unpack_from(">4sIQIIQ", header)
    if magic != b"QFI\xfb":
        raise errors.Refused("the image is not qcow2 although it says so")
    features = int.from_bytes(header[72:80], "big") if version >= 3 else 0
    if backing or features & 0b100:
        raise errors.Refused("the qcow2 image refers to another file; flatten it first")
    return int(size)


def _converter(source: Path, of: str, to: str) -> Writer:
    return lambda fd, draft: _qemu_img(fd, "convert", "-f", of, "-O", to, str(source), str(draft))


def _qemu_img(fd: int | None, *words: str) -> None:
    program = shutil.which("qemu-img")
    if program is None:
        raise errors.Refused("qcow2 images need the program qemu-img, which is not installed; use a raw image")
    # The child inherits the lock: should we be killed, a restarted write waits until the orphan has ended.
    held = () if fd is None else (fd,)
    done = subprocess.run(  # noqa: S603 - no shell
        [program, *words], pass_fds=held, capture_output=True, text=True, check=False, preexec_fn=one_cpu.leave
    )
    if done.returncode != 0:
        raise errors.Refused(f"qemu-img cannot {words[0]} the image: {done.stderr.strip()[-300:]}")


def copy_writer(source: Path) -> Writer:
    def copy(fd: int, _draft: Path) -> None:
        with source.open("rb") as reader, open(fd, "r+b", closefd=False) as writer:
            for start, end in _extents(reader.fileno()):
                writer.seek(start)
                for chunk in _chunks(reader.fileno(), start, end):
                    if chunk == _ZEROS[: len(chunk)]:
                        writer.seek(len(chunk), os.SEEK_CUR)
                    else:
                        writer.write(chunk)

    return copy


def _chunks(fd: int, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        chunk = os.pread(fd, min(_CHUNK, end - start), start)
        if not chunk:
            raise OSError(errno.EIO, "the source became shorter while it was read")
        yield chunk
        start += len(chunk)


def _extents(fd: int) -> Iterator[tuple[int, int]]:
    """The parts of a sparse file that hold data, as (start, end) in bytes."""
    end = 0
    while True:
        try:
            start = os.lseek(fd, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole up to the end
                return
            raise
        end = os.lseek(fd, start, os.SEEK_HOLE)
        yield start, end


def file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        raise errors.Refused(f"there is no {path.name}") from None
