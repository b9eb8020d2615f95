"""Versions, paths, forms of errors, queries: what is the same for all of Sahara's nouns."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.clusters.conftest import Api


def test_the_root_answers_300_with_both_versions(api: Api) -> None:
    for path in ("/data-processing", "/data-processing/"):
        answer = api.house.client.get(path)
        assert answer.status_code == 300
        versions = {version["id"]: version for version in answer.json()["versions"]}
        assert [versions[name]["status"] for name in ("v1.0", "v1.1", "v2")] == ["SUPPORTED", "SUPPORTED", "CURRENT"]
        assert (versions["v2"]["min_version"], versions["v2"]["max_version"]) == ("2.0", "2.1")
        assert versions["v2"]["links"][0]["href"] == "http://moorage.test/data-processing/v2/"


def test_the_project_may_stand_in_the_path_and_json_behind_it(api: Api) -> None:
    token = api.house.client.get(
        "/identity/v3/auth/tokens", headers={"X-Auth-Token": api.token, "X-Subject-Token": api.token}
    )
    own = token.json()["token"]["project"]["id"]
    for path in (f"/{own}/plugins", "/plugins.json", f"/{own}/plugins.json", "/plugins/spark.json"):
        assert api.call("GET", path).status_code == 200, path
        assert api.call("GET", path, root="/v1.1").status_code == 200, path
    assert api.call("GET", f"/{'0' * 32}/plugins").status_code == 401


def test_version_headers(api: Api) -> None:
    answer = api.call("GET", "/plugins")
    assert answer.headers["OpenStack-API-Version"] == "data-processing 2.0"
    assert "OpenStack-API-Version" in answer.headers["Vary"]
    assert api.call("GET", "/plugins", version="latest").headers["OpenStack-API-Version"] == "data-processing 2.1"
    assert "OpenStack-API-Version" not in api.call("GET", "/plugins", root="/v1.1", version="2.1").headers
    for version, status, name in (("2.9", 406, "NOT_ACCEPTABLE"), ("x", 400, "BAD_REQUEST")):
        body = api.call("GET", "/plugins", version=version).json()
        assert (body["error_code"], body["error_name"]) == (status, name)
        assert (body["min_version"], body["max_version"]) == ("2.0", "2.1")


def test_an_unknown_path_and_an_unknown_object_are_told_in_different_forms(api: Api) -> None:
    assert api.call("GET", "/nothing").json()["error"] == 404
    assert "not found" in api.refused("GET", f"/clusters/{'0' * 36}", None, "NOT_FOUND", 404)
    assert api.call("GET", "/plugins", root="/v2").status_code == 200
    without = api.house.client.get("/data-processing/v2/plugins")
    assert without.status_code == 401


def test_all_that_is_wrong_with_a_body_is_told_at_once(api: Api) -> None:
    message = api.refused("POST", "/node-group-templates", {"name": "", "flavor_id": True, "x": 1}, "VALIDATION_ERROR")
    for part in (
        "name: '' is too short", "flavor_id: True is not of type 'flavor'", "'plugin_name' is a required property",
        "'node_processes' is a required property", "('x' was unexpected)",
    ):  # fmt: skip
        assert part in message
    groups = [{"name": "w", "count": -1, "flavor_id": "1", "node_processes": []}]
    body = {"name": "c", "plugin_name": "generic", "plugin_version": "1.0", "node_groups": groups}
    message = api.refused("POST", "/cluster-templates", body, "VALIDATION_ERROR")
    assert "node_groups[0][count]: -1 is less than the minimum of 0" in message
    assert "node_groups[0][node_processes]: [] is too short" in message
    answer = api.house.client.post("/data-processing/v2/clusters", content=b"{", headers={"X-Auth-Token": api.token})
    assert (answer.status_code, answer.json()["error_name"]) == (400, "MALFORMED_REQUEST_BODY")


def test_v2_refuses_unknown_parameters_and_takes_the_old_name_of_the_version(api: Api) -> None:
    api.refused("GET", "/clusters?colour=red", None, "INVALID_PARAMS_ON_REQUEST")
    assert api.call("GET", "/clusters?colour=red", root="/v1.1").status_code == 200
    made = api.ok("POST", "/node-group-templates", api.template())["node_group_template"]
    for name in ("plugin_version", "hadoop_version"):
        found = api.ok("GET", f"/node-group-templates?{name}=1.0", status=200)["node_group_templates"]
        assert made["id"] in [item["id"] for item in found]
        assert api.ok("GET", f"/node-group-templates?{name}=9", status=200)["node_group_templates"] == []


def test_lists_are_whole_unless_a_limit_is_given(api: Api) -> None:
    marks = [
        api.ok("POST", "/node-group-templates", api.template(name=f"page-{n}"))["node_group_template"]["id"]
        for n in range(5)
    ]
    base = "/node-group-templates?name=page-&sort_by=name"
    everything = api.ok("GET", base, status=200)
    assert [item["id"] for item in everything["node_group_templates"]] == marks
    assert "markers" not in everything
    first = api.ok("GET", f"{base}&limit=2", status=200)
    assert first["markers"] == {"prev": None, "next": marks[1]}
    second = api.ok("GET", f"{base}&limit=2&marker={marks[1]}", status=200)
    assert [item["id"] for item in second["node_group_templates"]] == marks[2:4]
    assert second["markers"]["next"] == marks[3]
    last = api.ok("GET", f"{base}&limit=2&marker={marks[3]}", status=200)
    assert last["markers"] == {"prev": marks[1], "next": None}
    down = api.ok("GET", "/node-group-templates?name=page-&sort_by=-name&limit=1", status=200)
    assert down["node_group_templates"][0]["id"] == marks[4]
    for bad in ("limit=0", "limit=x", "sort_by=colour"):
        assert api.call("GET", f"/node-group-templates?{bad}").status_code == 400


@pytest.mark.parametrize("path", ["/data-sources", "/job-binaries", "/jobs", "/job-types", "/job-templates"])
def test_lists_of_jobs_are_empty(api: Api, path: str) -> None:
    (found,) = api.ok("GET", path, status=200).values()
    assert found == []


def test_v1_1_speaks_of_hadoop_versions_and_tenants(api: Api) -> None:
    body: dict[str, Any] = api.template()
    body["hadoop_version"] = body.pop("plugin_version")
    made = api.ok("POST", "/node-group-templates", body, root="/v1.1")["node_group_template"]
    assert made["hadoop_version"] == "1.0"
    assert "tenant_id" in made
    assert not {"plugin_version", "project_id"} & set(made)
    assert made["boot_from_volume"] is False, "answers of v1.1 show the columns"
    changed = api.ok("PUT", f"/node-group-templates/{made['id']}", {"description": "x"}, root="/v1.1")
    assert changed["node_group_template"]["description"] == "x"
    assert api.call("PATCH", f"/node-group-templates/{made['id']}", {}, root="/v1.1").status_code == 405
