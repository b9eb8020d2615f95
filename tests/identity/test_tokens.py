"""What a token is worth, and when it stops being worth it."""

from __future__ import annotations

import datetime as dt
import threading
import timeit
from collections.abc import Callable

import argon2
import msgspec
import pytest
import sqlalchemy as sa

from moorage import clock, errors
from moorage.identity.model import Actor, DomainRef, Login, NamedRef, Scope, WantedScope
from moorage.identity.service import assignments, domains, groups, passwords, projects, roles, rows, users
from moorage.identity.service.tokens import TokenService
from moorage.store import Store, Tx
from moorage.store.tables import identity as tables
from tests.identity.logins import bootstrapped, by_password

SYSTEM = WantedScope("system")


def _id(tx: Tx, kind: rows.Kind, name: str) -> str:
    found = rows.find(tx, kind, name=name)
    assert found is not None
    return found.id


def _rescope(token: str, scope: WantedScope | None = None) -> Login:
    return Login(methods=["token"], scope=scope or WantedScope(), token=token)


def test_context_carries_user_project_and_implied_roles(tokens: TokenService) -> None:
    context = tokens.context_of(tokens.issue(by_password("admin")).token)
    assert (context.user_name, context.project_name) == ("admin", "admin")
    assert context.roles == {"admin", "manager", "member", "reader"}
    assert tokens.context_of(tokens.issue(by_password("demo")).token).roles == {"member", "reader"}
    assert tokens.context_of(tokens.issue(by_password("moorage")).token).roles == {"service"}


def test_system_token_has_no_project(tokens: TokenService) -> None:
    context = tokens.context_of(tokens.issue(by_password("admin", scope=SYSTEM)).token)
    assert context.system
    assert context.project_id == ""
    assert "admin" in context.roles


def test_database_never_holds_the_token_or_a_password(tokens: TokenService, store: Store) -> None:
    token = tokens.issue(by_password("demo")).token
    with store.read() as tx:
        text = str(tx.execute(sa.select(tables.tokens)).all()) + str(tx.execute(sa.select(tables.users)).all())
    assert token not in text
    assert "demo-secret" not in text
    assert "$argon2id$" in text


def test_nothing_secret_in_representations(tokens: TokenService) -> None:
    issued = tokens.issue(by_password("demo"))
    assert issued.token not in repr(issued)
    assert "demo-secret" not in repr(by_password("demo"))


@pytest.mark.parametrize(
    "login",
    [
        by_password("demo", "wrong"),
        by_password("nobody", "demo-secret"),
        by_password("demo", scope=WantedScope("project", NamedRef(name="admin", domain=DomainRef(id="default")))),
        by_password("demo", scope=WantedScope("project", NamedRef(id="0" * 32))),
        by_password("demo", scope=SYSTEM),
        by_password("demo", scope=WantedScope("domain", DomainRef(id="default"))),
        _rescope("no such token"),
    ],
)
def test_every_wrong_login_gets_the_same_answer(tokens: TokenService, login: Login) -> None:
    with pytest.raises(errors.Unauthorized) as refusal:
        tokens.issue(login)
    assert str(refusal.value) == "The request you have made requires authentication."


