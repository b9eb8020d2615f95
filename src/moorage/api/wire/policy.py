"""Who may do what: oslo.policy, with ``policy.yaml`` as operators know it.

Rules and their defaults come from the route tables. Ownership is not a matter of policy here: rows are read through the
caller's project, so what belongs to another project is 404.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from oslo_config import cfg
from oslo_policy import opts, policy

from moorage.api.wire.route import EVERYONE, Service
from moorage.context import Context

_WHO = {
    "any": "",
    "reader": "role:reader",
    "member": "role:member",
    "admin": "role:admin",
    "service": "role:service",
    "service_or_admin": "role:service or role:admin",
}


class Policy:
    """The rules in force."""

    def __init__(self, services: Iterable[Service], policy_file: Path | None = None) -> None:
        conf = cfg.ConfigOpts()
        conf([], project="moorage", default_config_files=[], default_config_dirs=[])
        opts.set_defaults(conf, str(policy_file or "policy.yaml"))
        self._enforcer = policy.Enforcer(conf)
        self._enforcer.suppress_default_change_warnings = True
        for rule in rules(services):
            self._enforcer.register_default(rule)
        self._enforcer.load_rules()

    def allows(self, rule: str, context: Context, project_id: str | None = None) -> bool:
        """Whether ``context`` may do ``rule`` to something that belongs to ``project_id``."""
        target = {"project_id": project_id if project_id is not None else context.project_id}
        roles = list(context.roles | {"service"}) if context.is_service else list(context.roles)
        credentials = {"roles": roles, "user_id": context.user_id, "project_id": context.project_id}
        return bool(self._enforcer.enforce(rule, target, credentials))


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
