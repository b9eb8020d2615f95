"""Decisions of the policy are remembered, and forgotten when the operator's file changes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from moorage.api.surface import SERVICES
from moorage.api.wire import policy
from moorage.api.wire.policy import Policy
from moorage.api.wire.rules import rules
from moorage.context import Context

RULE = "os_compute_api:servers:index"
READER = Context(user_id="u", project_id="p", roles=frozenset({"reader"}))


def test_a_changed_policy_file_is_obeyed_within_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "_LOOK_S", 0.05)
    file = tmp_path / "policy.yaml"
    file.write_text("{}\n")
    in_force = Policy(rules(SERVICES), file)
    assert in_force.allows(RULE, READER)
    file.write_text(f'"{RULE}": "role:admin"\n')
    os.utime(file, (time.time() + 2, time.time() + 2))
    time.sleep(0.06)
    assert not in_force.allows(RULE, READER)


def test_a_remembered_decision_holds_for_the_same_caller_and_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(f'"{RULE}": "user_id:u and project_id:%(project_id)s"\n')
    in_force = Policy(rules(SERVICES), file)
    other = Context(user_id="other", project_id="p", roles=frozenset({"reader"}))
    for _ in range(2):
        assert in_force.allows(RULE, READER)
        assert not in_force.allows(RULE, READER, project_id="another")
        assert not in_force.allows(RULE, other)


def test_the_enforcer_is_asked_once_for_each_question(monkeypatch: pytest.MonkeyPatch) -> None:
    in_force = Policy(rules(SERVICES))
    asked: list[str] = []
    enforce = in_force._enforcer.enforce
    monkeypatch.setattr(in_force._enforcer, "enforce", lambda rule, *rest: asked.append(rule) or enforce(rule, *rest))
    for _ in range(100):
        assert in_force.allows(RULE, READER)
    assert asked == [RULE]
