"""Two workers on PostgreSQL and one host: who was taken for dead and thaws leaves the guest alone."""

from __future__ import annotations

from pathlib import Path

from tests.process.test_many_processes import runner
from tests.support import libvirt_daemon, real_cloud
from tests.support.process import eventually


def test_a_thawed_worker_does_not_switch_off_a_guest_that_was_started_meanwhile(tmp_path: Path) -> None:
    """It was waiting for a deaf guest to shut down; its patience is over when it thaws."""
    libvirt_daemon.require()
    patience = "shutdown_timeout = 2"
    with real_cloud.on_daemon(tmp_path, "", "", "postgresql", flags=("-DSPIN",), libvirt=patience) as site:
        server = site.server([site.volume()])
        site.wait(server, "ACTIVE")
        assert site.act(server, "os-stop").status_code == 202
        worker = runner(site, server, "power_off")
        worker.freeze()
        site.wait(server, "SHUTOFF", timeout_s=60)
        assert site.act(server, "os-start").status_code == 202
        site.wait(server, "ACTIVE")
        site.settle()
        pid = site.host.pid(server)
        worker.thaw()
        eventually(lambda: "is run by another process now" in worker.log.read_text(), what="its step has ended")
        assert (site.host.states(), site.host.pid(server)) == ({server: "running"}, pid)
        assert (site.show(server)["status"], site.problems()) == ("ACTIVE", [])
