"""Lists of volumes: filters, order, pages."""

from __future__ import annotations

import pytest

from tests.api.volumes.conftest import OTHER, Cloud
from tests.support.process import eventually


def names(cloud: Cloud, query: str = "", **options: object) -> list[str]:
    answer = cloud.get(f"/volumes{query}", **options)
    assert answer.status_code == 200, answer.text
    return [volume["name"] for volume in answer.json()["volumes"]]


def make(cloud: Cloud, *wanted: str, **fields: object) -> None:
    for name in wanted:
        answer = cloud.post("/volumes", {"volume": {"size": 1, "name": name, **fields}})
        assert answer.status_code == 202, answer.text


def test_the_newest_comes_first(cloud: Cloud) -> None:
    make(cloud, "a", "b", "c")
    assert names(cloud) == ["c", "b", "a"]
    assert names(cloud, "?sort=name:asc") == ["a", "b", "c"]
    assert names(cloud, "?sort_key=size&sort_dir=asc") == names(cloud, "?sort=size:asc,id:asc")


def test_filters_work_together(cloud: Cloud) -> None:
    make(cloud, "a", metadata={"k": "v", "quo'te": "x"})
    make(cloud, "b", metadata={"k": "w"})
    assert names(cloud, "?name=a") == ["a"]
    assert names(cloud, "?name=a&bootable=false&availability_zone=nova") == ["a"]
    assert names(cloud, "?name=a&bootable=true") == []
    assert names(cloud, "?status=no-such-status") == []
    assert names(cloud, "?metadata={'k': 'v'}") == ["a"]
    assert names(cloud, '?metadata={"k": "w"}') == ["b"]
    assert names(cloud, """?metadata={"quo'te": "x", "k": "v"}""") == ["a"]
    assert names(cloud, "?created_at=gt:2020-01-01T00:00:00&sort=name:asc") == ["a", "b"]
    assert names(cloud, "?created_at=lt:2020-01-01T00:00:00") == []
    assert names(cloud, "?consumes_quota=false") == []
    assert names(cloud, "?metadata=no-dictionary") == []
    assert names(cloud, "?size=1&sort=name") == ["b", "a"]


def test_unknown_filters_are_ignored_first_and_refused_later(cloud: Cloud) -> None:
    make(cloud, "a")
    assert names(cloud, "?color=red", version="3.30") == ["a"]
    assert cloud.get("/volumes?color=red", version="3.31").status_code == 400
    assert names(cloud, "?all_tenants=1&limit=10") == ["a"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1", "limit=x", "offset=-2", "sort_key=colour", "sort_dir=up", "sort=name&sort_key=id",
        "bootable=perhaps", "created_at=xx:2020-01-01", "created_at=gt:yesterday", "with_count=perhaps",
    ],
)  # fmt: skip
def test_bad_queries_are_400(cloud: Cloud, query: str) -> None:
    assert cloud.get(f"/volumes?{query}").status_code == 400


def test_pages_follow_each_other_to_the_end(cloud: Cloud) -> None:
    make(cloud, "a", "b", "c", "d", "e")
    eventually(lambda: {v["status"] for v in cloud.get("/volumes/detail").json()["volumes"]} == {"available"})
    for order in ("created_at:desc", "name:asc", "size:asc", "description:desc", "updated_at:asc"):
        seen, path = [], f"/volumes/detail?limit=2&sort={order}"
        while path:
            body = cloud.get(path).json()
            seen += [volume["name"] for volume in body["volumes"]]
            links = body.get("volumes_links", [])
            assert all(link["rel"] == "next" for link in links)
            path = links[0]["href"].partition("/volume/v3")[2] if links else ""
        assert sorted(seen) == ["a", "b", "c", "d", "e"], order
    assert names(cloud, "?limit=0") == []
    assert names(cloud, "?offset=4") == ["a"]
    assert cloud.get("/volumes?marker=" + "0" * 8 + "-0000-0000-0000-" + "0" * 12).status_code == 404


def test_counts_are_given_on_request(cloud: Cloud) -> None:
    make(cloud, "a", "b")
    assert cloud.get("/volumes?limit=1&with_count=true").json()["count"] == 2
    assert "count" not in cloud.get("/volumes?limit=1&with_count=true", version="3.44").json()
    assert cloud.get("/volumes/summary").json() == {
        "volume-summary": {"total_count": 2, "total_size": 2, "metadata": {}}
    }
    assert "metadata" not in cloud.get("/volumes/summary", version="3.12").json()["volume-summary"]


def test_only_admins_see_all_projects(cloud: Cloud) -> None:
    make(cloud, "mine")
    assert names(cloud, "?all_tenants=1", project=OTHER) == names(cloud, project=OTHER)
    everything = names(cloud, "?all_tenants=1&limit=1000", role="admin", project=OTHER)
    assert "mine" in everything
    assert names(cloud, f"?all_tenants=1&project_id={cloud.project}", role="admin", project=OTHER) == ["mine"]
    assert names(cloud, "?all_tenants=0", role="admin", project=OTHER) == []
