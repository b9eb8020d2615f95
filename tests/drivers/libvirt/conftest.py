"""One embedded libvirt a test session, as its first look at QEMU takes seconds; guests and volumes are made anew."""

from __future__ import annotations

import contextlib
import functools
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from moorage.compute.model.guest import Disk, Guest
from moorage.drivers.files import FileVolumes
from moorage.drivers.libvirt import LibvirtDriver, LibvirtSettings
from moorage.drivers.libvirt.options import OPTIONS
from tests.support import real_guests
from tests.support.process import eventually
from tests.support.real_guests import LibvirtRoot


class Bench:
    """A driver, volumes for it, and guests that are gone when the test has ended."""

    def __init__(self, driver: LibvirtDriver, volumes: FileVolumes, code: Callable[..., bytes], tmp_path: Path) -> None:
        self.driver = driver
        self.volumes = volumes
        self._code = code
        self._tmp_path = tmp_path
        self.guests: list[Guest] = []

    @property
    def code(self) -> bytes:
        """The tiny guest."""
        return self._code()

    def guest(self, host: str = "k1") -> Guest:
        """Placed, not booted."""
        bare = Guest(id=str(uuid.uuid4()), name="tiny", vcpus=1, memory_mib=64, hosts=[host])
        placed = msgspec.structs.replace(bare, identity=msgspec.to_builtins(self.driver.reserve_identity(bare)))
        self.guests.append(placed)
        return placed

    def volume(self, label: str = "", *, device: str = "/dev/vdb", flags: tuple[str, ...] = ()) -> Disk:
        """A volume of 1 GiB; with a label one that boots."""
        volume_id = str(uuid.uuid4())
        self.volumes.create(volume_id, 1)
        if label:
            image = self._tmp_path / volume_id
            image.write_bytes(real_guests.image(self._code(*flags), label))
            self.volumes.write_image(volume_id, image, "raw")
        return self.disk(volume_id, device if not label else "/dev/vda", 0 if label else None)

    def disk(self, volume_id: str, device: str, boot_index: int | None) -> Disk:
        connection = self.volumes.connect(volume_id, {"host": "test"})
        return Disk(
            volume_id=volume_id, device_name=device, boot_index=boot_index, connection_info=connection,
            size_gib=self.volumes.size_gib(self.volumes.volume_path(volume_id)),
        )  # fmt: skip

    def domain(self, guest: Guest) -> Any:
        """libvirt's view, behind the driver's back."""
        return self.driver._hosts["k1"]._connection.lookupByUUIDString(guest.id)

    def booted(self, label: str = "A", **how: Any) -> tuple[Guest, Disk]:
        guest, root = self.guest(), self.volume(label, **how)
        self.driver.boot(guest, [root])
        return guest, root

    def boots(self, guest: Guest) -> list[tuple[int, str]]:
        return real_guests.boots(self.driver.console(guest))

    def until_booted(self, guest: Guest, count: int, label: str = "A") -> None:
        """Until the guest has said so; its console begins anew at each start."""
        eventually(lambda: (count, label) in self.boots(guest), 20, f"boot {count} of {label}")

    def until_said(self, guest: Guest, text: str) -> None:
        eventually(lambda: text in self.driver.console(guest), 20, f"the guest says {text}")

    def held(self, guest: Guest) -> list[str] | None:
        (found,) = self.driver.guests_of([guest.id])
        return found.volume_ids


@pytest.fixture(scope="session")
def embedded() -> Iterator[LibvirtRoot]:
    real_guests.require()
    with real_guests.embedded() as root:
        yield root


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """The tiny guest's 512 bytes, by assembler flags."""
    directory = tmp_path_factory.mktemp("guest")
    return functools.cache(functools.partial(real_guests.assemble, directory))


class Section:
    """The ``[libvirt]`` section as oslo.config would give it."""

    def __init__(self, **values: Any) -> None:
        for option in OPTIONS:
            setattr(self, option.name, values.get(option.name, option.default))


def settings(directory: Path, uri: str, **values: Any) -> LibvirtSettings:
    quick = {
        "virt_type": "qemu", "num_pcie_ports": 6, "guest_network": "none", "connection_uri": [f"k1={uri}"],
        "device_detach_attempts": 2, "device_detach_timeout": 0.5, "wait_soft_reboot_seconds": 10.0,
    }  # fmt: skip
    return LibvirtSettings.from_section(Section(**{**quick, **values}), "moorage", directory)


@pytest.fixture
def make_driver(embedded: LibvirtRoot, tmp_path: Path) -> Iterator[Callable[..., LibvirtDriver]]:
    """Drivers with settings of their own, on the one embedded libvirt."""
    made: list[LibvirtDriver] = []

    def make(**values: Any) -> LibvirtDriver:
        made.append(LibvirtDriver(settings(tmp_path, embedded.uri, **values)))
        return made[-1]

    yield make
    for driver in made:
        driver.close()


@pytest.fixture(scope="session")
def driver(embedded: LibvirtRoot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibvirtDriver]:
    """One for all tests: a process can open an embedded libvirt no more than about twenty times."""
    made = LibvirtDriver(settings(tmp_path_factory.mktemp("driver"), embedded.uri))
    yield made
    made.close()


@pytest.fixture
def bench(driver: LibvirtDriver, code: Callable[..., bytes], tmp_path: Path) -> Iterator[Bench]:
    made = Bench(driver, FileVolumes("files", tmp_path / "volumes"), code, tmp_path)
    yield made
    for guest in made.guests:
        made.driver.destroy(guest)


@contextlib.contextmanager
def bench_on(uri: str, code: Callable[..., bytes], tmp_path: Path, **values: Any) -> Iterator[Bench]:
    """The same with a driver for a host of its own."""
    driver = LibvirtDriver(settings(tmp_path, uri, **values))
    made = Bench(driver, FileVolumes("files", tmp_path / "volumes"), code, tmp_path)
    try:
        yield made
    finally:
        for guest in made.guests:
            driver.destroy(guest)
        driver.close()
