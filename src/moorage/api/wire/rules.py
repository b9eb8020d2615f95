"""Which rules of policy are there? Those that the route tables name, with their defaults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oslo_policy import policy

from moorage.api.wire.route import EVERYONE, Service

_WHO = {
    "any": "",
    "reader": "role:reader",
    "member": "role:member",
    "admin": "role:admin",
    "service": "role:service",
    "service_or_admin": "role:service or role:admin",
}


def rules(services: Iterable[Service]) -> list[policy.DocumentedRuleDefault]:
    """Every rule of the route tables, each name once."""
    found: dict[str, policy.DocumentedRuleDefault] = {}
    for service in services:
        for route in service.routes:
            if route.default == EVERYONE or route.policy in found:
                continue
            operation = {"method": route.method, "path": service.prefix + service.root + route.path}
            found[route.policy] = _rule(route.policy, route.default, route.summary, [operation])
        for rule in service.rules:
            found.setdefault(rule.name, _rule(rule.name, rule.default, rule.summary, []))
    return list(found.values())


def _rule(name: str, default: str, summary: str, operations: Any) -> policy.DocumentedRuleDefault:
    return policy.DocumentedRuleDefault(
        name=name,
        check_str=_WHO[default],
        description=summary or name,
        operations=operations or [{"method": "", "path": ""}],
    )
