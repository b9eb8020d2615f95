"""Actions on volumes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from moorage import ids
from moorage.attachments import service as attachments
from moorage.store.tables.operations import action_events, instance_actions
from moorage.volumes.service import migrations, volumes
from tests.api.volumes.conftest import Cloud
from tests.support.process import eventually

CONNECTOR = {"host": "old-client", "wwpns": ["c05076ffe5000011"]}


def test_reserve_and_unreserve(cloud: Cloud) -> None:
    volume = cloud.volume()
    assert cloud.act(volume["id"], "os-reserve").status_code == 202
    assert cloud.get(f"/volumes/{volume['id']}").json()["volume"]["status"] == "attaching"
    assert cloud.act(volume["id"], "os-reserve").status_code == 400
    assert cloud.act(volume["id"], "os-unreserve").status_code == 202
    assert cloud.get(f"/volumes/{volume['id']}").json()["volume"]["status"] == "available"


def test_the_older_way_to_attach_and_detach(cloud: Cloud) -> None:
    volume, server = cloud.volume(volume_type="array"), ids.new()
    cloud.act(volume["id"], "os-reserve")
    answer = cloud.act(volume["id"], "os-initialize_connection", {"connector": CONNECTOR})
    assert answer.status_code == 200, answer.text
    info = answer.json()["connection_info"]
    assert (info["driver_volume_type"], info["data"]["access_mode"]) == ("fibre_channel", "rw")
    assert cloud.masks(volume["id"]) == CONNECTOR["wwpns"]
    body = {"instance_uuid": server, "mountpoint": "/dev/vdc", "mode": "rw"}
    assert cloud.act(volume["id"], "os-attach", body).status_code == 202
    shown = cloud.get(f"/volumes/{volume['id']}").json()["volume"]
    assert shown["status"] == "in-use"
    assert (shown["attachments"][0]["device"], shown["attachments"][0]["server_id"]) == ("/dev/vdc", server)
    assert cloud.act(volume["id"], "os-attach", body).status_code == 202
    assert len(cloud.get("/attachments").json()["attachments"]) == 1
    assert cloud.act(volume["id"], "os-begin_detaching").status_code == 202
    assert cloud.get(f"/volumes/{volume['id']}").json()["volume"]["status"] == "detaching"
    assert cloud.act(volume["id"], "os-begin_detaching").status_code == 400
    assert cloud.act(volume["id"], "os-roll_detaching").status_code == 202
    assert cloud.get(f"/volumes/{volume['id']}").json()["volume"]["status"] == "in-use"
    assert cloud.act(volume["id"], "os-terminate_connection", {"connector": CONNECTOR}).status_code == 202
    assert cloud.masks(volume["id"]) == []
    assert cloud.act(volume["id"], "os-detach", {}).status_code == 202
    assert cloud.get(f"/volumes/{volume['id']}").json()["volume"]["status"] == "available"


def test_what_an_older_client_left_mapped_goes_with_the_volume(cloud: Cloud) -> None:
    volume = cloud.volume(volume_type="array")
    cloud.act(volume["id"], "os-initialize_connection", {"connector": CONNECTOR})
    assert cloud.delete(f"/volumes/{volume['id']}").status_code == 202
    cloud.gone(f"/volumes/{volume['id']}")
    assert cloud.masks(volume["id"]) == []


def test_a_volume_grows(cloud: Cloud) -> None:
    volume = cloud.volume()
    assert cloud.act(volume["id"], "os-extend", {"new_size": 2}).status_code == 202
    assert cloud.settled(f"/volumes/{volume['id']}")["size"] == 2
    path = cloud.world.backends["files"].volume_path(volume["id"])  # type: ignore[attr-defined]
    assert path.stat().st_size == 2 << 30
    for size in (2, 1, 0, None, "x", ""):
        assert cloud.act(volume["id"], "os-extend", {"new_size": size}).status_code == 400, size
    assert cloud.act(ids.new(), "os-extend", {"new_size": 2}).status_code == 404


def test_an_attached_volume_grows_and_its_server_tells(cloud: Cloud) -> None:
    volume, server = cloud.volume(), ids.new()
    with cloud.store.write() as tx:
        row_id = attachments.add_disk(tx, project_id=cloud.project, server_id=server, volume_id=volume["id"])
        attachments.reserve(tx, volume["id"], project_id=cloud.project, server_id=server, row_id=row_id)
        attachments.complete(tx, row_id)
    assert cloud.act(volume["id"], "os-extend", {"new_size": 2}, version="3.41").status_code == 400
    assert cloud.act(volume["id"], "os-extend", {"new_size": 2}, version="3.42").status_code == 202
    assert cloud.settled(f"/volumes/{volume['id']}", "in-use")["size"] == 2

    def finished() -> Any:
        with cloud.store.read() as tx:
            joined = instance_actions.join(action_events, action_events.c.action_id == instance_actions.c.id)
            query = sa.select(instance_actions.c.action, action_events.c.event, action_events.c.result)
            return tx.execute(query.select_from(joined).where(instance_actions.c.server_id == server)).all()

    found = eventually(lambda: [row for row in finished() if row.result])
    assert found == [("extend_volume", "compute_extend_volume", "Success")]


def test_a_failed_extension_shows(cloud: Cloud) -> None:
    volume = cloud.volume(volume_type="array")
    cloud.faults().add("extend", "refuse")
    assert cloud.act(volume["id"], "os-extend", {"new_size": 2}).status_code == 202
    assert cloud.settled(f"/volumes/{volume['id']}", "error_extending")["size"] == 1
    used = cloud.get(f"/os-quota-sets/{cloud.project}?usage=true").json()["quota_set"]["gigabytes"]["in_use"]
    assert used == 1
    assert cloud.delete(f"/volumes/{volume['id']}").status_code == 202


def test_a_volume_becomes_an_image_and_the_image_a_volume(cloud: Cloud, image: Callable[..., str]) -> None:
    volume = cloud.volume(imageRef=image(b"payload", os_distro="test"))
    body = {"image_name": "copy", "force": False, "disk_format": "raw", "container_format": "bare"}
    answer = cloud.act(volume["id"], "os-volume_upload_image", body, version="3.0")
    assert answer.status_code == 202, answer.text
    shown = answer.json()["os-volume_upload_image"]
    assert (shown["id"], shown["status"], shown["image_name"]) == (volume["id"], "uploading", "copy")
    cloud.settled(f"/volumes/{volume['id']}")
    headers = {"X-Auth-Token": f"member:{cloud.project}"}
    made = cloud.client.get(f"/image/v2/images/{shown['image_id']}", headers=headers).json()
    assert (made["status"], made["size"], made["os_distro"]) == ("active", 1 << 30, "test")
    again = cloud.volume(imageRef=shown["image_id"])
    path = cloud.world.backends["files"].volume_path(again["id"])  # type: ignore[attr-defined]
    assert path.open("rb").read(8) == b"payload\0"


def test_a_format_that_cannot_be_made_is_refused(cloud: Cloud) -> None:
    volume = cloud.volume()
    body = {"image_name": "copy", "disk_format": "vmdk"}
    assert cloud.act(volume["id"], "os-volume_upload_image", body).status_code == 400
    assert cloud.get(f"/volumes/{volume['id']}").json()["volume"]["status"] == "available"


def test_flags(cloud: Cloud) -> None:
    path = f"/volumes/{(volume := cloud.volume())['id']}"
    answer = cloud.act(volume["id"], "os-set_bootable", {"bootable": "True"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert cloud.get(path).json()["volume"]["bootable"] == "true"
    assert cloud.act(volume["id"], "os-set_bootable", {"bootable": "perhaps"}).status_code == 400
    assert cloud.act(volume["id"], "os-update_readonly_flag", {"readonly": True}).status_code == 202
    assert cloud.get(path).json()["volume"]["metadata"] == {"readonly": "True"}
    assert cloud.act(volume["id"], "os-update_readonly_flag", {"readonly": False}).status_code == 202
    assert cloud.get(path).json()["volume"]["metadata"] == {"readonly": "False"}
    assert cloud.get(f"{path}/metadata").json() == {"metadata": {}}


def test_image_metadata_is_set_shown_and_unset(cloud: Cloud) -> None:
    volume = cloud.volume()
    answer = cloud.act(volume["id"], "os-set_image_metadata", {"metadata": {"image_name": "n", "kernel_id": "k"}})
    assert answer.json() == {"metadata": {"image_name": "n", "kernel_id": "k"}}
    assert cloud.act(volume["id"], "os-unset_image_metadata", {"key": "kernel_id"}).status_code == 200
    assert cloud.act(volume["id"], "os-unset_image_metadata", {"key": "kernel_id"}).status_code == 404
    assert cloud.act(volume["id"], "os-show_image_metadata", {}).json() == {"metadata": {"image_name": "n"}}


def test_retype_to_another_backend_needs_the_migration_policy(cloud: Cloud) -> None:
    volume = cloud.volume()
    assert cloud.act(volume["id"], "os-retype", {"new_type": "files"}).status_code == 202
    assert cloud.get(f"/volumes/{volume['id']}").json()["volume"]["volume_type"] == "files"
    assert cloud.act(volume["id"], "os-retype", {"new_type": "none"}).status_code == 404
    for wanted, policy, text in [("files", "on-demand", "same as original"), ("array", "never", "another backend")]:
        answer = cloud.act(volume["id"], "os-retype", {"new_type": wanted, "migration_policy": policy})
        assert answer.status_code == 400
        assert text in answer.text
    assert (
        cloud.act(volume["id"], "os-retype", {"new_type": "array", "migration_policy": "on-demand"}).status_code == 202
    )
    shown = eventually(lambda: moved(cloud, volume["id"]))
    assert shown["volume_type"] == "array"


def moved(cloud: Cloud, volume_id: str) -> Any:
    """The volume as an admin sees it, once its migration has come to an end."""
    shown = cloud.get(f"/volumes/{volume_id}", role="admin").json()["volume"]
    return shown if shown["migration_status"] in ("success", "error") else None


def test_moving_a_volume_is_refused_with_the_reason(cloud: Cloud) -> None:
    volume = cloud.volume()
    for value, text in [
        ({"host": "moorage@files#files"}, "must be different"), ({"host": "x@y#z"}, "No available service"),
        ({}, "needs a host"), ({"host": "moorage@array", "lock_volume": "perhaps"}, "not a boolean"),
    ]:  # fmt: skip
        answer = cloud.act(volume["id"], "os-migrate_volume", value, role="admin")
        assert answer.status_code == 400
        assert text in answer.text
    assert cloud.act(volume["id"], "os-migrate_volume", {"host": "moorage@array"}).status_code == 403
    kept = cloud.volume()
    body = {"snapshot": {"volume_id": kept["id"]}}
    assert cloud.post("/snapshots", body).status_code == 202
    refused = cloud.act(kept["id"], "os-migrate_volume", {"host": "moorage@array"}, role="admin")
    assert (refused.status_code, "have snapshots" in refused.text) == (400, True)


def test_a_target_that_is_left_keeps_the_volume_from_moving_and_is_neither_seen_nor_paid_for(cloud: Cloud) -> None:
    volume = cloud.volume()
    with cloud.store.write() as tx:
        found = volumes.get(tx, volume["id"])
        migrations.begin(tx, found, {"id": ids.new(), "backend": "array"}, "maintenance")
        target = migrations.target_of(tx, found.id)
        assert target is not None
    assert cloud.get(f"/volumes/{target.id}").status_code == 404
    assert cloud.get(f"/volumes/{target.id}", role="admin").status_code == 200
    assert [v["id"] for v in cloud.get("/volumes").json()["volumes"]] == [volume["id"]]
    used = cloud.get(f"/os-quota-sets/{cloud.project}?usage=true", role="admin").json()["quota_set"]
    assert (used["volumes"]["in_use"], used["gigabytes"]["in_use"]) == (1, 1)
    for each in (volume["id"], target.id):
        answer = cloud.act(each, "os-reset_status", {"migration_status": "none"}, role="admin")
        assert answer.status_code == 400
    with cloud.store.write() as tx:
        migrations.fail(tx, volume["id"])
        volumes.update(tx, volume["id"], status="available")
    refused = cloud.act(volume["id"], "os-migrate_volume", {"host": "moorage@array"}, role="admin")
    assert (refused.status_code, "must not be migrating" in refused.text) == (400, True)


def test_reset_status_is_for_admins_and_forgets_no_mapping(cloud: Cloud) -> None:
    volume = cloud.volume(volume_type="array")
    assert cloud.act(volume["id"], "os-reset_status", {"status": "error"}).status_code == 403
    assert cloud.act(volume["id"], "os-reset_status", {"status": "error"}, role="admin").status_code == 202
    assert cloud.get(f"/volumes/{volume['id']}").json()["volume"]["status"] == "error"
    for wanted in ({}, {"status": "bogus"}, {"status": "in-use"}, {"status": "deleting"}, {"attach_status": "x"}):
        assert cloud.act(volume["id"], "os-reset_status", wanted, role="admin").status_code == 400
    cloud.act(volume["id"], "os-reset_status", {"status": "available"}, role="admin")
    cloud.attachment(volume["id"], instance_uuid=ids.new(), connector=CONNECTOR)
    answer = cloud.act(volume["id"], "os-reset_status", {"attach_status": "detached"}, role="admin")
    assert answer.status_code == 400
    assert cloud.masks(volume["id"]) == CONNECTOR["wwpns"]


@pytest.mark.parametrize("body", [{}, {"os-nothing": None}, {"os-reserve": None, "os-unreserve": None}])
def test_what_is_no_action_is_400(cloud: Cloud, body: dict[str, object]) -> None:
    assert cloud.post(f"/volumes/{cloud.volume()['id']}/action", body).status_code == 400


def test_readers_may_not_act(cloud: Cloud) -> None:
    volume = cloud.volume()
    assert cloud.act(volume["id"], "os-extend", {"new_size": 2}, role="reader").status_code == 403


def test_a_volume_is_filled_anew_from_another_image(cloud: Cloud, image: Callable[..., str]) -> None:
    volume = cloud.volume(imageRef=image(b"old content"))
    body = {"image_id": image(b"new", name="second")}
    assert cloud.act(volume["id"], "os-reimage", body, version="3.67").status_code == 400
    assert cloud.act(volume["id"], "os-reimage", body).status_code == 202
    shown = cloud.settled(f"/volumes/{volume['id']}")
    assert shown["volume_image_metadata"]["image_name"] == "second"
    path = cloud.world.backends["files"].volume_path(volume["id"])  # type: ignore[attr-defined]
    assert path.open("rb").read(4) == b"new\0"
    cloud.attachment(volume["id"], instance_uuid=ids.new())
    assert cloud.act(volume["id"], "os-reimage", body).status_code == 400
    assert cloud.act(volume["id"], "os-reimage", {**body, "reimage_reserved": True}).status_code == 202
    cloud.settled(f"/volumes/{volume['id']}", "reserved")
    assert cloud.act(volume["id"], "os-reimage", {**body, "image_id": image(min_disk=9)}).status_code == 400
