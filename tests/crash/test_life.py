"""kill -9 at every step of the operations between create and delete: each finishes, and nothing is left over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.crash.test_kill_at_every_step import cells
from tests.support import invariants
from tests.support.clouds import Cloud, cloud
from tests.support.process import eventually

_IMAGE = {"name": "root", "disk_format": "raw", "container_format": "bare"}
_CELLS = [("sim", "after"), ("sim", "before"), ("dpm", "after")]
_ACTIONS: list[tuple[str, str, Any, str, str, bool]] = [
    ("rebuild", "rebuild", {"imageRef": "{image}"}, "2.93", "active", True),
    ("create_image", "createImage", {"name": "x"}, "2.45", "active", True),
    ("resize", "resize", {"flavorRef": "2"}, "2.1", "resized", True),
    ("shelve", "shelve", None, "2.1", "shelved_offloaded", False),
    ("rescue", "rescue", {}, "2.1", "rescued", False),
    ("suspend", "suspend", None, "2.1", "suspended", True),
]
"""Kind, action, its value, microversion, the vm_state it leads to, and whether the root is a volume."""


def upload(site: Cloud) -> str:
    made = site.moorage.call("POST", "image", "/v2/images", _IMAGE)
    image: str = made.json()["id"]
    put = site.moorage.session().put(
        f"/v2/images/{image}/file", data=b"root" * 4096, headers={"Content-Type": "application/octet-stream"},
        endpoint_filter={"service_type": "image", "interface": "public"},
    )  # fmt: skip
    assert put.status_code == 204
    return image


def server_on(site: Cloud, image: str, *, has_volume: bool) -> str:
    if has_volume:
        server = site.server([site.volume(), site.volume()], delete_on_termination=True)
    else:
        body = {"server": {"name": "local", "flavorRef": "1", "imageRef": image, "networks": "none"}}
        server = str(site.moorage.call("POST", "compute", "/servers", body, version="2.67").json()["server"]["id"])
    site.wait(server, "ACTIVE")
    site.settle()
    return server


def ends_in(site: Cloud, server: str, vm_state: str) -> None:
    eventually(lambda: site.show(server)["OS-EXT-STS:vm_state"] == vm_state, what=f"{server} {vm_state}")
    site.settle()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("case", "driver", "when"),
    [(case, *cell) for case in _ACTIONS for cell in (_CELLS if case[0] == "rebuild" else _CELLS[:1])],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_each_operation_killed_at_every_step_finishes(tmp_path: Path, case: Any, driver: str, when: str) -> None:
    """Rebuild, which writes a volume, in all ways; the others killed after each step's work, on sim."""
    with cloud(tmp_path, driver) as site:
        site.lift_quotas()
        _kill_at_every_step(site, when, *case)


def _kill_at_every_step(
    site: Cloud, when: str, kind: str, action: str, value: Any, version: str, vm_state: str, has_volume: bool
) -> None:
    image = upload(site)
    if value and "imageRef" in value:
        value = {"imageRef": image}
    server = server_on(site, image, has_volume=has_volume)
    site.steps()
    assert site.act(server, action, value, version=version).status_code in (200, 202)
    site.settle()
    ends_in(site, server, vm_state)
    todo = cells(site.steps(), kind)
    assert len(todo) >= 2, todo
    for step, skip in todo:
        if vm_state != "active":  # it has to begin with an active one
            site.delete(server)
            site.wait(server, "GONE")
            server = server_on(site, image, has_volume=has_volume)
        site.kill_at(kind, step, when, skip)
        assert site.act(server, action, value, version=version).status_code in (200, 202)
        site.moorage.wait_dead()
        site.moorage.start()
        site.settle()
        ends_in(site, server, vm_state)
        assert site.problems() == [], f"killed {when} {step}#{skip}"
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []


def snapshots(site: Cloud) -> list[dict[str, Any]]:
    return invariants.rows(site.data_dir / "moorage.db", "SELECT * FROM snapshots")


def test_an_image_that_cannot_be_made_leaves_no_snapshot_and_no_image(tmp_path: Path) -> None:
    with cloud(tmp_path, "sim") as site:
        server = site.server([site.volume(), site.volume()])
        site.wait(server, "ACTIVE")
        site.array_faults.add("create_snapshot", "slow")
        site.array_faults.add("create_snapshot", "refuse")
        made = site.act(server, "createImage", {"name": "x"}, version="2.45")
        site.settle()
        assert snapshots(site) == []
        assert site.moorage.call("GET", "image", f"/v2/images/{made.json()['image_id']}").status_code == 404
        assert site.problems() == []
        actions = site.moorage.call("GET", "compute", f"/servers/{server}/os-instance-actions").json()
        assert (actions["instanceActions"][0]["action"], actions["instanceActions"][0]["message"]) == (
            "createImage", "Error",
        )  # fmt: skip


def test_a_rebuild_that_storage_refuses_ends_in_error_keeps_its_volumes_and_can_be_asked_for_again(
    tmp_path: Path,
) -> None:
    with cloud(tmp_path, "sim") as site:
        image = upload(site)
        server = site.server([site.volume()])
        site.wait(server, "ACTIVE")
        site.array_faults.add("write_image", "refuse")
        assert site.act(server, "rebuild", {"imageRef": image}, version="2.93").status_code == 202
        site.wait(server, "ERROR")
        site.settle()
        assert site.problems() == []
        assert "fault" in site.show(server)
        assert site.act(server, "rebuild", {"imageRef": image}, version="2.93").status_code == 202
        site.wait(server, "ACTIVE")
        site.settle()
        assert site.problems() == []
