from __future__ import annotations

from typing import Any

import pytest

from tests.api.images.caller import Caller


def test_each_sees_own_public_and_accepted_images(alice: Caller, bob: Caller, admin: Caller) -> None:
    private = alice.make(visibility="private")["id"]
    community = alice.make(visibility="community")["id"]
    shared = alice.make()["id"]
    public = admin.make(visibility="public")["id"]
    assert set(alice.listed()) == {private, community, shared, public}
    assert set(bob.listed()) == {public}
    assert set(bob.listed("?visibility=community")) == {community}
    assert set(bob.listed("?visibility=all")) == {public, community}
    assert bob.show(community)["id"] == community
    assert bob("GET", f"/images/{private}").status_code == 404
    assert bob("GET", f"/images/{shared}").status_code == 404
    assert set(admin.listed("?visibility=all")) == {private, community, shared, public}


def test_hidden_images_are_listed_only_on_request(alice: Caller) -> None:
    hidden = alice.make(os_hidden=True)["id"]
    assert alice.listed() == []
    assert alice.listed("?os_hidden=true") == [hidden]
    assert alice("GET", "/images?os_hidden=maybe").status_code == 400


@pytest.fixture
def three(alice: Caller, raw: dict[str, Any]) -> dict[str, str]:
    one = alice.make(**raw, name="one", colour="red", tags=["Odd", "ü"], min_ram=512)["id"]
    two = alice.make(**raw, name="two, with comma", tags=["even"], protected=True)["id"]
    three = alice.make(name="three", disk_format="iso", colour="blue", tags=["Odd"])["id"]
    alice.put(one, b"x" * 100)
    alice.put(two, b"x" * 20)
    return {"one": one, "two": two, "three": three}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name=one", "one"),
        ("name=in:one,three", "one three"),
        ('name=in:"two, with comma",one', "one two"),
        ("name=eq:one", "one"),
        ("status=active", "one two"),
        ("status=in:queued,active", "one two three"),
        ("disk_format=iso", "three"),
        ("container_format=bare", "one two"),
        ("owner=" + "a" * 32, "one two three"),
        ("owner=nobody", ""),
        ("protected=true", "two"),
        ("size=100", "one"),
        ("size_min=20&size_max=99", "two"),
        ("min_ram_min=1", "one"),
        ("colour=red", "one"),
        ("colour=RED", ""),
        ("unknown=x", ""),
        ("tag=Odd", "one three"),
        ("tag=odd", ""),
        ("tag=Odd&tag=%C3%BC", "one"),
        ("created_at=gt:2020-01-01T00:00:00Z", "one two three"),
        ("created_at=lt:2020-01-01T00:00:00Z", ""),
        ("visibility=private", ""),
    ],
)
def test_filter_keeps_what_it_says(alice: Caller, three: dict[str, str], query: str, names: str) -> None:
    assert set(alice.listed(f"?{query}")) == {three[name] for name in names.split()}


def test_time_filter_compares_the_second_that_is_shown(alice: Caller) -> None:
    image = alice.make()
    for operator, found in (("", 1), ("eq:", 1), ("gte:", 1), ("lte:", 1), ("gt:", 0), ("lt:", 0), ("neq:", 0)):
        assert len(alice.listed(f"?created_at={operator}{image['created_at']}")) == found, operator


def test_id_filter_takes_a_list(alice: Caller, three: dict[str, str]) -> None:
    assert set(alice.listed(f"?id=in:{three['one']},{three['two']}")) == {three["one"], three["two"]}


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1", "limit=x", "marker=unknown", "sort_key=owner", "sort_key=name&sort_dir=up", "sort=name&sort_key=id",
        "sort_key=name&sort_dir=asc&sort_dir=desc", "visibility=x", "member_status=x", "size_min=x", "size=" + "9" * 30,
        "created_at=yesterday", "created_at=9999-12-31T23:59:59Z", "created_at=around:2020-01-01T00:00:00Z",
        "name=like:x", 'name=in:"x', "protected=x", "changes-since=2020-01-01T00:00:00Z", "a%22b=c",
    ],
)  # fmt: skip
def test_bad_query_is_refused(alice: Caller, query: str) -> None:
    assert alice("GET", f"/images?{query}").status_code == 400


@pytest.mark.parametrize("order", ["sort=size:asc,name:desc", "sort_key=size&sort_dir=desc", "sort_key=name", ""])
def test_pages_show_every_image_once_in_the_order_of_the_whole(
    alice: Caller, three: dict[str, str], order: str
) -> None:
    for _ in range(3):
        alice.make()
    whole = alice.listed(f"?{order}")
    assert len(whole) == 6
    seen, path = [], f"/images?{order}&limit=2"
    while path:
        body = alice("GET", path).json()
        seen += [image["id"] for image in body["images"]]
        assert body["first"].startswith("/v2/images?")
        path = body.get("next", "").removeprefix("/v2")
    assert seen == whole


def test_sizes_sort_as_numbers(alice: Caller, three: dict[str, str]) -> None:
    assert alice.listed("?sort=size:desc") == [three["one"], three["two"], three["three"]]


def test_list_without_query_links_itself(alice: Caller) -> None:
    assert alice("GET", "/images").json() == {"images": [], "first": "/v2/images", "schema": "/v2/schemas/images"}


def test_limit_zero_shows_nothing(alice: Caller, three: dict[str, str]) -> None:
    body = alice("GET", "/images?limit=0").json()
    assert body["images"] == []
    assert "next" not in body
