"""The route tables: every route has a rule, and no two routes claim the same request."""

from __future__ import annotations

import itertools

import pytest

from moorage.api.surface import SERVICES
from moorage.api.wire.route import EVERYONE, Route, Service
from moorage.api.wire.rules import rules

FIRST, LAST = (0, 0), (10_000, 0)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_route_has_a_policy_rule_or_needs_no_token(service: Service) -> None:
    known = {rule.name for rule in rules(SERVICES)}
    assert [route.path for route in service.routes if route.default != EVERYONE and route.policy not in known] == []


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_only_what_proves_the_caller_otherwise_and_version_documents_need_no_token(service: Service) -> None:
    open_routes = {f"{route.method} {route.path}" for route in service.routes if route.default == EVERYONE}
    proved_otherwise = {
        "POST /auth/tokens", "POST /users/{user_id}/password", "PUT /{handle_id}", "POST /{handle_id}",
    }  # fmt: skip
    assert open_routes <= proved_otherwise, "by a password, the old password, or a secret in the address"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_no_two_routes_answer_the_same_request(service: Service) -> None:
    by_request: dict[tuple[str, str], list[Route]] = {}
    for route in service.routes:
        by_request.setdefault((route.method, route.path), []).append(route)
    for routes in by_request.values():
        for one, other in itertools.combinations(routes, 2):
            assert (one.max or LAST) < (other.min or FIRST) or (other.max or LAST) < (one.min or FIRST), one.path


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_route_says_what_it_does(service: Service) -> None:
    assert [f"{route.method} {route.path}" for route in service.routes if not route.summary] == []
