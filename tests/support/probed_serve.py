"""``moorage serve``, ``api`` or ``worker`` with a probe that notes each step and strikes at the one named in a file.

``<data-dir>/kill-at.json`` holds ``{"kind", "step", "when", "skip"}``; ``skip`` says how many matches pass first. When
``before`` and ``after`` kill -9 the process before the step's work, and after it but before its record is written;
``answer`` kills it when a call of the hypervisor or the storage has done its work, before the step hears of it;
``fail`` has such a call refused without effect; ``hang`` lets it do its work, but its answer comes after the time-out.
``<data-dir>/steps.log`` gets a line for each step begun, ``done.log`` where in it the line of each done step stands,
``calls.log`` one for each call within a step, and one for each that was answered.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moorage import errors, server
from moorage.cli import processes
from moorage.config import settings
from moorage.operations import dispatcher, engine, worker
from tests.support import orders

TIME_OUT_S = 0.3


class KillProbe:
    """Strikes from inside: after a kill nothing of the process runs."""

    def __init__(self, data_dir: Path) -> None:
        self._order = data_dir / "kill-at.json"
        self._steps, self._done, self._calls = (data_dir / f"{name}.log" for name in ("steps", "done", "calls"))
        self._lock = threading.Lock()
        self._here = threading.local()

    def before(self, kind: str, step: str) -> None:
        self._here.begun = self._note(self._steps, f"{kind} {step}")
        self._here.step = kind, step
        self._maybe_die("before")

    def after(self, kind: str, step: str) -> None:
        self._note(self._done, str(self._here.begun))
        self._maybe_die("after")
        self._here.step = None

    def call(self, name: str, method: Callable[[], Any]) -> Any:
        """A call of an outside system; outside of steps nothing strikes."""
        if getattr(self._here, "step", None) is None:
            return method()
        line = f"{self._here.step[0]} {self._here.step[1]} {name}"
        self._note(self._calls, f"{line} asked")
        if self._is_ordered("fail"):
            raise errors.Refused(f"{name} was refused")
        result = method()
        self._note(self._calls, f"{line} answered")
        self._maybe_die("answer")
        if self._is_ordered("hang"):
            time.sleep(TIME_OUT_S)
            raise errors.Unknown(f"{name} did not answer within {TIME_OUT_S} s")
        return result

    def _note(self, log: Path, line: str) -> int:
        """Where the line stands."""
        with self._lock, log.open("a") as file:
            begun = file.tell()
            file.write(f"{line}\n")
            return begun

    def _maybe_die(self, when: str) -> None:
        if self._is_ordered(when):
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_ordered(self, when: str) -> bool:
        """Whether to strike here and now; the order is then used up."""
        with self._lock:
            try:
                order = json.loads(self._order.read_text())
            except FileNotFoundError:
                return False
            if (order["kind"], order["step"], order["when"]) != (*self._here.step, when):
                return False
            if order["skip"]:
                orders.write(self._order, {**order, "skip": order["skip"] - 1})
                return False
            self._order.unlink()
            return True


class Watched:
    """A driver whose calls the probe sees."""

    def __init__(self, driver: Any, probe: KillProbe) -> None:
        self._driver = driver
        for name in dir(type(driver)):
            if not name.startswith("_") and callable(found := getattr(driver, name)):
                self.__dict__[name] = _seen(found, name, probe)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)


def _seen(method: Callable[..., Any], name: str, probe: KillProbe) -> Callable[..., Any]:
    return lambda *args, **named: probe.call(name, lambda: method(*args, **named))


def _watch(probe: KillProbe) -> None:
    """Between the drivers and everything that uses them."""
    hypervisor_of, backends_of = server.hypervisor_of, server.backends_of
    server.hypervisor_of = lambda *args, **named: Watched(hypervisor_of(*args, **named), probe)  # type: ignore[assignment,return-value]
    server.backends_of = lambda conf: {name: Watched(made, probe) for name, made in backends_of(conf).items()}  # type: ignore[misc]


def warm_up() -> None:
    """Import what a start needs, by making a Moorage that is never started, so there is no thread yet."""
    import uvicorn  # noqa: F401, PLC0415

    from moorage.api.wire import patience  # noqa: F401, PLC0415
    from moorage.cli import observing  # noqa: F401, PLC0415

    with tempfile.TemporaryDirectory() as where:
        config = Path(where) / "moorage.conf"
        config.write_text("[DEFAULT]\ncompute_driver = sim\n[sim]\nguests_report = false\n")
        server.Moorage(settings.read(str(config), f"{where}/data", None)).store.close()


def _be_of_release(formats: tuple[str, ...]) -> None:
    """Of one that records its journals in the first of these and goes on with all of them."""
    for module in (engine, dispatcher, worker):
        for name, value in (("JOURNAL_FORMAT", formats[0]), ("RESUMED_FORMATS", formats)):
            if hasattr(module, name):
                setattr(module, name, value)


def main(argv: list[str]) -> int:
    words = dict(zip(argv[1::2], argv[2::2], strict=True))
    read = settings.read(words["--config-file"], words["--data-dir"], words.get("--listen"))
    probe = KillProbe(read.data_dir)
    _watch(probe)
    if formats := words.get("--formats"):
        _be_of_release(tuple(formats.split(",")))
    if argv[0] == "worker":
        return processes.run_worker(read, probe)
    return processes.run_api(read, probe, has_worker=argv[0] == "serve")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
