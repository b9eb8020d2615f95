from __future__ import annotations

import pytest

from tests.api.images.caller import Caller


@pytest.fixture
def image_id(alice: Caller, bob: Caller) -> str:
    image = alice.make()
    answer = alice("POST", f"/images/{image['id']}/members", json={"member": bob.project})
    assert answer.status_code == 200
    assert set(answer.json()) == {"member_id", "image_id", "status", "created_at", "updated_at", "schema"}
    assert answer.json()["status"] == "pending"
    return str(image["id"])


def test_shared_image_is_listed_once_the_member_accepts(image_id: str, bob: Caller) -> None:
    path = f"/images/{image_id}/members/{bob.project}"
    assert bob.show(image_id)["id"] == image_id
    assert bob.listed() == []
    assert bob.listed("?member_status=pending&visibility=shared") == [image_id]
    assert bob("PUT", path, json={"status": "accepted"}).json()["status"] == "accepted"
    assert bob.listed() == [image_id]
    assert bob("PUT", path, json={"status": "rejected"}).status_code == 200
    assert bob.listed() == []
    assert bob.listed("?member_status=all") == [image_id]


def test_owner_cannot_answer_for_a_member_and_statuses_are_checked(
    image_id: str, alice: Caller, bob: Caller, admin: Caller
) -> None:
    path = f"/images/{image_id}/members/{bob.project}"
    assert alice("PUT", path, json={"status": "accepted"}).status_code == 403
    assert bob("PUT", path, json={"status": "maybe"}).status_code == 400
    assert bob("PUT", path, json={}).status_code == 400
    assert admin("PUT", path, json={"status": "accepted"}).status_code == 200


def test_member_sees_only_itself_and_cannot_share_further(image_id: str, alice: Caller, bob: Caller) -> None:
    other = "d" * 32
    path = f"/images/{image_id}/members"
    assert alice("POST", path, json={"member": other}).status_code == 200
    assert [m["member_id"] for m in alice("GET", path).json()["members"]] == [bob.project, other]
    assert [m["member_id"] for m in bob("GET", path).json()["members"]] == [bob.project]
    assert bob("GET", f"{path}/{other}").status_code == 404
    assert bob("POST", path, json={"member": "e" * 32}).status_code == 403
    assert bob("DELETE", f"{path}/{bob.project}").status_code == 403
    assert alice("POST", path, json={"member": other}).status_code == 409
    assert alice("POST", path, json={"member": ""}).status_code == 400


def test_removed_member_loses_the_image(image_id: str, alice: Caller, bob: Caller) -> None:
    path = f"/images/{image_id}/members/{bob.project}"
    assert alice("GET", path).status_code == 200
    assert alice("DELETE", path).status_code == 204
    assert alice("DELETE", path).status_code == 404
    assert bob("GET", f"/images/{image_id}").status_code == 404


def test_only_shared_images_have_members(image_id: str, alice: Caller, bob: Caller) -> None:
    assert alice.replace(image_id, "visibility", "private").status_code == 200
    assert alice("GET", f"/images/{image_id}/members").status_code == 403
    assert alice("POST", f"/images/{image_id}/members", json={"member": "x"}).status_code == 403
    assert alice("GET", f"/images/{image_id}/members/{bob.project}").status_code == 404
    assert bob("GET", f"/images/{image_id}").status_code == 404
