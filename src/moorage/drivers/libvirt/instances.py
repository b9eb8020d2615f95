"""What does a guest have on its host beside its volumes, and where?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from moorage import errors, fence
from moorage.compute import config_drive
from moorage.compute.model.guest import Guest, RescueImage
from moorage.drivers.libvirt.domain_xml import Media
from moorage.drivers.libvirt.options import LibvirtSettings

MAX_CONSOLE_BYTES = 100 * 1024
"""As much of a console as Nova shows."""


class Instances:
    """A directory for each server, named by its id."""

    def __init__(self, settings: LibvirtSettings) -> None:
        self._path = settings.instances_path

    def prepare(self, guest: Guest) -> Media:
        """Make what a guest needs before it is defined."""
        directory = self._path / guest.id
        with _changing(guest):
            directory.mkdir(parents=True, exist_ok=True)
            return Media(console_log=directory / "console.log", config_drive=_config_drive(directory, guest))

    def prepare_rescue(self, guest: Guest, image: RescueImage) -> Media:
        """The same with a disk to repair from; the guest may write to it, so it is a copy."""
        media = self.prepare(guest)
        path = self._path / guest.id / f"rescue.{image.disk_format}"
        with _changing(guest):
            shutil.copyfile(image.path, path)
        return msgspec.structs.replace(media, rescue_disk=path)

    def console(self, guest: Guest) -> str:
        """The end of what the guest wrote since its start; nothing before that."""
        log = self._path / guest.id / "console.log"
        with _answering(guest):
            if not log.exists():
                return ""
            with log.open("rb") as reader:
                reader.seek(max(0, log.stat().st_size - MAX_CONSOLE_BYTES))
                return reader.read().decode("utf-8", "replace")

    def remove(self, guest: Guest) -> None:
        """Absent is success."""
        with _changing(guest):
            if (self._path / guest.id).exists():
                shutil.rmtree(self._path / guest.id)


def _config_drive(directory: Path, guest: Guest) -> Path | None:
    """Written anew at each start, so that it says what is on record now."""
    if guest.config_drive is None:
        return None
    path, draft = directory / "config.iso", directory / "config.iso.new"
    draft.write_bytes(config_drive.iso(guest.config_drive))
    draft.replace(path)
    return path


@contextmanager
def _changing(guest: Guest) -> Iterator[None]:
    fence.check()
    with _answering(guest):
        yield


@contextmanager
def _answering(guest: Guest) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise errors.Refused(f"files of server {guest.id}: {error.strerror}") from error
    except OSError as error:
        raise errors.Unknown(f"files of server {guest.id}: {error.strerror or error}") from error
