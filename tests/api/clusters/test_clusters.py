"""Clusters: what is accepted, what is refused and then leaves nothing behind, how they look."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.clusters.conftest import Api
from tests.support.process import eventually


def create(api: Api, image: str, *groups: dict[str, Any], **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.ok("POST", "/clusters", api.cluster(image, *groups, **fields), version="2.1")["cluster"]
    return made


def test_a_cluster_comes_back_as_sahara_dumps_it(api: Api, image: str) -> None:
    made = create(api, image, description="d")
    assert made["status"] == "Validating"
    assert set(made) == {
        "id", "name", "description", "project_id", "status", "status_description", "plugin_name", "plugin_version",
        "cluster_template_id", "default_image_id", "neutron_management_network", "user_keypair_id",
        "management_public_key", "cluster_configs", "anti_affinity", "info", "is_transient", "is_public",
        "is_protected", "use_autoconfig", "shares", "domain_name", "trust_id", "node_groups", "provision_progress",
        "created_at",
        "updated_at",
    }  # fmt: skip
    (group,) = made["node_groups"]
    assert group["instances"] == []
    assert not {"cluster_id", "next_index", "removed", "root_gib", "project_id"} & set(group)
    api.ok("DELETE", f"/clusters/{made['id']}", status=204)


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"default_image_id": None}, "NOT_FOUND", "'default_image_id' field is not found"),
        ({"neutron_management_network": None}, "NOT_FOUND", "'neutron_management_network' field is not found"),
        ({"neutron_management_network": "0" * 32}, "NOT_FOUND", "Network"),
        ({"default_image_id": "0" * 32}, "INVALID_REFERENCE", "is not registered"),
        ({"user_keypair_id": "none"}, "NOT_FOUND", "keypair 'none'"),
        ({"cluster_template_id": "0" * 32}, "NOT_FOUND", "Cluster template with id"),
        ({"node_groups": None}, "NOT_FOUND", "'node_groups' field is not found"),
        ({"cluster_configs": {"general": {"Enable XFS": "maybe"}}}, "INVALID_REFERENCE", "must be of type bool"),
        ({"name": "c" * 60}, "INVALID_DATA", "exceeds maximum limit 64 characters"),
        ({"anti_affinity": ["cook"]}, "INVALID_REFERENCE", "['cook']"),
        ({"plugin_name": "spark", "plugin_version": "3.5.5"}, "INVALID_REFERENCE", "exactly one master"),
        ({"plugin_name": "spark", "plugin_version": "4.0.1"}, "INVALID_REFERENCE", "required tags: ['4.0.1']"),
    ],
)  # fmt: skip
def test_what_a_cluster_names_is_looked_up(api: Api, image: str, fields: dict[str, Any], name: str, words: str) -> None:
    body = api.cluster(image, api.group()) | fields
    assert words in api.refused("POST", "/clusters", body, name)
    assert body["name"] not in [cluster["name"] for cluster in api.ok("GET", "/clusters", status=200)["clusters"]]


def test_boot_volumes_count_against_quota_before_anything_is_made(api: Api, image: str) -> None:
    store = api.house.moorage.store
    tables = ("clusters", "volumes", "servers", "operations", "stacks")

    def counts() -> list[int]:
        with store.read() as tx:
            return [tx.exec_driver_sql(f"select count(*) from {table}").scalar_one() for table in tables]

    eventually(lambda: api.ok("GET", "/clusters", status=200)["clusters"] == [], what="others' clusters are gone")
    before = counts()
    for group, words in (
        (api.group(count=9, volumes_per_node=1, volumes_size=1), "Maximum number of volumes allowed"),
        (api.group(count=2, boot_volume_size=600), "VolumeSizeExceedsAvailableQuota"),
        (api.group(count=11), "Quota exceeded for instances"),
    ):
        assert words in api.refused("POST", "/clusters", api.cluster(image, group), "QUOTA_ERROR", version="2.1")
    assert counts() == before


def test_several_clusters_are_numbered_with_zeros_in_front(api: Api, image: str) -> None:
    body = api.cluster(image, api.group(count=0), name="many", count=10)
    made = api.ok("POST", "/clusters", body)["clusters"]
    names = [item["cluster"]["name"] for item in made]
    assert (names[0], names[9], len(names)) == ("many-01", "many-10", 10)
    old = {**body, "name": "old", "count": 2, "hadoop_version": "1.0"}
    del old["plugin_version"]
    old["node_groups"] = [{"name": "w", "count": 0, "flavor_id": "1", "node_processes": ["worker"]}]
    ids = api.ok("POST", "/clusters/multiple", old, root="/v1.1")["clusters"]
    assert [api.ok("GET", f"/clusters/{item}", status=200)["cluster"]["name"] for item in ids] == ["old-1", "old-2"]
    assert "DB_DUPLICATE" not in api.refused("POST", "/clusters", body, "NAME_ALREADY_EXISTS")


def test_a_cluster_takes_what_its_template_says_at_that_time(api: Api, image: str) -> None:
    base = api.ok("POST", "/node-group-templates", api.template(boot_from_volume=True))["node_group_template"]
    body = {
        "name": "ct", "plugin_name": "generic", "plugin_version": "1.0", "description": "from the template",
        "default_image_id": image, "cluster_configs": {"general": {"Enable XFS": False}},
        "node_groups": [{"name": "w", "count": 0, "node_group_template_id": base["id"]}],
    }  # fmt: skip
    template = api.ok("POST", "/cluster-templates", body)["cluster_template"]
    wanted = {
        "name": "of-template", "plugin_name": "generic", "plugin_version": "1.0", "cluster_template_id": template["id"],
        "neutron_management_network": api.network, "cluster_configs": {"general": {"Enable NTP service": False}},
    }  # fmt: skip
    made = api.ok("POST", "/clusters", wanted)["cluster"]
    assert (made["description"], made["default_image_id"]) == ("from the template", image)
    assert made["cluster_configs"] == {"general": {"Enable XFS": False, "Enable NTP service": False}}
    assert made["node_groups"][0]["boot_from_volume"] is True
    api.refused("PATCH", f"/cluster-templates/{template['id']}", {"description": "x"}, "UPDATE_FAILED")
    api.refused("PATCH", f"/node-group-templates/{base['id']}", {"description": "x"}, "UPDATE_FAILED")
    api.refused("DELETE", f"/cluster-templates/{template['id']}", None, "INVALID_REFERENCE")


def test_node_groups_that_are_spelled_out_boot_from_volumes_in_v2_alone(api: Api, image: str) -> None:
    group, template = api.group(), {"name": "inline", "plugin_name": "generic", "plugin_version": "1.0"}
    made = api.ok("POST", "/cluster-templates", {**template, "node_groups": [group]})["cluster_template"]
    assert made["node_groups"][0]["boot_from_volume"] is True
    cluster = create(api, image, api.group(count=0))
    assert cluster["node_groups"][0]["boot_from_volume"] is True
    old = {"name": "old", "plugin_name": "generic", "hadoop_version": "1.0", "node_groups": [group]}
    for method, path, body in (
        ("POST", "/cluster-templates", old),
        ("POST", "/clusters", {**old, "default_image_id": image, "neutron_management_network": api.network}),
        ("PUT", f"/clusters/{cluster['id']}", {"add_node_groups": [group]}),
    ):
        assert "'boot_from_volume' was unexpected" in api.refused(
            method, path, body, "VALIDATION_ERROR", root="/v1.1"
        ), path
    api.ok("DELETE", f"/cluster-templates/{made['id']}", status=204)
    api.ok("DELETE", f"/clusters/{cluster['id']}", status=204)


def test_only_an_active_cluster_is_scaled(api: Api, image: str) -> None:
    made = create(api, image, api.group(count=1))
    scale = {"resize_node_groups": [{"name": "w", "count": 2}]}
    assert "not in 'Active' status" in api.refused("PUT", f"/clusters/{made['id']}", scale, "INVALID_REFERENCE")
    api.ok("DELETE", f"/clusters/{made['id']}", status=204)
    assert api.call("GET", f"/clusters/{made['id']}").status_code in (200, 404)


def test_a_protected_cluster_is_let_go_first(api: Api, image: str) -> None:
    path = f"/clusters/{create(api, image, api.group(count=0), is_protected=True)['id']}"
    api.refused("DELETE", path, None, "DELETION_FAILED")
    api.refused("PATCH", path, {"description": "x"}, "UPDATE_FAILED")
    api.refused("PUT", path, {"resize_node_groups": [{"name": "w", "count": 2}]}, "UPDATE_FAILED")
    assert api.ok("PATCH", path, {"is_protected": False})["cluster"]["is_protected"] is False


def test_force_names_the_stack_and_keeping_volumes_came_with_2_1(api: Api, image: str) -> None:
    made = create(api, image, api.group(count=0))
    path = f"/clusters/{made['id']}"
    api.refused("DELETE", path, {"keep_boot_volumes": True}, "VALIDATION_ERROR")
    answer = api.ok("DELETE", path, {"force": True}, 200)
    assert answer == {"stack_name": made["name"] + made["id"][:8]}


def test_verification_is_asked_for_alone(api: Api, image: str) -> None:
    path = f"/clusters/{create(api, image, api.group(count=0))['id']}"
    api.refused("PATCH", path, {"verification": {"status": "STOP"}}, "VALIDATION_ERROR")
    api.refused("PATCH", path, {"verification": {"status": "START"}, "name": "x"}, "VALIDATION_ERROR")
    verification = api.ok("PATCH", path, {"verification": {"status": "START"}})["cluster"]["verification"]
    assert set(verification) == {"id", "cluster_id", "status", "checks", "created_at", "updated_at"}
