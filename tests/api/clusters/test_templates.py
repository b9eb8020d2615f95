"""Node group templates and cluster templates: fields, inheritance, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.clusters.conftest import Api

BOOT = {
    "boot_from_volume": True, "boot_volume_type": "fcarray", "boot_volume_availability_zone": "nova",
    "boot_volume_local_to_instance": False,
}  # fmt: skip


def make(api: Api, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.ok("POST", "/node-group-templates", api.template(**fields))["node_group_template"]
    return made


def test_a_template_comes_back_with_every_field(api: Api) -> None:
    made = make(api, **BOOT)
    assert made | BOOT == made
    assert set(made) == {
        "id", "project_id", "name", "description", "plugin_name", "plugin_version", "flavor_id", "image_id",
        "node_processes", "node_configs", "availability_zone", "floating_ip_pool", "security_groups",
        "auto_security_group", "is_proxy_gateway", "use_autoconfig", "shares", "volumes_per_node", "volumes_size",
        "volume_type", "volumes_availability_zone", "volume_mount_prefix", "volume_local_to_instance",
        "boot_from_volume", "boot_volume_type", "boot_volume_availability_zone", "boot_volume_local_to_instance",
        "is_default", "is_public", "is_protected", "created_at", "updated_at",
    }  # fmt: skip
    shown = api.ok("GET", f"/node-group-templates/{made['id']}", status=200, version="2.1")["node_group_template"]
    assert shown["boot_volume_size"] is None


def test_the_size_is_a_field_from_2_1_on(api: Api) -> None:
    body = api.template(boot_from_volume=True, boot_volume_size=40)
    message = api.refused("POST", "/node-group-templates", body, "VALIDATION_ERROR")
    assert "'boot_volume_size' was unexpected" in message
    made = api.ok("POST", "/node-group-templates", body, version="2.1")["node_group_template"]
    assert made["boot_volume_size"] == 40


@pytest.mark.parametrize("field", sorted(BOOT))
def test_v1_1_refuses_boot_fields(api: Api, field: str) -> None:
    body = api.template(**{field: BOOT[field]})
    body["hadoop_version"] = body.pop("plugin_version")
    assert f"'{field}' was unexpected" in api.refused(
        "POST", "/node-group-templates", body, "VALIDATION_ERROR", root="/v1.1"
    )


@pytest.mark.parametrize("field", sorted(BOOT))
def test_null_is_refused_at_first_and_resets_in_a_change(api: Api, field: str) -> None:
    api.refused("POST", "/node-group-templates", api.template(**{field: None}), "VALIDATION_ERROR")
    made = make(api, **BOOT)
    changed = api.ok("PATCH", f"/node-group-templates/{made['id']}", {field: None})["node_group_template"]
    assert changed[field] == {"boot_from_volume": False, "boot_volume_local_to_instance": False}.get(field)


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"plugin_name": "hadoop"}, "INVALID_REFERENCE", "plugin with name 'hadoop'"),
        ({"plugin_version": "9"}, "INVALID_REFERENCE", "doesn't support version '9'"),
        ({"flavor_id": "none"}, "NOT_FOUND", "Requested flavor 'none' not found"),
        ({"node_processes": ["cook"]}, "INVALID_REFERENCE", "node processes: ['cook']"),
        ({"node_processes": ["worker", "worker"]}, "INVALID_DATA", "Duplicates in node processes"),
        ({"node_configs": {"general": {"Nope": 1}}}, "INVALID_REFERENCE", "config with name 'Nope'"),
        ({"boot_volume_type": "gold"}, "NOT_FOUND", "Volume type 'gold' not found"),
        ({"boot_volume_availability_zone": "mars"}, "NOT_FOUND", "Cinder availability zone 'mars' not found"),
        ({"availability_zone": "mars"}, "NOT_FOUND", "Nova availability zone 'mars' not found"),
        ({"volume_type": "gold"}, "NOT_FOUND", "Volume type 'gold' not found"),
        ({"volumes_per_node": 1}, "INVALID_REFERENCE", "volumes_size"),
        ({"image_id": "0" * 32}, "INVALID_REFERENCE", "is not registered"),
        ({"floating_ip_pool": "pub"}, "NOT_FOUND", "Floating IP pool pub not found"),
        ({"security_groups": ["web"]}, "NOT_FOUND", "Security group 'web' not found"),
        ({"auto_security_group": True}, "INVALID_REFERENCE", "no security groups"),
        ({"boot_from_volume": True, "boot_volume_type": "fcarray", "boot_volume_local_to_instance": True},
         "INVALID_REFERENCE", "live on no host"),
        ({"name": "1abc"}, "VALIDATION_ERROR", "valid_name_hostname"),
        ({"volume_mount_prefix": "x"}, "VALIDATION_ERROR", "posix_path"),
        ({"shares": [{"id": "x"}]}, "VALIDATION_ERROR", "too long"),
    ],
)  # fmt: skip
def test_what_a_template_names_is_looked_up(api: Api, fields: dict[str, Any], name: str, words: str) -> None:
    assert words in api.refused("POST", "/node-group-templates", api.template(**fields), name)


def test_local_boot_volumes_are_for_back_ends_with_a_host(api: Api) -> None:
    assert make(api, boot_from_volume=True, boot_volume_type="files", boot_volume_local_to_instance=True)


def test_names_are_taken_once_in_a_project(api: Api) -> None:
    made = make(api)
    api.refused("POST", "/node-group-templates", api.template(name=made["name"]), "NAME_ALREADY_EXISTS")


def test_a_protected_template_is_let_go_first(api: Api) -> None:
    path = f"/node-group-templates/{make(api, is_protected=True)['id']}"
    api.refused("PATCH", path, {"description": "x"}, "UPDATE_FAILED")
    api.refused("DELETE", path, None, "DELETION_FAILED")
    api.ok("PATCH", path, {"is_public": True})
    api.ok("PATCH", path, {"is_protected": False})
    api.ok("DELETE", path, status=204)


def test_public_templates_are_seen_by_others_and_changed_by_their_project(api: Api, admin: Api) -> None:
    path = f"/node-group-templates/{make(api)['id']}"
    assert admin.ok("GET", "/node-group-templates", status=200)["node_group_templates"] == []
    api.ok("PATCH", path, {"is_public": True})
    assert len(admin.ok("GET", "/node-group-templates", status=200)["node_group_templates"]) >= 1
    admin.refused("PATCH", path, {"description": "x"}, "UPDATE_FAILED")
    admin.refused("DELETE", path, None, "DELETION_FAILED")


def test_export_leaves_out_what_belongs_to_this_cloud(api: Api) -> None:
    made = make(api, **BOOT)
    exported = api.ok("GET", f"/node-group-templates/{made['id']}/export", status=200)["node_group_template"]
    assert not {"id", "project_id", "created_at", "updated_at", "is_default"} & set(exported)
    assert (exported["flavor_id"], exported["boot_volume_type"]) == ("{flavor_id}", "fcarray")
    shown = api.ok("GET", f"/node-group-templates/{made['id']}/export", status=200, root="/v1.1")
    assert not {"id", "tenant_id", "project_id"} & set(shown["node_group_template"])


def cluster_template(api: Api, *groups: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {
        "name": api.template()["name"],
        "plugin_name": "generic",
        "plugin_version": "1.0",
        "node_groups": list(groups),
    }
    made: dict[str, Any] = api.ok("POST", "/cluster-templates", {**body, **fields}, version="2.1")["cluster_template"]
    return made


def test_fields_come_from_the_template_and_then_from_the_node_group(api: Api) -> None:
    base = make(
        api,
        **BOOT,
        node_configs={"general": {"Stop timeout": 5, "Boot volume size": 20}},
        volumes_per_node=1,
        volumes_size=2,
    )
    override = {"node_configs": {"general": {"Stop timeout": 9}}, "boot_volume_type": "files"}
    inline = {
        "name": "i",
        "count": 1,
        "flavor_id": 1,
        "node_processes": ["manager"],
        "boot_from_volume": True,
        "boot_volume_size": 7,
    }
    made = cluster_template(api, {"name": "g", "count": 2, "node_group_template_id": base["id"], **override}, inline)
    g, i = made["node_groups"]
    assert g["node_configs"] == {"general": {"Stop timeout": 9, "Boot volume size": 20}}
    assert (g["boot_volume_type"], g["boot_from_volume"], g["volumes_size"], g["count"]) == ("files", True, 2, 2)
    assert (i["boot_volume_size"], i["flavor_id"], i["node_group_template_id"]) == (7, "1", None)


def test_a_changed_template_reaches_its_users_without_what_they_name_themselves(api: Api) -> None:
    base = make(api)
    group = {"name": "mine", "count": 1, "node_group_template_id": base["id"], "volumes_per_node": 1, "volumes_size": 3}
    made = cluster_template(api, group)
    api.ok(
        "PATCH",
        f"/node-group-templates/{base['id']}",
        {"boot_from_volume": True, "volumes_size": 9, "name": base["name"] + "x"},
    )
    (shown,) = api.ok("GET", f"/cluster-templates/{made['id']}", status=200)["cluster_template"]["node_groups"]
    assert (shown["name"], shown["boot_from_volume"], shown["volumes_size"]) == ("mine", True, 3)
    api.refused("DELETE", f"/node-group-templates/{base['id']}", None, "INVALID_REFERENCE")


def test_cluster_templates_are_changed_exported_and_deleted(api: Api, image: str) -> None:
    made = cluster_template(api, {"name": "g", "count": 1, "flavor_id": "1", "node_processes": ["worker"]})
    path = f"/cluster-templates/{made['id']}"
    changed = api.ok(
        "PATCH", path, {"description": "d", "default_image_id": image, "neutron_management_network": api.network}
    )
    assert changed["cluster_template"]["default_image_id"] == image
    exported = api.ok("GET", f"{path}/export", status=200)["cluster_template"]
    assert (exported["default_image_id"], exported["node_groups"][0]["flavor_id"]) == (
        "{default_image_id}",
        "{flavor_id}",
    )
    again = {"name": "h", "count": 3, "flavor_id": "1", "node_processes": ["manager"]}
    shown = api.ok("PATCH", path, {"node_groups": [again]})["cluster_template"]["node_groups"]
    assert [(group["name"], group["count"]) for group in shown] == [("h", 3)]
    api.refused("PATCH", path, {"neutron_management_network": "0" * 32}, "NOT_FOUND")
    api.refused("PATCH", path, {"plugin_name": "spark"}, "INVALID_REFERENCE")
    api.ok("DELETE", path, status=204)
    api.refused("GET", path, None, "NOT_FOUND", 404)


def test_two_groups_of_one_name_are_refused(api: Api) -> None:
    group = {"name": "g", "count": 1, "flavor_id": "1", "node_processes": ["worker"]}
    body = {"name": "twice", "plugin_name": "generic", "plugin_version": "1.0", "node_groups": [group, group]}
    api.refused("POST", "/cluster-templates", body, "INVALID_DATA")
