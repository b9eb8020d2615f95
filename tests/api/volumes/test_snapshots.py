"""Snapshots through the API."""

from __future__ import annotations

from moorage import ids
from tests.api.volumes.conftest import OTHER, Cloud

BASE = {"id", "name", "status", "size", "volume_id", "description", "metadata", "created_at", "updated_at"}
DETAIL = BASE | {"os-extended-snapshot-attributes:progress", "os-extended-snapshot-attributes:project_id"}
LATER = {"group_snapshot_id", "user_id", "consumes_quota"}


def test_a_snapshot_is_made_shown_changed_and_deleted(cloud: Cloud) -> None:
    volume = cloud.volume()
    answer = cloud.post("/snapshots", {"snapshot": {"volume_id": volume["id"], "name": "s", "metadata": {"a": "b"}}})
    assert answer.status_code == 202
    made = answer.json()["snapshot"]
    assert set(made) == BASE | LATER
    assert made["status"] == "creating"
    path = f"/snapshots/{made['id']}"
    shown = cloud.settled(path)
    assert set(shown) == DETAIL | LATER
    assert shown["os-extended-snapshot-attributes:progress"] == "100%"
    assert set(cloud.get(path, version="3.0").json()["snapshot"]) == DETAIL
    assert cloud.put(path, {"snapshot": {"name": "t"}}).json()["snapshot"]["name"] == "t"
    assert cloud.put(path, {"snapshot": {}}).status_code == 400
    assert cloud.get(path, project=OTHER).status_code == 404
    assert cloud.delete(path).status_code == 202
    cloud.gone(path)
    assert not cloud.world.backends["files"].snapshot_path(made["id"]).exists()  # type: ignore[attr-defined]


def test_an_attached_volume_needs_force_until_it_is_implied(cloud: Cloud) -> None:
    volume = cloud.volume()
    made = cloud.attachment(volume["id"], instance_uuid=ids.new())
    cloud.post(f"/attachments/{made['id']}/action", {"os-complete": None})
    body = {"volume_id": volume["id"]}
    assert cloud.post("/snapshots", {"snapshot": body}, version="3.65").status_code == 400
    assert cloud.post("/snapshots", {"snapshot": {**body, "force": False}}).status_code == 400
    assert cloud.post("/snapshots", {"snapshot": {**body, "force": True}}, version="3.65").status_code == 202
    assert cloud.post("/snapshots", {"snapshot": body}, version="3.66").status_code == 202


def test_bad_requests(cloud: Cloud) -> None:
    assert cloud.post("/snapshots", {"snapshot": {}}).status_code == 400
    assert cloud.post("/snapshots", {"snapshot": {"volume_id": ids.new()}}).status_code == 404
    assert cloud.get(f"/snapshots/{ids.new()}").status_code == 404
    assert cloud.get(f"/snapshots?marker={ids.new()}").status_code == 404


def test_lists_and_pages(cloud: Cloud) -> None:
    volume = cloud.volume()
    made = [cloud.snapshot(volume["id"], name=name)["id"] for name in "abc"]
    listed = cloud.get(f"/snapshots?volume_id={volume['id']}&status=available&sort=name:asc").json()["snapshots"]
    assert [row["name"] for row in listed] == ["a", "b", "c"]
    assert set(listed[0]) == BASE
    body = cloud.get("/snapshots/detail?limit=2").json()
    assert set(body["snapshots"][0]) == DETAIL | LATER
    assert body["snapshots_links"][0]["href"].endswith(f"/snapshots/detail?limit=2&marker={made[1]}")
    assert cloud.get("/snapshots?availability_zone=mars").json() == {"snapshots": []}
    assert cloud.get("/snapshots?sort_key=display_name&sort_dir=desc").json()["snapshots"][0]["name"] == "c"


def test_metadata_and_actions(cloud: Cloud) -> None:
    snapshot = cloud.snapshot(cloud.volume()["id"])
    path = f"/snapshots/{snapshot['id']}"
    assert cloud.post(f"{path}/metadata", {"metadata": {"k": "v"}}).json() == {"metadata": {"k": "v"}}
    assert cloud.get(f"{path}/metadata/k").json() == {"meta": {"k": "v"}}
    reset = {"os-reset_status": {"status": "creating"}}
    assert cloud.post(f"{path}/action", reset).status_code == 403
    assert cloud.post(f"{path}/action", reset, role="admin").status_code == 202
    progress = {"os-update_snapshot_status": {"status": "error", "progress": "80%"}}
    assert cloud.post(f"{path}/action", progress).status_code == 202
    shown = cloud.get(path).json()["snapshot"]
    assert (shown["status"], shown["os-extended-snapshot-attributes:progress"]) == ("error", "80%")
    assert cloud.post(f"{path}/action", progress).status_code == 400
    cloud.post(f"{path}/action", {"os-reset_status": {"status": "creating"}}, role="admin")
    assert cloud.delete(path).status_code == 400
    assert cloud.post(f"{path}/action", {"os-force_delete": {}}, role="admin").status_code == 202
    cloud.gone(path)
