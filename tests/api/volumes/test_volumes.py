"""Volumes through the API, on a real files backend with real operations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.api.volumes.conftest import OTHER, Cloud

BASE = {
    "id", "name", "description", "status", "size", "availability_zone", "bootable", "encrypted", "multiattach",
    "volume_type", "snapshot_id", "source_volid", "consistencygroup_id", "replication_status", "metadata", "links",
    "user_id", "created_at", "updated_at", "attachments",
}  # fmt: skip
MISSING = "6f1c1f0e-6d6f-4f72-8167-655f69647000"


def test_a_volume_is_created_shown_and_deleted(cloud: Cloud) -> None:
    answer = cloud.post("/volumes", {"volume": {"size": 1, "name": " naïve ", "metadata": {"k": "v"}}})
    assert answer.status_code == 202
    made = answer.json()["volume"]
    assert (made["name"], made["status"], made["metadata"]) == ("naïve", "creating", {"k": "v"})
    shown = cloud.settled(f"/volumes/{made['id']}")
    assert (shown["bootable"], shown["volume_type"], shown["size"]) == ("false", "__DEFAULT__", 1)
    assert cloud.world.backends["files"].require_volume(made["id"]).stat().st_size == 1 << 30  # type: ignore[attr-defined]
    assert cloud.delete(f"/volumes/{made['id']}").status_code == 202
    cloud.gone(f"/volumes/{made['id']}")
    assert not cloud.world.backends["files"].volume_path(made["id"]).exists()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("version", "added"),
    [
        ("3.0", set()),
        ("3.13", {"group_id"}),
        ("3.21", {"group_id"}),
        ("3.48", {"group_id", "service_uuid", "shared_targets"}),
        ("3.63", {"group_id", "service_uuid", "shared_targets", "volume_type_id"}),
        ("3.71", {"group_id", "service_uuid", "shared_targets", "volume_type_id", "consumes_quota"}),
    ],
)
def test_field_sets_follow_the_microversion(cloud: Cloud, version: str, added: set[str]) -> None:
    made = cloud.post("/volumes", {"volume": {"size": 1}}, version=version).json()["volume"]
    assert set(made) == BASE | added
    shown = cloud.get(f"/volumes/{made['id']}", version=version).json()["volume"]
    assert set(shown) == BASE | added | {"os-vol-tenant-attr:tenant_id"}


def test_admins_see_where_a_volume_is(cloud: Cloud) -> None:
    volume = cloud.volume()
    shown = cloud.get(f"/volumes/{volume['id']}", role="admin").json()["volume"]
    more = {
        "migration_status",
        "os-vol-host-attr:host",
        "os-vol-mig-status-attr:migstat",
        "provider_id",
        "cluster_name",
    }
    assert more <= set(shown)
    assert shown["os-vol-host-attr:host"] == "moorage@files#files"


def test_another_projects_volume_is_not_there(cloud: Cloud) -> None:
    path = f"/volumes/{cloud.volume()['id']}"
    assert cloud.get(path, project=OTHER).status_code == 404
    assert cloud.delete(path, project=OTHER).status_code == 404
    assert cloud.get("/volumes/no-uuid").status_code == 404
    assert cloud.get(path, role="admin", project=OTHER).status_code == 200
    assert cloud.delete(path, role="reader").status_code == 403


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"size": None}, {"size": ""}, {"size": 0}, {"size": -1}, {"size": "one"}, {"size": 1.5}, {"size": 1 << 40},
        {"size": 1, "name": "n" * 256}, {"size": 1, "unknown": 1}, {"size": 1, "metadata": {"": "v"}},
        {"size": 1, "metadata": {"k": "v" * 256}}, {"size": 1, "availability_zone": "mars"},
        {"size": 1, "imageRef": MISSING}, {"size": 1, "snapshot_id": "x"}, {"size": 1, "multiattach": True},
    ],
)  # fmt: skip
def test_bad_requests_are_400_and_change_nothing(cloud: Cloud, fields: dict[str, object]) -> None:
    answer = cloud.post("/volumes", {"volume": fields})
    assert answer.status_code == 400, answer.text
    assert answer.json()["badRequest"]["message"]
    assert cloud.get("/volumes").json() == {"volumes": []}


@pytest.mark.parametrize("field", ["snapshot_id", "source_volid"])
def test_an_unknown_source_is_404(cloud: Cloud, field: str) -> None:
    assert cloud.post("/volumes", {"volume": {"size": 1, field: MISSING}}).status_code == 404
    assert cloud.post("/volumes", {"volume": {"size": 1, "volume_type": "none"}}).status_code == 404


def test_older_clients_may_send_unknown_fields_and_sizes_as_text(cloud: Cloud) -> None:
    body = {"volume": {"size": "2", "display_name": "old", "attach_status": "detached", "source_replica": None}}
    answer = cloud.post("/volumes", body, version="3.0")
    assert answer.status_code == 202, answer.text
    assert (answer.json()["volume"]["size"], answer.json()["volume"]["name"]) == (2, "old")


def test_a_volume_from_an_image_holds_its_bytes_and_is_bootable(cloud: Cloud, image: Callable[..., str]) -> None:
    image_id = image(b"boot me", min_disk=1, hw_disk_bus="virtio")
    volume = cloud.volume(imageRef=image_id)
    assert volume["bootable"] == "true"
    about = volume["volume_image_metadata"]
    assert (about["image_id"], about["image_name"], about["hw_disk_bus"]) == (image_id, "img", "virtio")
    assert {"checksum", "container_format", "disk_format", "min_disk", "min_ram", "size"} <= set(about)
    path = cloud.world.backends["files"].volume_path(volume["id"])  # type: ignore[attr-defined]
    assert path.open("rb").read(8) == b"boot me\0"
    snapshot = cloud.snapshot(volume["id"])
    again = cloud.volume(snapshot_id=snapshot["id"])
    assert again["volume_image_metadata"] == about
    assert again["bootable"] == "true"
    clone = cloud.volume(source_volid=again["id"], size=2)
    assert cloud.world.backends["files"].volume_path(clone["id"]).open("rb").read(8) == b"boot me\0"  # type: ignore[attr-defined]


def test_an_image_that_does_not_fit_or_is_not_active_is_refused(cloud: Cloud, image: Callable[..., str]) -> None:
    large = image(min_disk=2)
    answer = cloud.post("/volumes", {"volume": {"size": 1, "imageRef": large}})
    assert answer.status_code == 400
    assert "minDisk size 2GB" in answer.text
    headers = {"X-Auth-Token": f"admin:{cloud.project}"}
    cloud.client.post(f"/image/v2/images/{large}/actions/deactivate", headers=headers)
    answer = cloud.post("/volumes", {"volume": {"size": 3, "imageRef": large}})
    assert answer.status_code == 400
    assert "is not active" in answer.text
    assert cloud.get("/volumes").json()["volumes"] == []


def test_an_image_that_vanishes_leaves_the_volume_in_error_with_a_message(
    cloud: Cloud, image: Callable[..., str]
) -> None:
    image_id = image(disk_format="vhd")
    made = cloud.post("/volumes", {"volume": {"size": 1, "imageRef": image_id}}).json()["volume"]
    cloud.settled(f"/volumes/{made['id']}", "error")
    (message,) = cloud.get("/messages").json()["messages"]
    assert message["resource_uuid"] == made["id"]
    assert "vhd" in message["user_message"]
    assert not cloud.world.backends["files"].volume_path(made["id"]).exists()  # type: ignore[attr-defined]
    assert cloud.delete(f"/volumes/{made['id']}").status_code == 202
    cloud.gone(f"/volumes/{made['id']}")
    assert cloud.delete(f"/messages/{message['id']}").status_code == 204


def test_update_changes_name_description_and_metadata(cloud: Cloud) -> None:
    path = f"/volumes/{cloud.volume(name='a', metadata={'k': 'v'})['id']}"
    answer = cloud.put(path, {"volume": {"name": "b", "metadata": {"n": "m"}}})
    assert answer.status_code == 200
    assert "os-vol-tenant-attr:tenant_id" not in answer.json()["volume"]
    shown = cloud.get(path).json()["volume"]
    assert (shown["name"], shown["metadata"], shown["description"]) == ("b", {"n": "m"}, None)
    assert cloud.put(path, {"volume": {}}).status_code == 400
    assert cloud.put(path, {"volume": {"size": 3}}).status_code == 400
    assert cloud.put(f"/volumes/{MISSING}", {"volume": {"name": "b"}}).status_code == 404


def test_metadata_is_merged_replaced_and_removed(cloud: Cloud) -> None:
    path = f"/volumes/{cloud.volume()['id']}/metadata"
    assert cloud.post(path, {"metadata": {"a": "1", "b": "2"}}).json() == {"metadata": {"a": "1", "b": "2"}}
    assert cloud.post(path, {"metadata": {"b": "3"}}).json() == {"metadata": {"a": "1", "b": "3"}}
    assert cloud.put(path, {"metadata": {"c": "4"}}).json() == {"metadata": {"c": "4"}}
    assert cloud.put(f"{path}/c", {"meta": {"c": "5"}}).json() == {"meta": {"c": "5"}}
    assert cloud.get(f"{path}/c").json() == {"meta": {"c": "5"}}
    assert cloud.put(f"{path}/c", {"meta": {"d": "5"}}).status_code == 400
    assert cloud.delete(f"{path}/c").status_code == 200
    assert cloud.get(f"{path}/c").status_code == 404
    assert cloud.get(path).json() == {"metadata": {}}


def test_a_volume_with_snapshots_goes_only_with_cascade(cloud: Cloud) -> None:
    volume = cloud.volume()
    snapshot = cloud.snapshot(volume["id"])
    answer = cloud.delete(f"/volumes/{volume['id']}")
    assert answer.status_code == 400
    assert "have snapshots" in answer.json()["badRequest"]["message"]
    assert cloud.delete(f"/volumes/{volume['id']}?cascade=true").status_code == 202
    cloud.gone(f"/volumes/{volume['id']}")
    assert cloud.get(f"/snapshots/{snapshot['id']}").status_code == 404


def test_force_delete_is_for_admins(cloud: Cloud) -> None:
    volume = cloud.volume()
    assert cloud.delete(f"/volumes/{volume['id']}?force=true").status_code == 403
    assert cloud.act(volume["id"], "os-reset_status", {"status": "maintenance"}, role="admin").status_code == 202
    assert cloud.delete(f"/volumes/{volume['id']}").status_code == 400
    assert cloud.act(volume["id"], "os-force_delete", {}, role="member").status_code == 403
    assert cloud.act(volume["id"], "os-force_delete", {}, role="admin").status_code == 202
    cloud.gone(f"/volumes/{volume['id']}")


def test_over_quota_is_413_with_retry_after(cloud: Cloud) -> None:
    cloud.put(f"/os-quota-sets/{cloud.project}", {"quota_set": {"volumes": 1, "gigabytes": 2}}, role="admin")
    answer = cloud.post("/volumes", {"volume": {"size": 3}})
    assert answer.status_code == 413
    assert answer.headers["retry-after"] == "0"
    assert answer.json()["overLimit"]["retryAfter"] == "0"
    assert "Requested 3G, quota is 2G and 0G has been consumed." in answer.json()["overLimit"]["message"]
    volume = cloud.volume()
    answer = cloud.post("/volumes", {"volume": {"size": 1}})
    assert "Maximum number of volumes allowed (1) exceeded for quota 'volumes'." in answer.text
    assert cloud.act(volume["id"], "os-extend", {"new_size": 3}).status_code == 413
    assert cloud.post("/snapshots", {"snapshot": {"volume_id": volume["id"]}}).status_code == 202
    assert cloud.post("/snapshots", {"snapshot": {"volume_id": volume["id"]}}).status_code == 413


def test_the_project_id_may_stand_in_the_path(cloud: Cloud) -> None:
    project = "0" * 32
    assert cloud.ask("GET", f"/{project}/volumes", project=project, version="3.0").json() == {"volumes": []}


def test_microversions_are_confirmed_and_bounded(cloud: Cloud) -> None:
    answer = cloud.get("/volumes", version="3.50")
    assert answer.headers["openstack-api-version"] == "volume 3.50"
    assert answer.headers["vary"] == "OpenStack-API-Version"
    refused = cloud.get("/volumes", version="3.72")
    assert refused.status_code == 406
    assert "computeFault" in refused.json()
    assert cloud.get("/attachments", version="3.26").status_code == 404


def test_version_documents_need_no_token(cloud: Cloud) -> None:
    for path, status in [("/volume/", 300), ("/volume/v3", 200), ("/volume/v3/", 200)]:
        answer = cloud.client.get(path, follow_redirects=False)
        assert answer.status_code == status
        (version,) = answer.json()["versions"]
        assert (version["version"], version["min_version"]) == ("3.71", "3.0")
        assert version["links"][-1]["href"] == "http://moorage.test/volume/v3/"
