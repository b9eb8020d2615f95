"""The calls a driver may lack. The API refuses them by the driver's ``Capabilities`` before an operation is made."""

from __future__ import annotations

from typing import NoReturn

from moorage import errors
from moorage.compute.ports import Disk, Guest


class Unsupported:
    """Base of drivers without pause, suspend and swap."""

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

    def _refuse(self, what: str, guest: Guest) -> NoReturn:
        raise errors.NotImplementedHere(f"The {self.name} driver cannot {what} server {guest.id}.")
