"""Who may do what: oslo.policy, with ``policy.yaml`` as operators know it.

Ownership is not a matter of policy here: rows are read through the caller's project, so what belongs to another project
is 404.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from oslo_config import cfg
from oslo_policy import opts, policy

from moorage.context import Context

_LOOK_S = 1.0
"""How long a change of the policy file may go unnoticed."""
_REMEMBERED = 20_000
"""Decisions kept in memory at most."""


class Policy:
    """The rules in force.

    A list asks the same few questions for every entry, and the enforcer looks at its files each time it is asked:
    decisions are remembered until the files change.
    """

    def __init__(self, rules: Iterable[policy.RuleDefault], policy_file: Path | None = None) -> None:
        conf = cfg.ConfigOpts()
        conf([], project="moorage", default_config_files=[], default_config_dirs=[])
        opts.set_defaults(conf, str(policy_file or "policy.yaml"))
        self._enforcer = policy.Enforcer(conf)
        self._enforcer.suppress_default_change_warnings = True
        for rule in rules:
            self._enforcer.register_default(rule)
        self._decided: dict[tuple[Any, ...], bool] = {}
        self._rules: Any = None
        self._look_at = 0.0

    def allows(self, rule: str, context: Context, project_id: str | None = None) -> bool:
        """Whether ``context`` may do ``rule`` to something that belongs to ``project_id``."""
        self._look_at_files()
        owner = project_id if project_id is not None else context.project_id
        key = (rule, owner, context.roles, context.is_service, context.user_id, context.project_id)
        decision = self._decided.get(key)
        if decision is None:
            if len(self._decided) >= _REMEMBERED:
                self._decided.clear()
            decision = self._decided[key] = self._decide(rule, context, owner)
        return decision

    def _decide(self, rule: str, context: Context, owner: str | None) -> bool:
        roles = list(context.roles | {"service"}) if context.is_service else list(context.roles)
        credentials = {"roles": roles, "user_id": context.user_id, "project_id": context.project_id}
        return bool(self._enforcer.enforce(rule, {"project_id": owner}, credentials))

    def _look_at_files(self) -> None:
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_S
        self._enforcer.load_rules()
        if self._enforcer.rules is not self._rules:
            self._rules = self._enforcer.rules
            self._decided.clear()
