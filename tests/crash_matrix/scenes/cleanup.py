"""The clean-up of dangling attachments, asked for by command."""

from __future__ import annotations

import os

from tests.crash_matrix.scene import Scene
from tests.crash_matrix.scenes import servers
from tests.support.clouds import Cloud
from tests.support.forked import Forked
from tests.support.process import eventually

_LOST = "attachment_id = NULL, attach_status = NULL, connector = NULL, connection_info = NULL"


class _Damaged:
    """A stopped server whose data disk has no attachment any more, while its volume is available."""

    def __init__(self, site: Cloud) -> None:
        root, self.data = site.volume(), site.volume()
        self.server = site.server([root, self.data], delete_on_termination=True)
        site.wait(self.server, "ACTIVE")
        assert site.act(self.server, "os-stop").status_code == 202
        site.wait(self.server, "SHUTOFF")
        site.settle()
        site.sql(
            f"UPDATE attachments SET {_LOST} WHERE volume_id = '{self.data}'",
            f"UPDATE volumes SET status = 'available', attach_status = 'detached' WHERE id = '{self.data}'",
        )


def _ask(site: Cloud, damaged: _Damaged) -> None:
    """The command waits for the end, over a kill of who carries it out, so it is not waited for here."""
    where = ["--config-file", str(site.moorage.config), "--data-dir", str(site.data_dir)]
    words = ["volume-attachment", "cleanup", damaged.server, "--yes", *where]
    with site.moorage.log.open("a") as log:
        Forked("tests.support.moorage_command", words, log, dict(os.environ))
    found = f"SELECT id FROM operations WHERE kind = 'cleanup' AND subject = 'server/{damaged.server}'"
    eventually(lambda: site.rows(found), what="the clean-up was asked for")


def _end(site: Cloud, damaged: _Damaged) -> str:
    left = site.rows(f"SELECT id FROM attachments WHERE volume_id = '{damaged.data}'")
    return f"{servers.state(site, damaged.server)}, {len(left)} rows left, volume {site.volume_status(damaged.data)}"


def _clear(site: Cloud, damaged: _Damaged) -> None:
    servers.remove(site, damaged.server)
    site.moorage.call("DELETE", "block-storage", f"/volumes/{damaged.data}")
    site.settle()


SCENES = [Scene(name="cleanup", kind="cleanup", arrange=_Damaged, play=_ask, end=_end, clear=_clear)]
