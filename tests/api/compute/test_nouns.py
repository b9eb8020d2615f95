"""What the recorded answers do not show: values, links, keys that work, who sees what."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from starlette.testclient import TestClient

from moorage import errors, ids
from moorage.compute.service import flavors, server_groups
from moorage.context import Context

ADMIN = {"X-Auth-Token": "admin:" + "a" * 32}
MEMBER = {"X-Auth-Token": "member:" + "b" * 32}
ROOT = "/compute/v2.1"


def at(version: str, who: dict[str, str] = ADMIN) -> dict[str, str]:
    return {**who, "OpenStack-API-Version": f"compute {version}"}


@pytest.mark.parametrize("path", ["/compute", "/compute/"])
def test_versions_are_announced_without_a_token(client: TestClient, path: str) -> None:
    response = client.get(path)
    (version,) = response.json()["versions"]
    assert response.status_code == 200
    assert (version["id"], version["min_version"], version["version"]) == ("v2.1", "2.1", "2.96")
    assert version["links"] == [{"rel": "self", "href": "http://moorage.test/compute/v2.1/"}]


@pytest.mark.parametrize("path", ["/compute/v2.1", "/compute/v2.1/"])
def test_version_document_has_media_types(client: TestClient, path: str) -> None:
    version = client.get(path).json()["version"]
    assert version["media-types"][0]["type"] == "application/vnd.openstack.compute+json;version=2.1"


def test_flavor_pages_follow_their_links(client: TestClient) -> None:
    path, seen = f"{ROOT}/flavors?limit=2", []
    while path:
        page = client.get(path, headers=MEMBER).json()
        seen += [flavor["id"] for flavor in page["flavors"]]
        path = page.get("flavors_links", [{"href": ""}])[0]["href"]
    assert seen == ["1", "2", "3", "4", "5"]


def test_flavors_are_filtered_and_sorted(client: TestClient) -> None:
    query = "minRam=1024&minDisk=20&sort_key=memory_mb&sort_dir=desc"
    found = client.get(f"{ROOT}/flavors?{query}", headers=MEMBER).json()["flavors"]
    assert [flavor["name"] for flavor in found] == ["m1.large", "m1.medium", "m1.small"]


def test_private_flavor_is_seen_by_its_projects_only(client: TestClient) -> None:
    body = {"flavor": {"name": "p", "id": "p", "ram": 1, "vcpus": 1, "disk": 0, "os-flavor-access:is_public": "no"}}
    assert client.post(f"{ROOT}/flavors", json=body, headers=ADMIN).status_code == 200
    assert client.get(f"{ROOT}/flavors/p", headers=MEMBER).status_code == 404
    access = {"addTenantAccess": {"tenant": "b" * 32}}
    assert client.post(f"{ROOT}/flavors/p/action", json=access, headers=ADMIN).status_code == 200
    assert client.get(f"{ROOT}/flavors/p", headers=MEMBER).status_code == 200
    assert "p" in [flavor["id"] for flavor in client.get(f"{ROOT}/flavors", headers=MEMBER).json()["flavors"]]
    assert "p" not in [flavor["id"] for flavor in client.get(f"{ROOT}/flavors", headers=ADMIN).json()["flavors"]]
    assert client.post(f"{ROOT}/flavors/p/action", json=access, headers=MEMBER).status_code == 403


def test_auto_makes_a_random_flavor_id(client: TestClient) -> None:
    for name in ("one", "two"):
        body = {"flavor": {"name": name, "id": "auto", "ram": 1, "vcpus": 1, "disk": 0}}
        made = client.post(f"{ROOT}/flavors", json=body, headers=ADMIN).json()["flavor"]
        assert ids.is_uuid(made["id"])


def test_default_flavors_do_not_come_back(client: TestClient) -> None:
    client.delete(f"{ROOT}/flavors/1", headers=ADMIN)
    with client.services.store.write() as tx:  # type: ignore[attr-defined]
        flavors.ensure_defaults(tx)
    assert client.get(f"{ROOT}/flavors/1", headers=ADMIN).status_code == 404


def make_key(client: TestClient, version: str, **fields: Any) -> dict[str, Any]:
    response = client.post(f"{ROOT}/os-keypairs", json={"keypair": {"name": "k", **fields}}, headers=at(version))
    assert response.status_code in (200, 201), response.text
    found: dict[str, Any] = response.json()["keypair"]
    return found


def test_generated_private_key_fits_the_public_one(client: TestClient) -> None:
    made = make_key(client, "2.1")
    private = serialization.load_pem_private_key(made["private_key"].encode(), None)
    openssh = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    assert made["public_key"].startswith(private.public_key().public_bytes(*openssh).decode())
    shown = client.get(f"{ROOT}/os-keypairs/k", headers=ADMIN).json()["keypair"]
    assert "private_key" not in shown
    assert shown["fingerprint"] == made["fingerprint"]


def test_generated_certificate_comes_with_its_key(client: TestClient) -> None:
    made = make_key(client, "2.10", type="x509")
    bundle = pkcs12.load_pkcs12(base64.b64decode(made["private_key"]), None)
    assert bundle.cert is not None
    assert bundle.cert.certificate == x509.load_pem_x509_certificate(made["public_key"].encode())
    assert make_key(client, "2.92", name="copy", type="x509", public_key=made["public_key"])["type"] == "x509"


def test_fingerprint_is_the_md5_that_ssh_keygen_shows(client: TestClient) -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDi3SN6oxLPHiSB9pCpA5dCzqi1QJqfKJZkz0Fz2Y0rE me@here"
    made = make_key(client, "2.92", public_key=key)
    assert made["fingerprint"] == "dc:9f:e2:87:df:d5:4a:08:29:e7:7c:75:a8:0a:9e:9e"


def test_too_many_keypairs_are_refused(client: TestClient) -> None:
    limits = {"quota_set": {"key_pairs": 1}}
    assert client.put(f"{ROOT}/os-quota-sets/{'a' * 32}", json=limits, headers=ADMIN).status_code == 200
    key = make_key(client, "2.1")["public_key"]
    body = {"keypair": {"name": "more", "public_key": key}}
    refused = client.post(f"{ROOT}/os-keypairs", json=body, headers=ADMIN)
    assert refused.status_code == 403
    assert refused.json()["forbidden"]["message"] == "Quota exceeded, too many key pairs."


def test_groups_are_limited_and_show_living_members_only(client: TestClient) -> None:
    limits = {"quota_set": {"server_groups": 1, "server_group_members": 1}}
    client.put(f"{ROOT}/os-quota-sets/{'b' * 32}", json=limits, headers=ADMIN)
    body = {"server_group": {"name": "g", "policy": "affinity"}}
    made = client.post(f"{ROOT}/os-server-groups", json=body, headers=at("2.64", MEMBER)).json()["server_group"]
    assert client.post(f"{ROOT}/os-server-groups", json=body, headers=at("2.64", MEMBER)).status_code == 403
    with client.services.store.write() as tx:  # type: ignore[attr-defined]
        context = Context(user_id="u", project_id="b" * 32)
        assert server_groups.join(tx, context, made["id"], "gone").members == ["gone"]
        assert server_groups.get(tx, context, made["id"]).members == []
        with pytest.raises(errors.NotFound):
            server_groups.get(tx, Context(user_id="u", project_id="c" * 32), made["id"])


def test_quota_of_a_single_user_is_refused(client: TestClient) -> None:
    path = f"{ROOT}/os-quota-sets/{'b' * 32}?user_id=someone"
    assert client.put(path, json={"quota_set": {"cores": 5}}, headers=ADMIN).status_code == 501


def test_host_aggregates_are_refused(client: TestClient) -> None:
    body = {"aggregate": {"name": "rack1"}}
    assert client.post(f"{ROOT}/os-aggregates", json=body, headers=ADMIN).status_code == 501


@pytest.mark.parametrize(
    "field",
    [
        {"id": "line\n"},
        {"id": True},
        {"description": "a\x00b"},
        {"name": "tab\t"},
        {"ram": 10**30},
        {"rxtx_factor": "nan"},
    ],
)
def test_odd_flavor_fields_are_refused_and_change_nothing(client: TestClient, field: dict[str, Any]) -> None:
    body = {"flavor": {"name": "odd", "ram": 1, "vcpus": 1, "disk": 0, **field}}
    assert client.post(f"{ROOT}/flavors", json=body, headers=at("2.55")).status_code == 400
    assert len(client.get(f"{ROOT}/flavors", headers=ADMIN).json()["flavors"]) == 5


@pytest.mark.parametrize(
    "path",
    ["/os-migrations?changes-since=0001-01-01T00:00:00%2B14:00", "/os-instance_usage_audit_log/0001-01-01%2000:00:00"],
)
def test_times_before_the_calendar_are_refused(client: TestClient, path: str) -> None:
    assert client.get(f"{ROOT}{path}", headers=at("2.96")).status_code == 400
