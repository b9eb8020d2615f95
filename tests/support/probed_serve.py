"""``moorage serve`` with a probe: it notes each step, and kills its own process at the step named in a file.

``<data-dir>/kill-at.json`` holds ``{"kind", "step", "when", "skip"}``; ``when`` is ``before`` or ``after`` the step's
work, ``skip`` how many matches pass first. ``<data-dir>/steps.log`` gets a line for each step begun.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

from moorage.cli import serve
from moorage.config import settings


class KillProbe:
    """Kill -9 from inside: nothing of the process runs after the chosen point."""

    def __init__(self, data_dir: Path) -> None:
        self._order = data_dir / "kill-at.json"
        self._steps = data_dir / "steps.log"
        self._lock = threading.Lock()

    def before(self, kind: str, step: str) -> None:
        with self._lock, self._steps.open("a") as log:
            log.write(f"{kind} {step}\n")
        self._maybe_die(kind, step, "before")

    def after(self, kind: str, step: str) -> None:
        self._maybe_die(kind, step, "after")

    def _maybe_die(self, kind: str, step: str, when: str) -> None:
        with self._lock:
            try:
                order = json.loads(self._order.read_text())
            except FileNotFoundError:
                return
            if (order["kind"], order["step"], order["when"]) != (kind, step, when):
                return
            if order["skip"]:
                self._order.write_text(json.dumps({**order, "skip": order["skip"] - 1}))
                return
            self._order.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def main(argv: list[str]) -> int:
    words = dict(zip(argv[1::2], argv[2::2], strict=True))
    read = settings.read(words["--config-file"], words["--data-dir"], words["--listen"])
    return serve.serve(read, KillProbe(read.data_dir))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