def test_an_unknown_user_costs_the_same_hash_check_as_a_wrong_password(
    tokens: TokenService, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = argon2.PasswordHasher.verify

    def counted(self: argon2.PasswordHasher, digest: str, password: str) -> bool:
        checked.append(digest.rsplit("$", 2)[0])
        return real(self, digest, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)
    for name in ("demo", "nobody"):
        with pytest.raises(errors.Unauthorized):
            tokens.issue(by_password(name, "wrong"))
    assert len(checked) == 2
    assert checked[0] == checked[1], "the same parameters, so the same time"


def test_unscoped_login_without_default_project_has_no_roles(tokens: TokenService, store: Store) -> None:
    with store.write() as tx:
        users.update(tx, _id(tx, rows.USER, "demo"), {"default_project_id": None})
    body = tokens.issue(by_password("demo")).body
    assert "roles" not in body
    assert "project" not in body


def test_default_project_out_of_reach_leaves_token_unscoped(tokens: TokenService, store: Store) -> None:
    with store.write() as tx:
        users.update(tx, _id(tx, rows.USER, "demo"), {"default_project_id": _id(tx, rows.PROJECT, "admin")})
    assert "project" not in tokens.issue(by_password("demo")).body


def test_rescoped_token_keeps_expiry_and_names_its_origin(tokens: TokenService) -> None:
    first = tokens.issue(by_password("admin", scope=WantedScope("unscoped")))
    second = tokens.issue(_rescope(first.token, SYSTEM))
    assert second.body["methods"] == ["token", "password"]
    assert second.body["expires_at"] == first.body["expires_at"]
    assert second.body["audit_ids"][1:] == first.body["audit_ids"]
    assert second.body["system"] == {"all": True}


def test_two_methods_must_prove_the_same_user(tokens: TokenService) -> None:
    admin = tokens.issue(by_password("admin")).token
    login = msgspec.structs.replace(by_password("demo"), methods=["password", "token"], token=admin)
    with pytest.raises(errors.Unauthorized):
        tokens.issue(login)


def test_expired_token_is_refused_even_while_remembered(tokens: TokenService, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tokens.issue(by_password("demo")).token
    tokens.context_of(token)
    later = clock.now() + dt.timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(errors.Unauthorized):
        tokens.context_of(token)
    with pytest.raises(errors.Unauthorized):
        tokens.issue(_rescope(token))


def test_remembered_token_never_outlives_its_expiry(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    service = TokenService(store, lifetime_s=60, remembered_s=3600)
    token = service.issue(by_password("demo")).token
    service.context_of(token)
    later = clock.now() + dt.timedelta(seconds=61)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(errors.Unauthorized):
        service.context_of(token)


def test_expired_rows_go_when_a_token_is_issued(
    tokens: TokenService, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.issue(by_password("demo"))
    later = clock.now() + dt.timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    tokens.issue(by_password("demo"))
    with store.read() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(tables.tokens)) == 1


def test_checked_token_is_answered_without_the_database(tokens: TokenService, store: Store) -> None:
    token = tokens.issue(by_password("demo")).token
    tokens.context_of(token)
    store.close()
    queries = []
    sa.event.listen(store._reader, "begin", queries.append)
    took = min(timeit.repeat(lambda: tokens.context_of(token), number=1000, repeat=3)) / 1000
    assert queries == []
    assert took < 100e-6


def _disable_user(tx: Tx) -> None:
    users.update(tx, _id(tx, rows.USER, "demo"), {"enabled": False})


def _change_password(tx: Tx) -> None:
    users.update(tx, _id(tx, rows.USER, "demo"), {"password_hash": "other"})


def _delete_user(tx: Tx) -> None:
    users.delete(tx, _id(tx, rows.USER, "demo"))


def _disable_project(tx: Tx) -> None:
    projects.update(tx, _id(tx, rows.PROJECT, "demo"), {"enabled": False})


def _delete_project(tx: Tx) -> None:
    projects.delete(tx, _id(tx, rows.PROJECT, "demo"))


def _disable_domain(tx: Tx) -> None:
    domains.update(tx, "default", {"enabled": False})


def _take_role(tx: Tx) -> None:
    actor, scope = Actor("user", _id(tx, rows.USER, "demo")), Scope("project", _id(tx, rows.PROJECT, "demo"))
    assignments.revoke(tx, actor, scope, _id(tx, rows.ROLE, "member"))


@pytest.mark.parametrize(
    "change",
    [
        _disable_user,
        _change_password,
        _delete_user,
        _disable_project,
        _delete_project,
        _disable_domain,
        _take_role,
    ],
)
def test_change_ends_sessions_at_once(tokens: TokenService, store: Store, change: Callable[[Tx], None]) -> None:
    token = tokens.issue(by_password("demo")).token
    tokens.context_of(token)
    with store.write() as tx:
        change(tx)
    with pytest.raises(errors.Unauthorized):
        tokens.context_of(token)


def test_unrelated_change_leaves_sessions_alone(tokens: TokenService, store: Store) -> None:
    token = tokens.issue(by_password("admin")).token
    system = tokens.issue(by_password("admin", scope=SYSTEM)).token
    with store.write() as tx:
        _disable_user(tx)
        actor, scope = Actor("user", _id(tx, rows.USER, "admin")), Scope("project", _id(tx, rows.PROJECT, "admin"))
        assignments.revoke(tx, actor, scope, _id(tx, rows.ROLE, "admin"))
    assert tokens.context_of(system).system
    with pytest.raises(errors.Unauthorized):
        tokens.context_of(token)


def test_losing_system_role_ends_only_system_sessions(tokens: TokenService, store: Store) -> None:
    token = tokens.issue(by_password("admin")).token
    system = tokens.issue(by_password("admin", scope=SYSTEM)).token
    with store.write() as tx:
        admin = _id(tx, rows.USER, "admin")
        assignments.revoke(tx, Actor("user", admin), Scope("system", "all"), _id(tx, rows.ROLE, "admin"))
    tokens.context_of(token)
    with pytest.raises(errors.Unauthorized):
        tokens.context_of(system)


def test_rolled_back_change_leaves_sessions_alone(tokens: TokenService, store: Store) -> None:
    token = tokens.issue(by_password("demo")).token

    def fail_after_disabling() -> None:
        with store.write() as tx:
            _disable_user(tx)
            raise errors.Conflict("stop")

    with pytest.raises(errors.Conflict):
        fail_after_disabling()
    assert tokens.context_of(token).user_name == "demo"


def test_revocation_elsewhere_is_noticed_when_memory_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    service = TokenService(store, remembered_s=5)
    token = service.issue(by_password("demo")).token
    service.context_of(token)
    with store.write() as tx:
        # As another process does it: the row goes, this process's epoch stays.
        tx.execute(tables.tokens.delete())
    assert service.context_of(token).user_name == "demo"
    later = clock.now() + dt.timedelta(seconds=6)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(errors.Unauthorized):
        service.context_of(token)


def test_remembered_but_revoked_token_buys_no_new_one(store: Store) -> None:
    service = TokenService(store, remembered_s=60)
    token = service.issue(by_password("demo")).token
    service.context_of(token)
    with store.write() as tx:
        tx.execute(tables.tokens.delete())
    with pytest.raises(errors.Unauthorized):
        service.issue(_rescope(token))


def test_check_that_read_before_a_revocation_is_not_remembered(tokens: TokenService, store: Store) -> None:
    token = tokens.issue(by_password("demo")).token
    has_read, may_go_on = threading.Event(), threading.Event()

    def pause(_connection: object) -> None:
        has_read.set()
        may_go_on.wait(10)

    sa.event.listen(store._reader, "rollback", pause)
    checking = threading.Thread(target=tokens.context_of, args=(token,))
    checking.start()
    assert has_read.wait(10)
    tokens.revoke(token)
    may_go_on.set()
    checking.join(10)
    with pytest.raises(errors.Unauthorized):
        tokens.context_of(token)


def test_password_changed_during_login_refuses_it(
    tokens: TokenService, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    matches = passwords.matches

    def then_change(stored: str | None, password: str) -> bool:
        is_right = matches(stored, password)
        with store.write() as tx:
            _change_password(tx)
        return is_right

    monkeypatch.setattr(passwords, "matches", then_change)
    with pytest.raises(errors.Unauthorized):
        tokens.issue(by_password("demo"))


def test_group_roles_count_and_leaving_ends_the_session(tokens: TokenService, store: Store) -> None:
    with store.write() as tx:
        group = groups.create(tx, {"name": "ops", "domain_id": "default"})
        demo, project = _id(tx, rows.USER, "demo"), _id(tx, rows.PROJECT, "admin")
        groups.add(tx, group.id, demo)
        assignments.grant(tx, Actor("group", group.id), Scope("project", project), _id(tx, rows.ROLE, "manager"))
    token = tokens.issue(by_password("demo", scope=WantedScope("project", NamedRef(id=project)))).token
    assert tokens.context_of(token).roles == {"manager", "member", "reader"}
    with store.write() as tx:
        groups.leave(tx, group.id, demo)
    with pytest.raises(errors.Unauthorized):
        tokens.context_of(token)


def test_deleted_role_is_gone_from_users_and_members(tokens: TokenService, store: Store) -> None:
    with store.write() as tx:
        role = roles.create(tx, "auditor", "")
        scope = Scope("project", _id(tx, rows.PROJECT, "demo"))
        assignments.grant(tx, Actor("user", _id(tx, rows.USER, "demo")), scope, role.id)
    token = tokens.issue(by_password("demo")).token
    assert "auditor" in tokens.context_of(token).roles
    with store.write() as tx:
        roles.delete(tx, role.id)
    with pytest.raises(errors.Unauthorized):
        tokens.context_of(token)
    assert tokens.context_of(tokens.issue(by_password("demo")).token).roles == {"member", "reader"}


def test_bootstrap_again_changes_nothing(tokens: TokenService, store: Store) -> None:
    with store.write() as tx:
        users.update(tx, _id(tx, rows.USER, "demo"), {"name": "renamed"})
        _, before = users.referred(tx, NamedRef(name="admin", domain=DomainRef(id="default")))
    with store.read() as tx:
        counts = [tx.scalar(sa.select(sa.func.count()).select_from(t)) for t in tables.users.metadata.sorted_tables]
    bootstrapped(store)
    with store.read() as tx:
        after = [tx.scalar(sa.select(sa.func.count()).select_from(t)) for t in tables.users.metadata.sorted_tables]
        assert users.referred(tx, NamedRef(name="admin", domain=DomainRef(id="default")))[1] == before
    assert after == counts
    assert tokens.issue(by_password("renamed", "demo-secret")).body["project"]["name"] == "demo"


def test_domain_goes_with_all_in_it(tokens: TokenService, store: Store) -> None:
    with store.write() as tx:
        domain = domains.create(tx, {"name": "d2"})
        user = users.create(tx, {"name": "u", "domain_id": domain.id})
        project = projects.create(tx, {"name": "p", "domain_id": domain.id})
        assignments.grant(tx, Actor("user", user.id), Scope("project", project.id), _id(tx, rows.ROLE, "member"))
    with pytest.raises(errors.Forbidden), store.write() as tx:
        domains.delete(tx, domain.id)
    with store.write() as tx:
        domains.update(tx, domain.id, {"enabled": False})
        domains.delete(tx, domain.id)
    with store.read() as tx:
        assert rows.find(tx, rows.USER, id=user.id) is None
        assert rows.find(tx, rows.PROJECT, id=project.id) is None
        left = tx.execute(sa.select(tables.role_assignments).where(tables.role_assignments.c.actor_id == user.id))
        assert left.all() == []
