"""Which findings may be acted upon? What was not asked for stays a report, and too many at once stop everything.

The blast limit guards against a block storage that is healthy but wrong: restored from an old copy, or another
cloud's. It would call every attachment dangling, each on proof.
"""

from __future__ import annotations

import math
from collections import Counter

import msgspec

from moorage.audit.model import QUIET, REMOVALS, Action, Finding
from moorage.audit.ports import ComputeView

GRACE_S = 900
BLAST_OBJECTS = 5
BLAST_SHARE = 0.10


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever asked for it allows."""

    grace_s: float = GRACE_S
    blast_objects: int = BLAST_OBJECTS
    limit: int | None = None
    """Said for this one pass; replaces number and share."""
    include_root: bool = False
    adopt: bool = False
    fix_status: bool = False
    instances: list[str] = []
    """Servers named explicitly."""


def grant(finding: Finding, options: Options, compute: ComputeView) -> None:
    """Turn what needs a permission that was not given into a report."""
    if not finding.needs or _is_granted(finding, options, compute):
        return
    if finding.action not in QUIET:
        finding.evidence["with_permission"] = str(finding.action)
    finding.action = Action.REPORT


def _is_granted(finding: Finding, options: Options, compute: ComputeView) -> bool:
    if finding.needs == "adopt":
        return options.adopt
    if finding.needs == "fix-status":
        return options.fix_status
    if finding.needs == "include-root":
        is_stopped = not finding.evidence.get("is_mapped") and finding.evidence.get("vm_state") != "active"
        return options.include_root and is_stopped
    named = finding.server_id is not None and finding.server_id in options.instances
    return named and compute.proves_absence(str(finding.server_id))


class Totals:
    """How many attachments were looked at, in the pass and a server."""

    def __init__(self) -> None:
        self.attachments = 0
        self.by_server: Counter[str] = Counter()
        """Only of servers with findings, so that it stays small."""


def stop_reason(findings: list[Finding], totals: Totals, options: Options) -> str:
    """Why nothing at all may be done; empty if the pass is within the limit."""
    count = sum(1 for finding in findings if finding.action in REMOVALS)
    allowed = allowance(totals.attachments, options)
    if count <= allowed:
        return ""
    return _stopped(count, totals.attachments, allowed, "this pass")


def stopped_servers(findings: list[Finding], totals: Totals, options: Options) -> dict[str, str]:
    """Servers of which too much would be removed, with the reason."""
    counts = Counter(str(f.server_id) for f in findings if f.action in REMOVALS and f.server_id)
    stopped = {}
    for server_id, count in counts.items():
        allowed = allowance(totals.by_server[server_id], options)
        if count > allowed:
            stopped[server_id] = _stopped(count, totals.by_server[server_id], allowed, f"server {server_id}")
    return stopped


def allowance(attachments: int, options: Options) -> int:
    """How many objects may be removed: the number, the share, or what was said; one is always allowed."""
    if options.limit is not None:
        return options.limit
    return min(options.blast_objects, max(1, math.ceil(attachments * BLAST_SHARE)))


def _stopped(count: int, of: int, allowed: int, where: str) -> str:
    return (
        f"stopped by the blast limit: {count} of {of} objects of {where} look dangling, at most {allowed} may be "
        "removed. Is this the right block storage? --limit N allows more"
    )
