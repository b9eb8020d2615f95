"""The registry of images, kept in their properties, and what plugins tell of themselves."""

from __future__ import annotations

from tests.api.clusters.conftest import Api


def test_the_registry_is_in_the_images_own_properties(api: Api, image: str) -> None:
    shown = api.house.call(api.token, "GET", "image", f"/images/{image}").json()
    assert shown["_sahara_username"] == "ubuntu"
    assert shown["_sahara_tag_spark"] == "True"
    rendered = api.ok("GET", f"/images/{image}", status=200)["image"]
    assert (rendered["username"], rendered["tags"]) == ("ubuntu", ["3.5.5", "generic", "spark"])
    assert set(rendered) == {
        "id", "name", "username", "description", "tags", "status", "minDisk", "minRam", "progress", "created",
        "updated", "metadata", "OS-EXT-IMG-SIZE:size",
    }  # fmt: skip


def test_tags_are_answered_with_and_without_a_wrapping(api: Api) -> None:
    image = api.image("a")
    answer = api.ok("PUT", f"/images/{image}/tags", {"tags": ["b", "c"]}, 200)
    assert answer["tags"] == answer["image"]["tags"] == ["b", "c"]
    assert api.ok("GET", f"/images/{image}/tags", status=200) == ["b", "c"]
    assert api.ok("POST", f"/images/{image}/tag", {"tags": ["d"]}, root="/v1.1")["image"]["tags"] == ["b", "c", "d"]
    assert api.ok("POST", f"/images/{image}/untag", {"tags": ["b"]}, root="/v1.1")["image"]["tags"] == ["c", "d"]
    api.ok("DELETE", f"/images/{image}/tags", status=204)
    assert api.ok("GET", f"/images/{image}/tags", status=200) == []
    api.refused("PUT", f"/images/{image}/tags", {"tags": ["-"]}, "VALIDATION_ERROR")


def test_lists_filter_by_tags_and_name(api: Api, image: str) -> None:
    other = api.image("generic")
    found = [item["id"] for item in api.ok("GET", "/images?tags=spark&tags=generic", status=200)["images"]]
    assert image in found
    assert other not in found
    assert api.ok("GET", "/images?name=nothing", status=200)["images"] == []


def test_an_unregistered_image_is_no_image_of_ours(api: Api) -> None:
    image = api.image("generic")
    api.ok("DELETE", f"/images/{image}", status=204)
    api.refused("GET", f"/images/{image}", None, "IMAGE_NOT_REGISTERED")
    assert not [
        name for name in api.house.call(api.token, "GET", "image", f"/images/{image}").json() if "sahara" in name
    ]
    api.refused("GET", f"/images/{'0' * 8}-0000-4000-8000-{'0' * 12}", None, "NOT_FOUND", 404)


def test_other_peoples_images_are_not_registered(api: Api, admin: Api) -> None:
    about = {"name": "public", "visibility": "public", "disk_format": "raw", "container_format": "bare"}
    image = admin.house.call(admin.token, "POST", "image", "/images", about).json()["id"]
    api.refused("POST", f"/images/{image}", {"username": "x"}, "FORBIDDEN", 403)


def test_plugins_tell_their_settings(api: Api) -> None:
    names = [plugin["name"] for plugin in api.ok("GET", "/plugins", status=200)["plugins"]]
    assert names == ["generic", "spark"]
    details = api.ok("GET", "/plugins/spark/3.5.5", status=200)["plugin"]
    assert details["node_processes"] == {"Spark": ["master", "worker"]}
    assert details["required_image_tags"] == ["spark", "3.5.5"]
    size = next(config for config in details["configs"] if config["name"] == "Boot volume size")
    assert size | {"applicable_target": "general", "scope": "node", "config_type": "int", "is_optional": True} == size
    assert set(size) == {
        "name", "applicable_target", "scope", "config_type", "default_value", "is_optional", "priority", "description",
        "config_values",
    }  # fmt: skip
    assert details["plugin_labels"]["enabled"]["status"] is True
    assert details["version_labels"]["3.5.5"]["stable"]["mutable"] is False
    for path in ("/plugins/none", "/plugins/spark/9"):
        api.refused("GET", path, None, "NOT_FOUND", 404)
    api.refused("POST", "/plugins/spark/3.5.5/convert-config/x", {}, "BAD_REQUEST", root="/v1.1")


def test_labels_are_changed_by_admins_and_count_in_their_project(api: Api, admin: Api) -> None:
    hide = {"plugin_labels": {"hidden": {"status": True}}, "version_labels": {"3.5.5": {"enabled": {"status": False}}}}
    api.refused("PATCH", "/plugins/spark", hide, "FORBIDDEN", 403)
    changed = admin.ok("PATCH", "/plugins/spark", hide)["plugin"]
    assert changed["plugin_labels"]["hidden"]["status"] is True
    assert changed["version_labels"]["3.5.5"]["enabled"]["status"] is False
    assert api.ok("GET", "/plugins/spark", status=200)["plugin"]["plugin_labels"]["hidden"]["status"] is False
    admin.refused("PATCH", "/plugins/spark", {"plugin_labels": {"stable": {"status": True}}}, "INVALID_DATA")
    image = admin.image("spark", "3.5.5")
    body = admin.cluster(image, admin.group(node_processes=["master"]), plugin_name="spark", plugin_version="3.5.5")
    assert "not enabled" in admin.refused("POST", "/clusters", body, "INVALID_REFERENCE")
