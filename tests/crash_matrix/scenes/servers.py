"""Operations on a server: create to delete, power, shelve, rebuild."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.crash_matrix.scene import DRIVERS, WITH_GUESTS, Scene
from tests.support.clouds import Cloud
from tests.support.process import eventually

_IMAGE = {"name": "root", "disk_format": "raw", "container_format": "bare"}
_SIM = ("sim",)
_SHARED = ("sim", "libvirt")


def image(site: Cloud) -> str:
    """An active image with some content."""
    made: str = site.moorage.call("POST", "image", "/v2/images", _IMAGE).json()["id"]
    put = site.moorage.session().put(
        f"/v2/images/{made}/file", data=b"root" * 4096, headers={"Content-Type": "application/octet-stream"},
        endpoint_filter={"service_type": "image", "interface": "public"},
    )  # fmt: skip
    assert put.status_code == 204, put.text
    return made


def volumes_for_server(site: Cloud) -> list[str]:
    return [site.volume(), site.volume()]


def server(site: Cloud) -> str:
    """One that boots from a volume and has a data volume; both go with it."""
    made = site.server(volumes_for_server(site), delete_on_termination=True)
    site.wait(made, "ACTIVE")
    site.settle()
    return made


def local_server(site: Cloud) -> str:
    body = {"name": "local", "flavorRef": "1", "imageRef": image(site), "networks": "none"}
    made = str(
        site.moorage.call("POST", "compute", "/servers", {"server": body}, version="2.67").json()["server"]["id"]
    )
    site.wait(made, "ACTIVE")
    site.settle()
    return made


def remove(site: Cloud, made: str) -> None:
    for snapshot in site.rows("SELECT id FROM snapshots"):  # a volume that has some would stay
        site.moorage.call("DELETE", "block-storage", f"/snapshots/{snapshot['id']}")
    site.delete(made)
    site.wait(made, "GONE")
    site.settle()


def state(site: Cloud, made: str) -> str:
    shown = site.show(made)
    return str(shown.get("OS-EXT-STS:vm_state", "gone"))


def act(action: str, value: Any = None, version: str = "2.1") -> Callable[[Cloud, str], None]:
    def play(site: Cloud, made: str) -> None:
        given = {"imageRef": image(site)} if value == "image" else value
        answer = site.act(made, action, given, version=version)
        assert answer.status_code in (200, 202), answer.text

    return play


def after(*steps: tuple[str, Any, str], of: Callable[[Cloud], str] = server) -> Callable[[Cloud], str]:
    """A server that has been through actions, each with the vm_state it leads to."""

    def arrange(site: Cloud) -> str:
        made = of(site)
        for action, value, vm_state in steps:
            act(action, value)(site, made)
            eventually(lambda wanted=vm_state: state(site, made) == wanted, what=f"{made} {vm_state}")
            site.settle()
        return made

    return arrange


def action(
    kind: str, name: str, value: Any = None, version: str = "2.1", *,
    arrange: Callable[[Cloud], str] = server, drivers: tuple[str, ...] = DRIVERS,
) -> Scene:  # fmt: skip
    return Scene(
        name=kind, kind=kind, arrange=arrange, play=act(name, value, version), end=state, clear=remove,
        drivers=drivers,
    )  # fmt: skip


class _Booting:
    """A root volume, and once it was asked for the server that boots from it."""

    def __init__(self, root: str) -> None:
        self.root, self.server = root, ""


def _boot(site: Cloud, booting: _Booting) -> None:
    booting.server = site.server([booting.root], with_blank=True)


def _refused_boot(site: Cloud, booting: _Booting) -> None:
    site.array_faults.add("connect", "slow")
    site.array_faults.add("connect", "refuse")
    _boot(site, booting)


def _unboot(site: Cloud, booting: _Booting) -> None:
    remove(site, booting.server)
    deleted = site.moorage.call("DELETE", "block-storage", f"/volumes/{booting.root}")
    assert deleted.status_code == 202, deleted.text
    site.settle()


def _booted(site: Cloud, booting: _Booting) -> str:
    return f"{state(site, booting.server)}, root volume {site.volume_status(booting.root)}"


def _delete(site: Cloud, made: str) -> None:
    site.delete(made)


def _nothing(site: Cloud, made: str) -> None:
    if site.show(made)["status"] != "GONE":
        remove(site, made)


def _force(site: Cloud, made: str) -> None:
    answer = site.act(made, "forceDelete")
    assert answer.status_code in (202, 404), answer.text
    site.wait(made, "GONE")
    site.settle()


BOOT = Scene(
    name="boot", kind="boot", arrange=lambda site: _Booting(site.volume()), play=_boot, end=_booted, clear=_unboot,
    drivers=WITH_GUESTS,
)  # fmt: skip
SCENES = [
    BOOT,
    Scene(
        name="boot that storage refuses", kind="boot", arrange=lambda site: _Booting(site.volume()),
        play=_refused_boot, end=_booted, clear=_unboot,
    ),
    Scene(name="destroy", kind="destroy", arrange=server, play=_delete, end=state, clear=_nothing, drivers=WITH_GUESTS),
    action("stop", "os-stop", drivers=WITH_GUESTS),
    action("start", "os-start", arrange=after(("os-stop", None, "stopped")), drivers=WITH_GUESTS),
    action("reboot", "reboot", {"type": "HARD"}, drivers=WITH_GUESTS),
    action("shelve_offload", "shelve", drivers=WITH_GUESTS),
    action("unshelve", "unshelve", arrange=after(("shelve", None, "shelved_offloaded")), drivers=WITH_GUESTS),
    action("rebuild", "rebuild", "image", "2.93"),
    action("create_image", "createImage", {"name": "x"}, "2.45"),
    action("pause", "pause", drivers=_SIM),
    action("unpause", "unpause", arrange=after(("pause", None, "paused")), drivers=_SIM),
    action("suspend", "suspend", drivers=_SHARED),
    action("resume", "resume", arrange=after(("suspend", None, "suspended")), drivers=_SHARED),
    action("rescue", "rescue", {}, arrange=local_server, drivers=_SIM),
    action("unrescue", "unrescue", arrange=after(("rescue", {}, "rescued"), of=local_server), drivers=_SIM),
    action("resize", "resize", {"flavorRef": "2"}, drivers=_SIM),
    action("revert_resize", "revertResize", arrange=after(("resize", {"flavorRef": "2"}, "resized")), drivers=_SIM),
    action("shelve", "shelve", arrange=local_server, drivers=_SIM),
    action(
        "create_backup", "createBackup", {"name": "b", "backup_type": "daily", "rotation": 1}, arrange=local_server,
        drivers=_SIM,
    ),
    Scene(
        name="soft_delete", kind="soft_delete", arrange=server, play=_delete, end=state, drivers=_SIM,
        clear=_force, options="reclaim_instance_interval = 3600\n",
    ),
]  # fmt: skip
