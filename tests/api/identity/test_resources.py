"""Projects, users, domains, groups, roles and grants over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.identity.conftest import Api
from tests.identity.logins import log_in, password_body, project

TOKENS = "/identity/v3/auth/tokens"
NOUNS = ("project", "user", "domain", "group", "role")


def _id(admin: Api, noun: str, name: str) -> str:
    [found] = admin("GET", f"/{noun}s?name={name}", 200)[f"{noun}s"]
    return str(found["id"])


def test_brought_account_works_until_it_is_disabled(client: TestClient, admin: Api) -> None:
    made = admin("POST", "/projects", 201, {"project": {"name": "p1", "domain_id": "default"}})["project"]
    new = {"name": "u1", "password": "secret-1", "domain_id": "default", "email": "u@x", "options": {}}
    user = admin("POST", "/users", 201, {"user": new})["user"]
    assert "password" not in user
    grant = f"/projects/{made['id']}/users/{user['id']}/roles/{_id(admin, 'role', 'member')}"
    admin("HEAD", grant, 404)
    admin("PUT", grant, 204)
    admin("PUT", grant, 204)
    admin("HEAD", grant, 204)
    mine = Api(client, log_in(client, "u1", "secret-1", project("p1")))
    assert [p["id"] for p in mine("GET", f"/users/{user['id']}/projects", 200)["projects"]] == [made["id"]]
    admin("PATCH", f"/users/{user['id']}", 200, {"user": {"enabled": False}})
    mine("GET", "/auth/projects", 401)
    assert client.post(TOKENS, json=password_body("u1", "secret-1", project("p1"))).status_code == 401
    admin("PATCH", f"/users/{user['id']}", 200, {"user": {"enabled": True}})
    mine("GET", "/auth/projects", 401)
    log_in(client, "u1", "secret-1", project("p1"))
    admin("DELETE", grant, 204)
    admin("DELETE", grant, 404)
    assert client.post(TOKENS, json=password_body("u1", "secret-1", project("p1"))).status_code == 401
    admin("DELETE", f"/users/{user['id']}", 204)
    admin("DELETE", f"/projects/{made['id']}", 204)
    admin("GET", f"/users/{user['id']}", 404)
    admin("GET", f"/projects/{made['id']}", 404)


def test_disabled_project_ends_its_sessions(client: TestClient, admin: Api, demo: Api) -> None:
    admin("PATCH", f"/projects/{_id(admin, 'project', 'demo')}", 200, {"project": {"enabled": False}})
    demo("GET", "/auth/projects", 401)
    assert client.post(TOKENS, json=password_body("demo", scope=project("demo"))).status_code == 401
    unscoped = Api(client, log_in(client, "demo"))
    assert unscoped("GET", "/auth/projects", 200)["projects"] == []


def test_project_has_keystones_fields(admin: Api) -> None:
    body = {"name": "p", "description": "d", "color": "blue", "tags": ["a"]}
    made = admin("POST", "/projects", 201, {"project": body})["project"]
    assert made == {
        "id": made["id"], "name": "p", "description": "d", "domain_id": "default", "parent_id": "default",
        "enabled": True, "is_domain": False, "tags": ["a"], "options": {}, "color": "blue",
        "links": {"self": f"http://moorage.test/identity/v3/projects/{made['id']}"},
    }  # fmt: skip
    changed = admin("PATCH", f"/projects/{made['id']}", 200, {"project": {"size": 3, "description": None}})["project"]
    assert (changed["color"], changed["size"], changed["description"]) == ("blue", 3, "")


def test_user_has_keystones_fields(admin: Api) -> None:
    made = admin("POST", "/users", 201, {"user": {"name": "u", "password": "p"}})["user"]
    assert set(made) == {"id", "name", "domain_id", "enabled", "password_expires_at", "options", "links"}
    changed = admin("PATCH", f"/users/{made['id']}", 200, {"user": {"email": "a@b", "description": "x"}})["user"]
    assert (changed["email"], changed["description"]) == ("a@b", "x")


def test_own_password_change_needs_the_old_one(client: TestClient, demo: Api) -> None:
    me = demo("GET", "/auth/tokens", 200, **{"X-Subject-Token": demo.headers["X-Auth-Token"]})["token"]["user"]["id"]
    change = {"user": {"original_password": "wrong", "password": "brand-new"}}
    demo("POST", f"/users/{me}/password", 401, change)
    demo("POST", "/users/nobody/password", 401, change)
    demo("GET", "/auth/projects", 200)
    change["user"]["original_password"] = "demo-secret"
    demo("POST", f"/users/{me}/password", 204, change)
    demo("GET", "/auth/projects", 401)
    assert client.post(TOKENS, json=password_body("demo")).status_code == 401
    log_in(client, "demo", "brand-new")


@pytest.mark.parametrize("noun", NOUNS)
def test_names_are_checked_and_unique(admin: Api, noun: str) -> None:
    longest = 255 if noun in ("user", "role") else 64
    for bad in ("", " ", "x" * (longest + 1), 7, None):
        error = admin("POST", f"/{noun}s", 400, {noun: {"name": bad}})["error"]
        assert "name" in error["message"]
    assert "name" in admin("POST", f"/{noun}s", 400, {noun: {}})["error"]["message"]
    admin("POST", f"/{noun}s", 400, {})
    first = admin("POST", f"/{noun}s", 201, {noun: {"name": "ж" * longest}})[noun]
    admin("POST", f"/{noun}s", 409, {noun: {"name": "ж" * longest}})
    second = admin("POST", f"/{noun}s", 201, {noun: {"name": "second"}})[noun]
    admin("PATCH", f"/{noun}s/{second['id']}", 409, {noun: {"name": first["name"]}})
    assert admin("GET", f"/{noun}s/{second['id']}", 200)[noun] == second


@pytest.mark.parametrize("noun", NOUNS)
def test_create_show_change_list_delete(admin: Api, noun: str) -> None:
    made = admin("POST", f"/{noun}s", 201, {noun: {"name": "n1", "description": "one"}})[noun]
    path = f"/{noun}s/{made['id']}"
    assert admin("GET", path, 200)[noun] == made
    changed = admin("PATCH", path, 200, {noun: {"name": "n2", "description": "two"}})[noun]
    assert (changed["name"], changed["description"]) == ("n2", "two")
    listed = admin("GET", f"/{noun}s?name=n2", 200)
    assert listed[f"{noun}s"] == [changed]
    assert listed["links"]["self"] == f"http://moorage.test/identity/v3/{noun}s"
    if noun == "domain":
        admin("DELETE", path, 403)
        admin("PATCH", path, 200, {noun: {"enabled": False}})
    admin("DELETE", path, 204)
    for method in ("GET", "DELETE", "PATCH"):
        admin(method, path, 404, {noun: {}} if method == "PATCH" else None)


@pytest.mark.parametrize("noun", NOUNS)
def test_members_may_not_administer(demo: Api, noun: str) -> None:
    demo("GET", f"/{noun}s", 403)
    demo("POST", f"/{noun}s", 403, {noun: {"name": "x"}})
    for method in ("PATCH", "DELETE", "GET"):
        demo(method, f"/{noun}s/other", 403, {noun: {}} if method == "PATCH" else None)


def test_members_see_themselves(admin: Api, demo: Api) -> None:
    user, own = _id(admin, "user", "demo"), _id(admin, "project", "demo")
    assert demo("GET", f"/users/{user}", 200)["user"]["name"] == "demo"
    assert demo("GET", f"/projects/{own}", 200)["project"]["name"] == "demo"
    assert demo("GET", "/domains/default", 200)["domain"]["name"] == "Default"
    assert demo("GET", f"/users/{user}/groups", 200)["groups"] == []
    demo("GET", f"/users/{_id(admin, 'user', 'admin')}/projects", 403)
    demo("GET", "/role_assignments", 403)
    demo("GET", "/services", 403)
    assert [r["id"] for r in demo("GET", "/regions", 200)["regions"]] == ["RegionOne"]


def test_lists_filter_and_page(admin: Api) -> None:
    for number in range(5):
        admin("POST", "/projects", 201, {"project": {"name": f"many-{number}", "enabled": number % 2 == 0}})
    assert len(admin("GET", "/projects?name__startswith=many&enabled=false", 200)["projects"]) == 2
    assert admin("GET", "/projects?domain_id=nowhere", 200)["projects"] == []
    seen: list[str] = []
    path: Any = "/projects?name__contains=any-&limit=2"
    while path:
        page = admin("GET", path, 200)
        seen += [one["name"] for one in page["projects"]]
        assert len(page["projects"]) <= 2
        path = page["links"]["next"] and page["links"]["next"].removeprefix("http://moorage.test/identity/v3")
    assert sorted(seen) == [f"many-{number}" for number in range(5)]
    admin("GET", "/projects?limit=-1", 400)


def test_wildcards_in_filters_are_letters(admin: Api) -> None:
    assert admin("GET", "/users?name__contains=%25", 200)["users"] == []


def test_built_in_roles_stay(admin: Api) -> None:
    for name in ("admin", "manager", "member", "reader", "service"):
        role = _id(admin, "role", name)
        admin("DELETE", f"/roles/{role}", 403)
        admin("PATCH", f"/roles/{role}", 403, {"role": {"name": "other"}})


def test_assignments_show_names_groups_and_implied_roles(admin: Api) -> None:
    group = admin("POST", "/groups", 201, {"group": {"name": "ops"}})["group"]["id"]
    user, where = _id(admin, "user", "demo"), _id(admin, "project", "admin")
    admin("PUT", f"/groups/{group}/users/{user}", 204)
    admin("HEAD", f"/groups/{group}/users/{user}", 204)
    admin("PUT", f"/projects/{where}/groups/{group}/roles/{_id(admin, 'role', 'manager')}", 204)
    given = admin("GET", f"/role_assignments?scope.project.id={where}&include_names=true", 200)["role_assignments"]
    [one] = [a for a in given if "group" in a]
    assert one["group"] == {"id": group, "name": "ops", "domain": {"id": "default", "name": "Default"}}
    assert one["scope"]["project"]["name"] == "admin"
    effective = admin("GET", f"/role_assignments?effective&user.id={user}&scope.project.id={where}", 200)
    roles = {a["role"]["id"] for a in effective["role_assignments"]}
    assert roles == {_id(admin, "role", name) for name in ("manager", "member", "reader")}
    system = admin("GET", "/role_assignments?scope.system=all", 200)["role_assignments"]
    assert [a["scope"] for a in system] == [{"system": {"all": True}}]
    for a in [*given, *effective["role_assignments"], *system]:
        admin("HEAD", a["links"]["assignment"].removeprefix("http://moorage.test/identity/v3"), 204)
    admin("DELETE", f"/groups/{group}/users/{user}", 204)
    admin("DELETE", f"/groups/{group}/users/{user}", 404)
    gone = admin("GET", f"/role_assignments?effective&user.id={user}&scope.project.id={where}", 200)
    assert gone["role_assignments"] == []


@pytest.mark.parametrize("place", ["/projects/{p}", "/domains/default", "/system"])
@pytest.mark.parametrize("actor", ["user", "group"])
def test_grants_on_every_scope(admin: Api, place: str, actor: str) -> None:
    ident = admin("POST", f"/{actor}s", 201, {actor: {"name": "a"}})[actor]["id"]
    role = _id(admin, "role", "reader")
    path = place.format(p=_id(admin, "project", "demo")) + f"/{actor}s/{ident}/roles"
    admin("PUT", f"{path}/{role}", 204)
    assert [r["name"] for r in admin("GET", path, 200)["roles"]] == ["reader"]
    admin("DELETE", f"{path}/{role}", 204)
    assert admin("GET", path, 200)["roles"] == []
    admin("PUT", f"{path}/nothing", 404)
    admin("PUT", path.replace(ident, "nobody") + f"/{role}", 404)


def test_project_tags(admin: Api, demo: Api) -> None:
    own = _id(admin, "project", "demo")
    path = f"/projects/{own}/tags"
    assert admin("PUT", path, 200, {"tags": ["a", "b", "a"]})["tags"] == ["a", "b"]
    assert demo("GET", path, 200)["tags"] == ["a", "b"]
    demo("PUT", f"{path}/c", 403)
    answer = admin.client.put(f"/identity/v3{path}/c", headers=admin.headers)
    assert answer.status_code == 201
    admin("HEAD", f"{path}/c", 204)
    admin("HEAD", f"{path}/d", 404)
    assert [p["id"] for p in admin("GET", "/projects?tags=a,c", 200)["projects"]] == [own]
    assert own not in [p["id"] for p in admin("GET", "/projects?not-tags-any=a", 200)["projects"]]
    admin("DELETE", f"{path}/a", 204)
    admin("DELETE", f"{path}/a", 404)
    admin("PUT", path, 400, {"tags": ["a,b"]})
    admin("PUT", path, 400, {"tags": [f"t{n}" for n in range(81)]})
    admin("DELETE", path, 204)
    assert demo("GET", path, 200)["tags"] == []


def test_tag_filter_reaches_beyond_the_first_page(admin: Api) -> None:
    for number in range(4):
        tags = ["wanted"] if number in (0, 3) else []
        admin("POST", "/projects", 201, {"project": {"name": f"t{number}", "tags": tags}})
    found: list[str] = []
    path: Any = "/projects?tags=wanted&limit=1"
    while path:
        page = admin("GET", path, 200)
        found += [p["name"] for p in page["projects"]]
        path = page["links"]["next"] and page["links"]["next"].removeprefix("http://moorage.test/identity/v3")
    assert sorted(found) == ["t0", "t3"]


def test_project_tree_is_respected(admin: Api) -> None:
    top = admin("POST", "/projects", 201, {"project": {"name": "top"}})["project"]["id"]
    leaf = admin("POST", "/projects", 201, {"project": {"name": "leaf", "parent_id": top}})["project"]
    assert (leaf["parent_id"], leaf["domain_id"]) == (top, "default")
    admin("DELETE", f"/projects/{top}", 403)
    other = admin("POST", "/domains", 201, {"domain": {"name": "d2"}})["domain"]["id"]
    admin("POST", "/projects", 400, {"project": {"name": "x", "parent_id": top, "domain_id": other}})
    admin("POST", "/projects", 404, {"project": {"name": "x", "parent_id": "nothing"}})
    admin("PATCH", f"/projects/{leaf['id']}", 400, {"project": {"parent_id": other}})
    admin("PATCH", f"/projects/{leaf['id']}", 400, {"project": {"domain_id": other}})


def test_options_that_would_not_be_obeyed_are_refused(admin: Api) -> None:
    admin("POST", "/users", 400, {"user": {"name": "u", "options": {"lock_password": True}}})
    kept = admin("POST", "/users", 201, {"user": {"name": "u", "options": {"ignore_password_expiry": True}}})
    assert kept["user"]["options"] == {"ignore_password_expiry": True}
    admin("POST", "/projects", 400, {"project": {"name": "p", "options": {"immutable": True}}})
    admin("POST", "/projects", 400, {"project": {"name": "p", "is_domain": True}})


def test_bad_values_never_crash(admin: Api) -> None:
    for bad in ({"enabled": "maybe"}, {"domain_id": 7}, {"password": ""}, {"default_project_id": "x" * 65}):
        admin("POST", "/users", 400, {"user": {"name": "u", **bad}})
    admin("POST", "/users", 404, {"user": {"name": "u", "domain_id": "nowhere"}})
    admin("POST", "/groups", 400, {"group": {"name": "g", "color": "blue"}})
    admin("POST", "/users", 400, {"user": []})
    assert admin("GET", "/users?name=u", 200)["users"] == []


@pytest.mark.parametrize(
    "path", ["/OS-TRUST/trusts", "/policies", "/domains/default/config", "/credentials", "/users/"]
)
def test_what_is_not_served_is_404(admin: Api, path: str) -> None:
    admin("GET", path, 404)
