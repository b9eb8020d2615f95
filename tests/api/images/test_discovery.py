from __future__ import annotations

import pytest

from tests.api.images.caller import Caller


@pytest.mark.parametrize(("path", "status"), [("", 300), ("/", 300), ("/versions", 200), ("/versions/", 200)])
def test_version_documents_need_no_token_and_link_with_prefix(alice: Caller, path: str, status: int) -> None:
    answer = alice.client.get(f"/image{path}")
    assert answer.status_code == status
    versions = answer.json()["versions"]
    assert [v["id"] for v in versions if v["status"] == "CURRENT"] == ["v2.9"]
    assert {link["href"] for v in versions for link in v["links"]} == {"http://moorage.test/image/v2/"}


@pytest.mark.parametrize("name", ["image", "images", "member", "members"])
def test_schemas_are_served(alice: Caller, name: str) -> None:
    assert alice("GET", f"/schemas/{name}").json()["name"] == name


def test_image_schema_describes_every_field_of_an_image(alice: Caller) -> None:
    assert set(alice("GET", "/schemas/image").json()["properties"]) == set(alice.make())


def test_info_says_there_is_one_store_and_no_import(alice: Caller) -> None:
    assert alice("GET", "/info/import").json()["import-methods"]["value"] == []
    assert [store["id"] for store in alice("GET", "/info/stores").json()["stores"]] == ["file"]


@pytest.mark.parametrize(
    "path", ["/tasks", "/metadefs/namespaces", "/cache", "/images/x/import", "/images/x/locations"]
)
def test_what_is_not_served_is_not_found(alice: Caller, path: str) -> None:
    assert alice("GET", path).status_code == 404


def test_without_token_nothing_but_versions(alice: Caller) -> None:
    answer = alice.client.get("/image/v2/images")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Keystone uri="http://moorage.test/identity"'
