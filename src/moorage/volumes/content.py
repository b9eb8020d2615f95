"""How does a backend that keeps volumes as files hold their bytes, so that a crash never leaves half a volume?

A volume or snapshot is a file named by its id. New content is written to a draft beside it and renamed over
it when complete, so a file under its final name is always whole. The draft also serves as the lock: whoever holds
``flock`` on it is the only one, in any process, changing that file; the kernel drops the lock when its holder dies.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from moorage import errors, fence
from moorage.volumes.forms import Form, Raw, Writer, copy_writer, file_size, virtual_size
from moorage.volumes.ports import Pool

GIB = 1024**3
_CHUNK = 1024 * 1024
_ZEROS = bytes(_CHUNK)
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")


class ContentStore:
    """Volumes and snapshots as files below one directory.

    Every method raises ``Refused`` for a missing source, an id that is no file name, a size that does not fit or a
    full disk, and ``Unknown`` for other input/output errors.
    """

    def __init__(self, directory: Path, form: Form | None = None) -> None:
        self._form: Form = form or Raw()
        self._directory = directory.absolute()
        self._volumes = self._directory / "volumes"
        self._snapshots = self._directory / "snapshots"
        for folder in (self._volumes, self._snapshots):
            folder.mkdir(parents=True, exist_ok=True)

    def volume_path(self, volume_id: str) -> Path:
        """Where the volume's bytes are, whether or not it exists."""
        return self._volumes / _checked(volume_id)

    def snapshot_path(self, snapshot_id: str) -> Path:
        """Where the snapshot's bytes are, whether or not it exists."""
        return self._snapshots / _checked(snapshot_id)

    def create(self, volume_id: str, size_gib: int) -> None:
        """Make an all-zero volume unless it is there already."""
        self._find_or_make(self.volume_path(volume_id), size_gib * GIB, self._form.blank(size_gib * GIB))

    def clone(self, volume_id: str, source_id: str, size_gib: int) -> None:
        """Make a volume from another volume's present content unless it is there already."""
        self._find_or_copy(self.volume_path(volume_id), self.volume_path(source_id), size_gib * GIB)

    def create_from_snapshot(self, volume_id: str, snapshot_id: str, size_gib: int) -> None:
        """Make a volume from a snapshot unless it is there already."""
        self._find_or_copy(self.volume_path(volume_id), self.snapshot_path(snapshot_id), size_gib * GIB)

    def create_snapshot(self, snapshot_id: str, volume_id: str) -> None:
        """Keep the volume's present content unless that was done already."""
        self._find_or_copy(self.snapshot_path(snapshot_id), self.volume_path(volume_id), None)

    def write_image(self, volume_id: str, image: Path, disk_format: str) -> None:
        """Replace the volume's whole content by the image, zeros behind it. A crash keeps the old content."""
        target = self.volume_path(volume_id)
        with _sole_draft(target) as (fd, draft):
            size = self._form.length(target)
            _check_fits(virtual_size(image, disk_format), size, f"image for volume {volume_id}")
            _publish(self._form, fd, draft, target, size, self._form.image(image, disk_format))

    def read_image(self, volume_id: str, target: Path) -> None:
        """Write the volume as a sparse raw image; ``target`` appears only when complete."""
        source = self.volume_path(volume_id)
        with _sole_draft(target) as (fd, draft):
            _publish(Raw(), fd, draft, target, self._form.length(source), self._form.export(source))

    def extend(self, volume_id: str, size_gib: int) -> None:
        """Grow the volume; a volume that is already as large stays as it is."""
        target = self.volume_path(volume_id)
        with _sole_draft(target):
            if self._form.length(target) < size_gib * GIB:
                fence.check()
                self._form.grow(target, size_gib * GIB)
                _sync(target)

    def delete_volume(self, volume_id: str) -> None:
        """Remove the volume and any draft of it; absent is success."""
        _remove(self.volume_path(volume_id))

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Remove the snapshot and any draft of it; absent is success."""
        _remove(self.snapshot_path(snapshot_id))

    def require_volume(self, volume_id: str) -> Path:
        """The volume's path; ``Refused`` if there is no such volume."""
        path = self.volume_path(volume_id)
        file_size(path)
        return path

    def size_gib(self, path: Path) -> int:
        """Size of a volume or snapshot, rounded up to whole GiB."""
        return -(-self._form.length(path) // GIB)

    def capacity(self, name: str) -> Pool:
        """Capacity of the file system the directory is on."""
        usage = shutil.disk_usage(self._directory)
        return Pool(name=name, total_gib=round(usage.total / GIB, 2), free_gib=round(usage.free / GIB, 2))

    def _find_or_copy(self, target: Path, source: Path, size: int | None) -> None:
        # A repeat must succeed even when the source has been deleted since the first call finished.
        needed = 0 if target.exists() else self._form.length(source)
        wanted = needed if size is None else size
        _check_fits(needed, wanted, f"content of {source.name}")
        self._find_or_make(target, wanted, self._form.copy(source))

    def _find_or_make(self, target: Path, size: int, write: Writer) -> None:
        with _sole_draft(target) as (fd, draft):
            if not target.exists():
                _publish(self._form, fd, draft, target, size, write)
            elif (length := self._form.length(target)) < size:
                raise errors.Refused(f"{target.name} exists already with {length} bytes instead of {size}")


def copy_over(source: Path, target: Path) -> None:
    """Replace a disk's bytes by another one's, zeros behind them, in place: whoever has ``target`` open sees them.

    Repeated, it starts over; nobody may rely on ``target`` before it returns.
    """
    with _answering(target.name):
        size = file_size(target)
        _check_fits(file_size(source), size, f"content of {source.name}")
        fd = os.open(target, os.O_RDWR | os.O_CLOEXEC)
        try:
            os.ftruncate(fd, 0)
            os.ftruncate(fd, size)
            copy_writer(source)(fd, target)
            os.fsync(fd)
        finally:
            os.close(fd)


def _publish(form: Form, fd: int, draft: Path, target: Path, size: int, write: Writer) -> None:
    os.ftruncate(fd, 0)
    write(fd, draft)
    form.finish(fd, draft, size)  # content may be shorter than the volume
    os.fsync(fd)
    fence.check()
    draft.replace(target)
    _sync(target.parent)


@contextmanager
def _sole_draft(target: Path) -> Iterator[tuple[int, Path]]:
    """Hold the draft, and with it the right to change ``target``; waits while another thread or process has it."""
    draft = target.with_name(f".{target.name}.partial")
    with _answering(target.name):
        fd = _locked(draft)
        try:
            yield fd, draft
        finally:
            # Once renamed, the draft's name may already belong to the next holder.
            if _is_same(fd, draft):
                draft.unlink()
            os.close(fd)


def _locked(draft: Path) -> int:
    while True:
        fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if _is_same(fd, draft):
            return fd
        os.close(fd)  # the holder we waited for renamed or removed it


def _is_same(fd: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(fd), path.stat())
    return False


def _remove(target: Path) -> None:
    with _sole_draft(target):
        fence.check()
        target.unlink(missing_ok=True)
        _sync(target.parent)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _check_fits(needed: int, size: int, what: str) -> None:
    if needed > size:
        raise errors.Refused(f"{what} needs {needed} bytes, the volume has {size}")


def _checked(object_id: str) -> str:
    if not _ID.fullmatch(object_id):
        raise errors.Refused(f"{object_id!r} cannot be the id of a volume or snapshot")
    return object_id


@contextmanager
def _answering(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = errors.Refused if error.errno in _FULL else errors.Unknown
        raise kind(f"{what}: {error.strerror or error}") from error
