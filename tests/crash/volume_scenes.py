"""Volume operations as the crash tests play them: what is asked, what goes wrong on purpose, and how it must end."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec

from moorage.drivers.sim.driver import SimDriver
from tests.support.clouds import Cloud

DIRECT_SWAP = "\n[compute]\nallow_direct_swap = true\n"
ALWAYS = 1000


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """One operation on a server with volumes ``a`` and ``b``."""

    kind: str
    begins: tuple[str, str]
    """Statuses of a and b before: whether they are attached."""
    ends: tuple[str, str]
    refused: str = ""
    """The hypervisor's call that is refused however often it is asked."""
    raises: str = ""
    """The step that ends in that refusal, so nothing comes after its work."""
    vm_state: str = "active"
    drivers: tuple[str, ...] = ("sim", "dpm")


ALL = ("sim", "dpm", "dpm-groups")
FREE, USED = "available", "in-use"
SCENES = {
    "attach": Scene(kind="attach_volume", begins=(FREE, FREE), ends=(USED, FREE), drivers=ALL),
    "attach that the hypervisor refuses": Scene(
        kind="attach_volume", begins=(FREE, FREE), ends=(FREE, FREE), refused="plug", raises="plug", drivers=("sim",)
    ),
    "detach": Scene(kind="detach_volume", begins=(USED, FREE), ends=(FREE, FREE), drivers=ALL),
    "detach that the guest refuses": Scene(
        kind="detach_volume", begins=(USED, FREE), ends=(USED, FREE), refused="unplug", drivers=("sim",)
    ),
    "swap": Scene(kind="swap_volume", begins=(USED, FREE), ends=(FREE, USED), drivers=("sim",)),
    "swap that the driver lacks": Scene(
        kind="swap_volume", begins=(USED, FREE), ends=(USED, FREE), drivers=("dpm",)
    ),
    "swap while shelved": Scene(kind="swap_volume", begins=(USED, FREE), ends=(FREE, USED), vm_state="shelved"),
    "swap while shelved that the hypervisor refuses": Scene(
        kind="swap_volume", begins=(USED, FREE), ends=(USED, FREE), refused="unplug", raises="unplug_old",
        vm_state="shelved", drivers=("sim",),
    ),
}  # fmt: skip


class Stage:
    """A server and two volumes of one cloud, for one scene after the other."""

    def __init__(self, site: Cloud) -> None:
        self.site = site
        self.a, self.b = site.volume("a"), site.volume("b")
        self.server = site.server([site.volume("root")])
        site.wait(self.server, "ACTIVE")

    def ask(self, method: str, volume: str = "", other: str = "") -> Any:
        path = f"/servers/{self.server}/os-volume_attachments" + (f"/{volume}" if volume else "")
        body = {"volumeAttachment": {"volumeId": other}} if other else None
        return self.site.moorage.call(method, "compute", path, body, version="2.60", cloud="moorage-admin")

    def attached(self) -> list[str]:
        """Volumes that compute lists, the root aside."""
        found = self.ask("GET").json()["volumeAttachments"]
        return [entry["volumeId"] for entry in found if entry["device"] != "/dev/vda"]

    def statuses(self) -> tuple[str, str]:
        return self.site.volume_status(self.a), self.site.volume_status(self.b)

    def arrange(self, scene: Scene) -> None:
        """Attach and detach until the volumes are as the scene begins: so each is shown to be usable again."""
        for volume, wanted in zip((self.a, self.b), scene.begins, strict=True):
            present = self.site.volume_status(volume)
            if present != wanted:
                answer = self.ask("DELETE", volume) if wanted == FREE else self.ask("POST", other=volume)
                assert answer.status_code in (200, 202), answer.text
        self.site.settle()
        assert self.statuses() == scene.begins
        assert self.site.problems() == []

    def play(self, scene: Scene) -> None:
        """Ask for the operation the scene is about."""
        if scene.kind == "attach_volume":
            answer = self.ask("POST", other=self.a)
        elif scene.kind == "detach_volume":
            answer = self.ask("DELETE", self.a)
        else:
            answer = self.ask("PUT", self.a, self.b)
        assert answer.status_code in (200, 202), answer.text

    @contextlib.contextmanager
    def in_state(self, scene: Scene) -> Iterator[None]:
        """The scene's server state and the hypervisor's refusals, taken back afterwards."""
        faults = None if self.site.hmc else SimDriver(self.site.data_dir / "sim" / "guests.db").faults
        if scene.refused:
            assert faults is not None
            faults.add("refuse", scene.refused, times=ALWAYS)
        if scene.vm_state != "active":
            self._set_vm_state(scene.vm_state)
        yield
        if scene.vm_state != "active":
            self._set_vm_state("active")
        if scene.refused:
            assert faults is not None
            faults.clear()

    def _set_vm_state(self, vm_state: str) -> None:
        """By the record alone: these tests are about the volumes, not about shelving."""
        with contextlib.closing(sqlite3.connect(self.site.data_dir / "moorage.db", timeout=10)) as database, database:
            database.execute("UPDATE servers SET vm_state = ? WHERE id = ?", (vm_state, self.server))
