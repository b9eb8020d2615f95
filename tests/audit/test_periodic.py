"""Off, report or repair; one firing for all processes; counted."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from moorage import clock
from moorage.store.tables.audit import audit_passes
from moorage.telemetry import counters
from moorage.workflows import periodic_audit
from tests.audit.site import Site
from tests.audit.test_damage import lose_attachment


def damaged(site: Site) -> tuple[str, str]:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    return server, data


def total(name: str, **labels: str) -> int:
    return sum(
        n for (key, found), n in counters.values().items() if key == name and labels.items() <= dict(found).items()
    )


def test_off_does_nothing(site: Site) -> None:
    damaged(site)
    assert periodic_audit.fire(site.world, "off", 60) is None


def test_report_changes_nothing_and_counts(site: Site) -> None:
    server, data = damaged(site)
    before = total("audit_findings", row="11")
    report = periodic_audit.fire(site.world, "report", 60)
    assert report is not None
    assert [finding.row for finding in report.findings] == ["11"]
    assert total("audit_findings", row="11") == before + 1
    site.idle()
    assert site.row(server, data) is not None


def test_repair_repairs(site: Site) -> None:
    server, data = damaged(site)
    periodic_audit.fire(site.world, "repair", 60)
    site.idle()
    assert site.row(server, data) is None
    assert site.found() == []
    with site.store.read() as tx:
        summary = tx.scalar(sa.select(audit_passes.c.summary))
    assert (summary["findings"], summary["repairs"]) == (1, 1)


def test_of_several_processes_one_fires(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    fired: list[Any] = []
    for seconds in (0, 1, 20, 61):
        monkeypatch.setattr(clock, "now", lambda at=seconds: now + dt.timedelta(seconds=at))
        fired.append(periodic_audit.fire(site.world, "report", 60) is not None)
    assert fired == [True, False, False, True]
