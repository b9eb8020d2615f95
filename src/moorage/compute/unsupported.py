"""The calls a driver may lack. The API refuses them by the driver's ``Capabilities`` before an operation is made."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from moorage import errors
from moorage.compute.model.guest import Disk, Guest, RescueImage


class Unsupported:
    """Base of drivers without pause, suspend, swap, rescue, local disks and a console that can be read."""

    name: str

    def pause(self, guest: Guest) -> None:
        self._refuse("pause", guest)

    def unpause(self, guest: Guest) -> None:
        self._refuse("unpause", guest)

    def suspend(self, guest: Guest) -> None:
        self._refuse("suspend", guest)

    def resume(self, guest: Guest, disks: list[Disk]) -> None:  # noqa: ARG002 - the port's signature
        self._refuse("resume", guest)

    def swap(self, guest: Guest, old: Disk, new: Disk) -> None:  # noqa: ARG002
        self._refuse("swap a volume of", guest)

    def rescue(self, guest: Guest, disks: list[Disk], image: RescueImage | None) -> None:  # noqa: ARG002
        self._refuse("rescue", guest)

    def read_disk(self, guest: Guest, target: Path) -> None:  # noqa: ARG002
        self._refuse("read a local disk of", guest)

    def console(self, guest: Guest) -> str:
        self._refuse("read the console of", guest)

    def _refuse(self, what: str, guest: Guest) -> NoReturn:
        raise errors.NotImplementedHere(f"The {self.name} driver cannot {what} server {guest.id}.")
