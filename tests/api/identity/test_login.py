"""Version documents, login, tokens and the catalog as clients meet them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from moorage.api.identity import SERVICE
from moorage.api.wire.app import ServiceApp
from tests.api.identity.conftest import Api
from tests.identity.logins import DEFAULT, log_in, password_body, project
from tests.support.app import make_client

TOKENS = "/identity/v3/auth/tokens"
CATALOG = [
    ("identity", "keystone", "/identity"),
    ("compute", "nova", "/compute/v2.1"),
    ("block-storage", "cinder", "/volume/v3"),
    ("volumev3", "cinderv3", "/volume/v3"),
    ("image", "glance", "/image"),
    ("data-processing", "sahara", "/data-processing"),
]


@pytest.mark.parametrize("path", ["/identity", "/identity/"])
def test_root_announces_v3_with_and_without_slash(client: TestClient, path: str) -> None:
    bare = TestClient(ServiceApp(SERVICE, client.services), base_url="http://cloud:8780", follow_redirects=False)  # type: ignore[attr-defined]
    answer = bare.get(path)
    assert answer.status_code == 300
    [version] = answer.json()["versions"]["values"]
    assert version["links"] == [{"rel": "self", "href": "http://cloud:8780/identity/v3/"}]
    assert set(version) == {"id", "status", "updated", "links", "media-types"}


@pytest.mark.parametrize("path", ["/identity/v3", "/identity/v3/"])
def test_version_document_needs_no_token(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.json()["version"]["id"].startswith("v3.")


def test_login_answers_as_keystone_does(client: TestClient) -> None:
    answer = client.post(TOKENS, json=password_body("demo", scope=project("demo")))
    assert answer.status_code == 201
    assert answer.headers["Vary"] == "X-Auth-Token"
    assert answer.headers["x-openstack-request-id"].startswith("req-")
    token = answer.json()["token"]
    assert set(token) == {
        "methods", "user", "project", "is_domain", "roles", "catalog", "audit_ids", "issued_at", "expires_at",
    }  # fmt: skip
    assert token["methods"] == ["password"]
    assert set(token["user"]) == {"id", "name", "domain", "password_expires_at"}
    assert token["user"]["domain"] == {"id": "default", "name": "Default"}
    assert set(token["project"]) == {"id", "name", "domain"}
    assert [role["name"] for role in token["roles"]] == ["member", "reader"]
    assert token["expires_at"].endswith(".000000Z")
    assert len(token["user"]["id"]) == len(token["project"]["id"]) == 32


def test_catalog_follows_the_host_of_each_request(client: TestClient) -> None:
    headers = log_in(client, "demo")
    for host in ("one.example:1", "two.example:2"):
        shown = client.get(
            TOKENS, headers={**headers, "X-Subject-Token": headers["X-Auth-Token"], "Host": host}
        ).json()["token"]["catalog"]  # fmt: skip
        assert [(e["type"], e["name"]) for e in shown] == [(kind, name) for kind, name, _ in CATALOG]
        for entry, (_, _, path) in zip(shown, CATALOG, strict=True):
            assert {e["interface"] for e in entry["endpoints"]} == {"public", "internal", "admin"}
            assert {e["url"] for e in entry["endpoints"]} == {f"http://{host}{path}"}
            assert {(e["region"], e["region_id"]) for e in entry["endpoints"]} == {("RegionOne", "RegionOne")}


def test_catalog_ids_are_stable_and_unique(client: TestClient, admin: Api) -> None:
    first = admin("GET", "/endpoints", 200)["endpoints"]
    assert first == admin("GET", "/endpoints", 200)["endpoints"]
    assert len({e["id"] for e in first}) == 18
    assert {s["id"] for s in admin("GET", "/services", 200)["services"]} == {e["service_id"] for e in first}
    assert admin("GET", f"/endpoints/{first[0]['id']}", 200)["endpoint"] == first[0]


def test_nocatalog_leaves_the_catalog_out(client: TestClient, demo: Api) -> None:
    answer = client.post(f"{TOKENS}?nocatalog", json=password_body("demo"))
    assert "catalog" not in answer.json()["token"]
    subject = {"X-Subject-Token": demo.headers["X-Auth-Token"]}
    assert "catalog" not in demo("GET", "/auth/tokens?nocatalog", 200, **subject)["token"]


def test_get_equals_what_post_answered(client: TestClient) -> None:
    issued = client.post(TOKENS, json=password_body("demo"))
    secret = issued.headers["X-Subject-Token"]
    shown = client.get(TOKENS, headers={"X-Auth-Token": secret, "X-Subject-Token": secret})
    assert shown.status_code == 200
    assert shown.json() == issued.json()
    assert shown.headers["X-Subject-Token"] == secret


def test_head_has_no_body_and_delete_ends_the_token(client: TestClient, admin: Api, demo: Api) -> None:
    subject = {"X-Subject-Token": demo.headers["X-Auth-Token"]}
    admin("HEAD", "/auth/tokens", 200, **subject)
    demo("DELETE", "/auth/tokens", 204, **subject)
    admin("GET", "/auth/tokens", 404, **subject)
    admin("DELETE", "/auth/tokens", 404, **subject)
    refusal = client.get("/identity/v3/auth/projects", headers=demo.headers)
    assert refusal.status_code == 401
    assert refusal.json()["error"]["code"] == 401
    assert refusal.headers["WWW-Authenticate"] == 'Keystone uri="http://moorage.test/identity"'


def test_others_tokens_are_for_admins_and_services(client: TestClient, admin: Api, demo: Api) -> None:
    subject = {"X-Subject-Token": admin.headers["X-Auth-Token"]}
    demo("GET", "/auth/tokens", 403, **subject)
    demo("DELETE", "/auth/tokens", 403, **subject)
    service = Api(client, log_in(client, "moorage"))
    service("GET", "/auth/tokens", 200, **subject)
    service("DELETE", "/auth/tokens", 403, **subject)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"system": {"all": True}}, {"system", "roles", "catalog"}),
        ({"unscoped": {}}, set()),
        ("unscoped", set()),
        (project("admin"), {"project", "is_domain", "roles", "catalog"}),
    ],
)
def test_scope_decides_what_the_token_holds(client: TestClient, scope: Any, expected: set[str]) -> None:
    token = client.post(TOKENS, json=password_body("admin", scope=scope)).json()["token"]
    assert set(token) - {"methods", "user", "audit_ids", "issued_at", "expires_at"} == expected


def test_domain_scope_needs_a_role_on_the_domain(client: TestClient, admin: Api) -> None:
    body = password_body("demo", scope={"domain": {"name": "Default"}})
    assert client.post(TOKENS, json=body).status_code == 401
    user = admin("GET", "/users?name=demo", 200)["users"][0]["id"]
    role = admin("GET", "/roles?name=reader", 200)["roles"][0]["id"]
    admin("PUT", f"/domains/default/users/{user}/roles/{role}", 204)
    token = client.post(TOKENS, json=body).json()["token"]
    assert token["domain"] == {"id": "default", "name": "Default"}
    admin("DELETE", f"/domains/default/users/{user}/roles/{role}", 204)
    assert client.post(TOKENS, json=body).status_code == 401


def test_token_method_changes_the_scope(client: TestClient) -> None:
    secret = log_in(client, "admin", scope="unscoped")["X-Auth-Token"]
    identity = {"methods": ["token"], "token": {"id": secret}}
    answer = client.post(TOKENS, json={"auth": {"identity": identity, "scope": {"system": {"all": True}}}})
    assert answer.status_code == 201
    assert answer.json()["token"]["methods"][0] == "token"


def _auth(**auth: Any) -> dict[str, Any]:
    return {"auth": auth}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ([], 400),
        (_auth(), 400),
        (_auth(identity={"methods": []}), 400),
        (_auth(identity={"methods": ["password"]}), 400),
        (_auth(identity={"methods": "password"}), 400),
        (_auth(identity={"methods": ["password"], "password": {"user": {"name": "demo", "password": "x"}}}), 400),
        (_auth(identity={"methods": ["password"], "password": {"user": {"password": "x"}}}), 400),
        (_auth(identity={"methods": ["password"], "password": {"user": {"id": "x", "password": 7}}}), 400),
        (_auth(identity={"methods": ["token"], "token": {"id": "\u20ac"}}), 401),
        (_auth(identity={"methods": ["totp"], "totp": {"user": {"id": "x", "passcode": "1"}}}), 401),
        (password_body("demo", scope={"project": {"name": "demo"}}), 400),
        (password_body("demo", scope={"project": {"id": "x"}, "domain": DEFAULT}), 400),
        (password_body("demo", scope={}), 400),
        (password_body("demo", scope={"system": {"all": False}}), 400),
        (password_body("demo", scope={"OS-TRUST:trust": {"id": "x"}}), 400),
        (password_body("demo", password="wrong"), 401),
        (password_body("demo", password=""), 401),
        (password_body("demo", password="x" * 5000), 401),
        (password_body("nobody", password="x"), 401),
    ],
)
def test_bad_login_is_refused_clearly(client: TestClient, body: Any, status: int) -> None:
    answer = client.post(TOKENS, json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["code"] == status
    assert "X-Subject-Token" not in answer.headers


def test_unknown_user_and_wrong_password_read_the_same(client: TestClient) -> None:
    known = client.post(TOKENS, json=password_body("demo", password="wrong"))
    unknown = client.post(TOKENS, json=password_body("nobody", password="wrong"))
    assert known.json() == unknown.json()


def test_own_lists_show_what_one_can_log_in_to(client: TestClient, admin: Api, demo: Api) -> None:
    listed = demo("GET", "/auth/projects", 200)
    assert [p["name"] for p in listed["projects"]] == ["demo"]
    assert listed["links"] == {
        "self": "http://moorage.test/identity/v3/auth/projects", "previous": None, "next": None,
    }  # fmt: skip
    assert demo("GET", "/auth/domains", 200)["domains"] == []
    assert demo("GET", "/auth/system", 200)["system"] == []
    assert admin("GET", "/auth/system", 200)["system"] == [{"all": True}]
    assert len(demo("GET", "/auth/catalog", 200)["catalog"]) == len(CATALOG)


def test_unscoped_token_lists_projects_but_no_catalog(client: TestClient) -> None:
    unscoped = Api(client, log_in(client, "demo", scope="unscoped"))
    assert [p["name"] for p in unscoped("GET", "/auth/projects", 200)["projects"]] == ["demo"]
    unscoped("GET", "/auth/catalog", 403)


def test_without_embedded_tokens_login_says_so(tmp_path: Path) -> None:
    answer = make_client(tmp_path, SERVICE).post(TOKENS, json=password_body("demo"))
    assert answer.status_code == 501


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/auth/tokens", _auth(identity={"methods": ["password"], "password": {"user": {"password": ["hush-hush"]}}})),
        ("/auth/tokens", _auth(identity={"methods": ["password"], "password": {"usr": {"password": "hush-hush"}}})),
        ("/auth/tokens", _auth(identity={"methods": ["token"], "token": {"ident": "hush-hush"}})),
        ("/auth/tokens", _auth(identity={"password": {"user": {"password": "hush-hush"}}})),
        ("/users", {"user": {"password": "hush-hush"}}),
        ("/users", {"user": {"name": "u", "password": "hush-hush" * 500}}),
        ("/users/me/password", {"user": {"original_password": "hush-hush"}}),
    ],
)
def test_error_texts_never_repeat_a_secret(admin: Api, path: str, body: Any) -> None:
    error = admin("POST", path, 400, body)["error"]
    assert "hush-hush" not in error["message"]
