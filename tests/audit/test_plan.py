"""What was not asked for stays a report, and too much at once stops everything."""

from __future__ import annotations

from typing import Any

import pytest

from moorage.audit import plan
from moorage.audit.model import Action, Finding
from moorage.audit.plan import Options, Totals


class Compute:
    def __init__(self, *, is_proof: bool) -> None:
        self._is_proof = is_proof

    def proves_absence(self, server_id: str) -> bool:
        return self._is_proof


def finding(action: Action = Action.DELETE_DISK, **given: Any) -> Finding:
    return Finding(**{"row": "11", "server_id": "s", "volume_id": "v", "action": action, "why": "", **given})


def totals(attachments: int, **by_server: int) -> Totals:
    made = Totals()
    made.attachments = attachments
    made.by_server.update(by_server)
    return made


def test_five_objects_are_the_most_by_default() -> None:
    assert plan.stop_reason([finding()] * 5, totals(1000), Options()) == ""
    assert "6 of 1000" in plan.stop_reason([finding()] * 6, totals(1000), Options())


def test_a_tenth_is_the_most_but_one_object_always_may_go() -> None:
    assert plan.stop_reason([finding()], totals(1), Options()) == ""
    assert plan.stop_reason([finding()] * 2, totals(20), Options()) == ""
    assert "3 of 20" in plan.stop_reason([finding()] * 3, totals(20), Options())


def test_a_limit_that_was_said_replaces_number_and_share() -> None:
    assert plan.stop_reason([finding()] * 300, totals(300), Options(limit=300)) == ""
    assert plan.stop_reason([finding()] * 2, totals(300), Options(limit=1)) != ""


def test_repairs_that_remove_nothing_are_not_counted() -> None:
    assert plan.stop_reason([finding(Action.ADOPT)] * 50, totals(60), Options()) == ""


def test_one_server_can_be_stopped_alone() -> None:
    found = [finding(), finding(), finding(server_id="t")]
    assert list(plan.stopped_servers(found, totals(1000, s=4, t=40), Options())) == ["s"]


@pytest.mark.parametrize(("needs", "option"), [("adopt", "adopt"), ("fix-status", "fix_status")])
def test_what_needs_an_option_is_a_report_without_it(needs: str, option: str) -> None:
    refused, granted = finding(needs=needs), finding(needs=needs)
    plan.grant(refused, Options(), Compute(is_proof=False))  # type: ignore[arg-type]
    plan.grant(granted, Options(**{option: True}), Compute(is_proof=False))  # type: ignore[arg-type]
    assert (refused.action, granted.action) == (Action.REPORT, Action.DELETE_DISK)


@pytest.mark.parametrize(
    ("evidence", "is_granted"),
    [
        ({"is_mapped": False, "vm_state": "stopped"}, True),
        ({"is_mapped": True, "vm_state": "stopped"}, False),
        ({"is_mapped": False, "vm_state": "active"}, False),
    ],
)
def test_a_root_disk_goes_only_while_the_server_is_stopped(evidence: dict[str, Any], is_granted: bool) -> None:
    found = finding(needs="include-root", evidence=evidence)
    plan.grant(found, Options(include_root=True), Compute(is_proof=False))  # type: ignore[arg-type]
    assert (found.action is Action.DELETE_DISK) == is_granted


@pytest.mark.parametrize(("named", "is_proof"), [([], True), (["s"], False), (["s"], True)])
def test_an_unknown_server_must_be_named_and_proved_gone(named: list[str], is_proof: bool) -> None:
    found = finding(Action.DELETE_ATTACHMENT, needs="instance")
    plan.grant(found, Options(instances=named), Compute(is_proof=is_proof))  # type: ignore[arg-type]
    assert (found.action is Action.DELETE_ATTACHMENT) == (named == ["s"] and is_proof)
