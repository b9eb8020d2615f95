"""What a hypervisor driver must do.

Every call may be repeated after a crash: the driver looks for its own earlier effect by the server's id first.
Absent on a destroy is success. No answer raises ``errors.Unknown``; a definite no raises ``errors.Refused``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

import msgspec

from moorage.compute.model.guest import Disk, Guest, GuestState, HeldGuest, HostState, Identity, RescueImage, Try


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What API checks may rely on without asking the hypervisor."""

    volume_protocols: frozenset[str]
    local_disks: bool
    """Whether a root or ephemeral disk can live on the host."""
    pause: bool = False
    suspend: bool = False
    swap_volume: bool = False
    """Whether a running guest's disk can be copied to another volume and moved over to it."""
    rescue: bool = False
    """Whether a guest with a local root disk can be started from another one to repair it."""
    rescue_of_volumes: bool = False
    """Whether the same can be done for a guest whose root is a volume."""
    resize: bool = False
    """Whether a guest's processors and memory can be changed by booting it anew."""
    shares_processors: bool = False
    """Whether servers may have more processors in sum than their hypervisor."""
    console: bool = False
    """Whether what the guest wrote to its console can be read."""


class Hypervisor(Protocol):
    """One kind of hypervisor. All methods block and run in worker threads."""

    name: str
    capabilities: Capabilities

    def hosts(self) -> list[HostState]:
        """The hypervisors behind this driver."""

    def reserve_identity(self, guest: Guest) -> Identity:
        """Make what gives the server its storage identity (on DPM the partition and its HBAs) and read it."""

    def boot(self, guest: Guest, disks: list[Disk]) -> None:
        """Define the disks, set the boot device from boot_index 0, start, and return once it runs."""

    def power_on(self, guest: Guest, disks: list[Disk]) -> None:
        """Start a stopped guest; already running is success."""

    def power_off(self, guest: Guest, *, is_graceful: bool = True) -> None:
        """Stop the guest from any state; already stopped is success. ``is_graceful``: let it shut down first."""

    def reboot(self, guest: Guest, disks: list[Disk], hard: bool) -> None:
        """Restart; hard means stop from any state, define again and start."""

    def pause(self, guest: Guest) -> None:
        """Hold a running guest's processors; already paused is success."""

    def unpause(self, guest: Guest) -> None:
        """Let a paused guest go on."""

    def suspend(self, guest: Guest) -> None:
        """Save a running guest's memory and stop it."""

    def resume(self, guest: Guest, disks: list[Disk]) -> None:
        """Bring a suspended guest back."""

    def plug(self, guest: Guest, disk: Disk) -> None:
        """Give a guest, running or not, one more disk; already there is success."""

    def unplug(self, guest: Guest, disk: Disk) -> None:
        """Take a disk away; absent is success. Refused if the guest does not let go of it."""

    def grow(self, guest: Guest, disk: Disk, size_gib: int) -> None:
        """Let a running guest see how large its disk has become; repeating it is harmless."""

    def swap(self, guest: Guest, old: Disk, new: Disk) -> None:
        """Copy ``old`` to ``new`` under the running guest and move it over; already moved is success."""

    def rescue(self, guest: Guest, disks: list[Disk], image: RescueImage | None) -> None:
        """Start a stopped guest from a rescue system, its own disks beside it; ``reboot`` hard ends it.

        ``image`` is None for a guest with a local root disk, whose driver has its image.
        """

    def read_disk(self, guest: Guest, target: Path) -> None:
        """Write the guest's local root disk to ``target`` as a raw image. Repeating it starts over."""

    def console(self, guest: Guest) -> str:
        """What the guest wrote to its console since it was last booted."""

    def destroy(self, guest: Guest) -> None:
        """Stop and remove the guest; absent is success."""

    def release_identity(self, guest: Guest) -> None:
        """Give up the storage identity, after ``destroy`` and the last unmap; absent is success.

        Nothing to do for a driver whose identity is made of the guest or of its name.
        """

    def rest_identity(self, guest: Guest) -> bool:
        """The guest is offloaded and nothing is mapped for it: keep its storage identity for its return, or release it.

        Returns whether it was kept; then ``reserve_identity`` finds it again.
        """

    def power_state(self, guest: Guest) -> int:
        """Nova's power state: 0 NOSTATE, 1 RUNNING, 3 PAUSED, 4 SHUTDOWN, 6 CRASHED, 7 SUSPENDED."""


@runtime_checkable
class GuestInventory(Protocol):
    """A driver that can list the guests it made, so that an audit finds those nobody knows any more."""

    def guests_of(self, server_ids: list[str]) -> list[HeldGuest]:
        """Those that exist of these servers; ``Unknown`` if the hypervisor does not answer."""

    def guests_after(self, server_id: str, limit: int) -> list[HeldGuest]:
        """A page in the order of the servers' ids; empty at the end."""


class StartLog(Protocol):
    """Where a driver with several ways to start a guest writes each of them down before it takes it."""

    def tries(self, server_id: str) -> list[Try]:
        """Those of the start under way, oldest first; only the last one can be open."""

    def begin(self, server_id: str, way: str) -> str:
        """On record before anything is started; returns the try's id."""

    def note(self, try_id: str, text: str) -> None:
        """Something to remember of an open try, such as the job that runs it."""

    def end(self, try_id: str, *, is_running: bool, said: str, is_last: bool = False) -> None:
        """What came of it. After a running guest or the last way the start is over: the next one has no tries."""


@runtime_checkable
class KeepsTries(Protocol):
    """A driver that has several ways to start a guest."""

    def keep_tries(self, log: StartLog) -> None:
        """Where to write them down."""


@runtime_checkable
class StateSource(Protocol):
    """A driver that tells by itself when a guest starts or stops.

    What it tells may be late, twice or lost: a slow reconcile asks ``states_of``.
    """

    def watch(self, tell: Callable[[GuestState], None]) -> None:
        """Call ``tell`` from a thread of the driver's own for each change of a guest, until ``close``.

        Returns at once; the driver connects, and connects again, by itself.
        """

    def states_of(self, server_ids: list[str]) -> list[GuestState]:
        """What is now, with as few requests as can be; guests that do not exist or cannot be seen are left out.

        ``Unknown`` if the hypervisor does not answer.
        """


@runtime_checkable
class IdentityInventory(Protocol):
    """A driver whose storage identities exist apart from guests, so that an audit finds those nobody uses any more."""

    def identities_of(self, server_ids: list[str]) -> list[str]:
        """Which of these servers something is held for; ``Unknown`` if the hypervisor does not answer."""

    def identities_after(self, server_id: str, limit: int) -> list[str]:
        """A page in the order of the servers' ids; empty at the end."""
