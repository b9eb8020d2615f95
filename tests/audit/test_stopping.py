"""A pass over a large cloud does not hold up the end of its process."""

from __future__ import annotations

import itertools
import time

from moorage import clock, ids
from moorage.operations.timer import Timer
from moorage.store.tables.audit import audit_passes
from moorage.store.tables.compute import servers
from moorage.workflows import periodic_audit
from tests.audit.site import Site
from tests.support.process import eventually

SERVERS = 6000


def server_row() -> dict[str, object]:
    now = clock.now()
    return {
        "id": ids.new(), "project_id": "p", "user_id": "u", "name": "s", "hostname": "s", "vm_state": "stopped",
        "flavor": {}, "driver": "sim", "host": "sim-1", "created_at": now, "launched_at": now,
    }  # fmt: skip


def test_a_pass_over_many_servers_ends_within_a_second_of_work_once_its_process_is_to_end(site: Site) -> None:
    with site.store.write() as tx:
        tx.execute(servers.insert(), [server_row() for _ in range(SERVERS)])
    begun: list[float] = []

    def fire() -> None:
        begun.append(time.monotonic())
        periodic_audit.fire(site.world, "report", 3600, timer.is_stopping)

    timer = Timer(0.01, [fire])
    timer.start()
    eventually(lambda: begun)
    worked = time.process_time()
    timer.stop()
    assert time.process_time() - worked < 1
    with site.store.read() as tx:
        assert [row.finished_at for row in tx.execute(audit_passes.select())] in ([], [None])


def test_a_pass_that_is_left_off_ends_at_the_next_page_and_the_next_firing_begins_anew(site: Site) -> None:
    site.server()
    looks = itertools.count()
    assert periodic_audit.fire(site.world, "report", 60, is_stopping=lambda: next(looks) > 0) is None
    assert next(looks) == 2, "it was asked before each page, and left off at the second"
    with site.store.write() as tx:
        (left_off,) = tx.execute(audit_passes.select()).all()
        assert left_off.finished_at is None
        tx.execute(audit_passes.delete())
    assert periodic_audit.fire(site.world, "report", 60) is not None
