"""The engine: collect, classify, plan. Acting is ``acting``'s, one finding at a time and behind a second look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

from moorage import clock, errors
from moorage.audit import collect, plan, table
from moorage.audit.collect import Rules
from moorage.audit.fabric_table import guest_findings, identity_findings, mapping_findings
from moorage.audit.model import QUIET, Action, Case, Finding, Presence, ServerFact, Verdict, VolumeFact
from moorage.audit.plan import Options, Totals
from moorage.audit.ports import Views

P = TypeVar("P")
MOST_FINDINGS = 10_000
"""Kept in a report; further ones are only counted."""
Progress = Callable[[int, int], None]
"""Told of servers and attachments looked at so far, at each page."""


class Report(msgspec.Struct, kw_only=True):
    """What a pass found, and what became of it."""

    findings: list[Finding] = []
    servers: int = 0
    attachments: int = 0
    waiting: int = 0
    """Left alone because work on them is under way or they are too young."""
    unknown: int = 0
    not_kept: int = 0
    stopped: str = ""
    """Why nothing may be repaired."""

    @property
    def left(self) -> list[Finding]:
        return [f for f in self.findings if not f.is_unknown and not f.result.startswith("done")]


def rules_now(options: Options, own_operation: str = "", *, holds_server: bool = False) -> Rules:
    now = clock.now().timestamp()
    return Rules(now=now, grace_s=options.grace_s, own_operation=own_operation, holds_server=holds_server)


def audit(
    views: Views, rules: Rules, options: Options, server_ids: list[str] | None = None, progress: Progress | None = None
) -> Report:
    """Look at everything, or at these servers; changes nothing. What ``progress`` raises ends it."""
    report, totals = Report(), Totals()
    try:
        views.storage.control()
    except errors.OutsideError as silence:
        why = f"unknown: block storage did not answer the control query: {silence.message}"
        report.findings = [Finding(row="0", server_id=None, volume_id=None, action=Action.REPORT, why=why)]
        report.unknown = 1
        return report
    found = _everything(views, rules, report, totals, progress) if server_ids is None else None
    for finding in found or of_servers(views, server_ids or [], rules, report, totals):
        _keep(report, finding, options, views)
    report.stopped = plan.stop_reason(report.findings, totals, options)
    _stop(report, plan.stopped_servers(report.findings, totals, options))
    return report


def _keep(report: Report, finding: Finding, options: Options, views: Views) -> None:
    if finding.is_waiting:
        report.waiting += 1
        return
    report.unknown += finding.is_unknown
    plan.grant(finding, options, views.compute)
    if len(report.findings) < MOST_FINDINGS:
        report.findings.append(finding)
    else:
        report.not_kept += 1


def _stop(report: Report, servers: dict[str, str]) -> None:
    for finding in report.findings:
        reason = report.stopped or servers.get(str(finding.server_id), "")
        if reason and finding.action not in QUIET:
            finding.result = reason


def _everything(
    views: Views, rules: Rules, report: Report, totals: Totals, progress: Progress | None
) -> Iterator[Finding]:
    def told(pages: Iterable[P]) -> Iterator[P]:
        for page in pages:
            if progress:
                progress(report.servers, report.attachments)
            yield page

    volumes_found: set[str] = set()
    compute, storage, fabric = views.compute, views.storage, views.fabric
    for finding in _sweep(told(compute.server_pages()), lambda page: _of_page(views, page, rules, report, totals)):
        if finding.row == "18":
            continue  # the pass over the volumes says it once
        volumes_found.add(str(finding.volume_id))
        yield finding
    yield from _sweep(
        told(storage.attachment_pages()),
        lambda page: _of_cases(collect.attachment_cases(views, page, rules), report, totals),
    )
    for finding in _sweep(told(storage.volume_pages()), lambda page: _of_volumes(views, page, rules)):
        if finding.volume_id is None or finding.volume_id not in volumes_found:
            yield finding
    yield from _sweep(told(fabric.mapping_pages()), lambda page: mapping_findings(views, page, rules))
    yield from _sweep(told(fabric.guest_pages()), lambda page: guest_findings(views, page, rules))
    yield from _sweep(told(fabric.identity_pages()), lambda page: identity_findings(views, page, rules))


def _of_page(views: Views, page: list[ServerFact], rules: Rules, report: Report, totals: Totals) -> Iterator[Finding]:
    yield from _of_cases(collect.server_cases(views, {server.id: server for server in page}, rules), report, totals)
    report.servers += len(page)


def _of_volumes(views: Views, page: list[VolumeFact], rules: Rules) -> Iterator[Finding]:
    return _of_cases(collect.volume_cases(views, page, rules), None, Totals(), alone=True)


def _sweep(pages: Iterable[P], look: Callable[[P], Iterator[Finding]]) -> Iterator[Finding]:
    """What stops in the middle is no complete answer, and says so."""
    try:
        for page in pages:
            yield from look(page)
    except errors.OutsideError as silence:
        why = f"unknown: a list ended early: {silence.message}"
        yield Finding(row="0", server_id=None, volume_id=None, action=Action.REPORT, why=why)


def of_servers(
    views: Views, server_ids: list[str], rules: Rules, report: Report | None = None, totals: Totals | None = None
) -> Iterator[Finding]:
    """Everything about some servers, from all sides; ids that compute does not know are foreign."""
    known = views.compute.servers(server_ids)
    unknown = {s: ServerFact(id=s, presence=Presence.UNKNOWN_HERE) for s in server_ids if s not in known}
    servers = {**known, **unknown}
    if report is not None:
        report.servers += len(servers)
    yield from _of_cases(collect.server_cases(views, servers, rules), report, totals or Totals())
    hosts = sorted({server.connector_host or server.id for server in servers.values()})
    yield from _sweep(
        [hosts], lambda wanted: mapping_findings(views, views.fabric.mappings_of_hosts(wanted) or [], rules)
    )
    yield from _sweep(
        [server_ids], lambda wanted: guest_findings(views, list(views.fabric.guests(wanted).values()), rules)
    )
    yield from _sweep([server_ids], lambda wanted: identity_findings(views, views.fabric.identities(wanted), rules))


def of_volume(views: Views, volume_id: str, rules: Rules) -> Iterator[Finding]:
    """What a volume by itself shows, and attachments of it that name no server of ours."""
    yield from _of_volumes(views, list(views.storage.volumes([volume_id]).values()), rules)
    foreign = views.storage.attachments_of_volumes([volume_id])
    yield from _of_cases(collect.attachment_cases(views, foreign, rules), None, Totals())


_ALONE = ("0", "1", "18", "20")
"""Rows that a volume without regard to its servers can show."""


def _of_cases(
    cases: Iterable[Case], report: Report | None, totals: Totals, *, alone: bool = False
) -> Iterator[Finding]:
    for case in cases:
        count = len(case.others) + (1 if case.disk is not None or case.own is not None else 0)
        if report is not None:
            report.attachments += count
            totals.attachments += count
        for verdict in table.classify(case):
            if verdict.is_consistent or (alone and verdict.row not in _ALONE):
                continue
            yield finding_of(case, verdict)
        if report is not None and case.server is not None:
            totals.by_server[case.server.id] += count


def finding_of(case: Case, verdict: Verdict) -> Finding:
    ids = [verdict.attachment_id] if verdict.attachment_id else []
    return Finding(
        row=verdict.row, server_id=case.server.id if case.server else None, volume_id=case.volume_id or None,
        disk_id=case.disk.id if case.disk else None, attachment_ids=ids, action=verdict.action, why=verdict.why,
        needs=verdict.needs, age_s=case.age_s, evidence=evidence(case),
    )  # fmt: skip


def evidence(case: Case) -> dict[str, object]:
    """What the decision rested on, in words that a person can check."""
    own = None if case.own is None else msgspec.to_builtins(case.own)
    return {
        "vm_state": case.server.vm_state if case.server else None,
        "server": case.server.presence.value if case.server else None,
        "bdm_attachment_id": case.disk.attachment_id if case.disk else None,
        "attachment": own or ("absent" if case.disk else None),
        "other_attachments": [msgspec.to_builtins(a) for a in case.others],
        "attachments_of_other_servers": [a.id for a in case.elsewhere],
        "volume_status": case.volume.status if case.volume else "absent",
        "is_mapped": case.is_mapped,
        "is_masked": case.is_masked,
    }
