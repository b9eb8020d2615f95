"""An upgrade without a pause on PostgreSQL: workers of two releases, and migrations while the old one runs.

The code as it is plays the new release. The old one is a worker that records in format 0, the one before this.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from moorage.drivers.sim import SimDriver
from moorage.operations.engine import JOURNAL_FORMAT
from moorage.store import schema
from moorage.store.engines import checked_url
from tests.support.clouds import Cloud, cloud
from tests.support.process import COMMAND, ROOT, MoorageProcess, eventually

OLD = "0"


class Upgrade:
    """A cloud whose workers are of the old release or the new one."""

    def __init__(self, site: Cloud) -> None:
        self.site = site
        self.old, self.new = site.workers
        self.new.stop()
        self.old.stop()
        self.old.formats = OLD
        self.old.start()

    def boot(self) -> str:
        """A server whose guest starts slowly, the first time, and is being started."""
        SimDriver(self.site.data_dir / "sim" / "guests.db").faults.add("latency", "boot", seconds=30)
        server = self.site.server([self.site.volume()])
        eventually(lambda: self.operation(server)["step"] == "boot_guest", what="the guest is being started")
        return server

    def operation(self, server: str) -> dict[str, Any]:
        (found,) = self.site.rows(f"SELECT * FROM operations WHERE subject = 'server/{server}'")
        return found

    def ran_on(self, server: str, worker: MoorageProcess) -> bool:
        return f"-{worker.pid}-" in str(self.operation(server)["executor"])


@pytest.fixture
def upgrade(tmp_path: Path) -> Iterator[Upgrade]:
    with cloud(tmp_path, "sim", store="postgresql") as site:
        site.lift_quotas()
        made = Upgrade(site)
        yield made
        site.settle()
        assert site.problems() == []


def test_a_new_worker_goes_on_with_a_journal_of_the_old_format_and_the_old_one_leaves_it_the_new(
    upgrade: Upgrade,
) -> None:
    begun_by_old = upgrade.boot()
    upgrade.new.formats = f"{JOURNAL_FORMAT},{OLD}"
    upgrade.new.start()
    upgrade.old.kill()
    upgrade.site.wait(begun_by_old, "ACTIVE")
    assert upgrade.operation(begun_by_old)["journal_format"] == OLD
    assert upgrade.ran_on(begun_by_old, upgrade.new)
    begun_by_new = upgrade.boot()
    assert upgrade.operation(begun_by_new)["journal_format"] == JOURNAL_FORMAT
    upgrade.old.start()
    upgrade.new.kill()
    eventually(lambda: upgrade.operation(begun_by_new)["executor"] is None, what="it is free")
    upgrade.site.wait(upgrade.site.server([upgrade.site.volume()]), "ACTIVE")
    assert upgrade.operation(begun_by_new)["state"] == "running", "the old worker runs its own and leaves this one"
    upgrade.new.start()
    upgrade.site.wait(begun_by_new, "ACTIVE")


def test_a_new_worker_that_cannot_go_on_leaves_it_and_alone_does_not_even_start(upgrade: Upgrade) -> None:
    site, server = upgrade.site, upgrade.boot()
    upgrade.new.start()
    upgrade.old.kill()
    eventually(lambda: upgrade.operation(server)["executor"] is None, what="it is free")
    site.wait(site.server([site.volume()]), "ACTIVE")
    left = upgrade.operation(server)
    assert (left["state"], left["step"], left["executor"]) == ("running", "boot_guest", None)
    upgrade.new.stop()
    words = ["worker", "--config-file", str(upgrade.new.config), "--data-dir", str(site.data_dir)]
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith(f"moorage: 1 unfinished operations, such as boot {left['id']} on server/{server}, were")
    assert said.endswith("Nothing was started: let the release that recorded them finish them first")
    assert upgrade.operation(server) == left
    assert site.rows("SELECT id FROM executors") == []
    upgrade.old.start()
    site.wait(server, "ACTIVE")
    upgrade.new.start()


def test_migrations_are_applied_while_servers_are_booted_and_nobody_notices(upgrade: Upgrade) -> None:
    """The last ones that exchange indexes, which wait for writers and keep them waiting."""
    site = upgrade.site
    with sa.create_engine(checked_url(str(site.database)), poolclass=sa.pool.NullPool).begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0009")
    servers, is_over = [], threading.Event()

    def boot() -> None:
        while not is_over.is_set():
            servers.append(site.server([site.volume()]))

    with ThreadPoolExecutor(4) as pool:
        booting = [pool.submit(boot) for _ in range(4)]
        eventually(lambda: len(servers) >= 4)
        done = site.moorage.moorage("db", "upgrade", "--config-file", str(site.moorage.config))
        seen = len(servers)
        eventually(lambda: len(servers) >= seen + 4)
        is_over.set()
        for each in booting:
            each.result()
    assert (done.returncode, schema.fit(str(site.database))) == (0, schema.Fit.EXACT)
    for server in servers:
        site.wait(server, "ACTIVE")
