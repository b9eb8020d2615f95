"""How do Moorage and another OpenStack compare? ``cloudbench.py`` against both, in turns, each running alone.

``python benchmarks/peer.py`` measures Moorage (simulated hypervisor without latency, one process, SQLite; with
``--postgresql`` one ``moorage api`` and two ``moorage worker`` on a PostgreSQL that is not part of its figures). With
``--peer-start CMD --peer-stop CMD --peer-clouds FILE --peer-cloud NAME`` the peer is started, measured and stopped
after each round of Moorage, and the ratios are printed beside their targets. What follows ``--`` goes to
``cloudbench.py``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boot

HERE = Path(__file__).parent
MOORAGE = [sys.executable, "-m", "moorage.cli.main"]
WORKERS = 2

FIGURES: list[tuple[str, tuple[str, ...], float, bool]] = [
    ("boot, POST to ACTIVE", ("figures", "boot_sequential", "median_s"), 10, False),
    ("40 boots with 8 clients", ("figures", "boot_throughput", "wall_s"), 24, False),
    ("attach + detach", ("figures", "attach_detach", "median_s"), 10, False),
    ("list in detail, 16 clients", ("figures", "list_detail", "c16", "requests_per_s"), 25, True),
    ("show, 16 clients", ("figures", "list_detail", "get_one_c16", "requests_per_s"), 15, True),
    ("delete", ("figures", "delete_throughput", "per_s"), 20, True),
    ("cold start", ("cold_start_s",), 20, False),
    ("memory, PSS", ("memory_after", "total_mib"), 12, False),
]
"""Name, where it stands in the figures, how many times better Moorage is to be, and whether more is better."""


class Side:
    """One of the two clouds."""

    def __init__(
        self, name: str, clouds: Path, cloud: str, start: str, pid_dir: Path | None, service: str = ""
    ) -> None:
        self.name = name
        self.clouds = clouds
        self.words = ["--cloud", cloud, "--cold-start", start]
        self.words += ["--pid-dir", str(pid_dir)] if pid_dir else []
        self.words += ["--service-cloud", service] if service else ["--skip", "dangling"]

    def measure(self, more: list[str], output: Path) -> dict[str, Any]:
        """One run of ``cloudbench.py``; its errors are part of the figures."""
        environment = {**os.environ, "OS_CLIENT_CONFIG_FILE": str(self.clouds)}
        command = [sys.executable, str(HERE / "cloudbench.py"), *self.words, "--json", str(output), *more]
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(output.read_text())
        return found


@contextlib.contextmanager
def moorage(directory: Path, database_url: str = "") -> Iterator[Side]:
    """A data directory whose accounts exist and whose user has no quotas; ``cloudbench.py`` starts the processes."""
    data_dir, pids = directory / "data", directory / "pids"
    pids.mkdir(parents=True)
    data_dir.mkdir()
    commands = _commands(data_dir, database_url)
    _prepare(commands[0], data_dir)
    start = " ".join(
        f"{shlex.join(words)} & echo $! > {shlex.quote(str(pids / f'{number}.pid'))};"
        for number, words in enumerate(commands)
    )
    try:
        yield Side("moorage", data_dir / "clouds.yaml", "moorage", start, pids)
    finally:
        for pid_file in pids.iterdir():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid_file.read_text()), signal.SIGTERM)


def _commands(data_dir: Path, database_url: str) -> list[list[str]]:
    """The processes to run, the one with the API first; the tables of a PostgreSQL database are made."""
    listen, where = ["--listen", f"127.0.0.1:{boot.free_port()}"], ["--data-dir", str(data_dir)]
    if not database_url:
        return [[*MOORAGE, "serve", *where, *listen]]
    (data_dir / "moorage.conf").write_text(f"[DEFAULT]\ndatabase_url = {database_url}\n")
    subprocess.run([*MOORAGE, "db", "upgrade", *where], check=True, stdout=subprocess.DEVNULL)
    return [[*MOORAGE, "api", *where, *listen], *[[*MOORAGE, "worker", *where]] * WORKERS]


@contextlib.contextmanager
def _database(is_wanted: bool) -> Iterator[str]:
    """The URL of a new database on the PostgreSQL of the tests; empty for SQLite."""
    if not is_wanted:
        yield ""
        return
    sys.path.insert(0, str(HERE.parent))
    from tests.support import postgresql  # noqa: PLC0415 - a server is started only if one is wanted

    with postgresql.database() as url:
        yield url


def _prepare(words: list[str], data_dir: Path) -> None:
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    process.stdout.readline()
    user, admin = boot.session(data_dir, "moorage"), boot.session(data_dir, "moorage-admin")
    project = user.get_project_id()
    for service, names in (("block-storage", ("volumes", "gigabytes")), ("compute", ("instances", "cores", "ram"))):
        body = {"quota_set": dict.fromkeys(names, -1)}
        done = boot.call(admin, "PUT", service, f"/os-quota-sets/{project}", body)
        assert done.status_code == 200, done.text
    process.send_signal(signal.SIGTERM)
    process.wait()


@contextlib.contextmanager
def peer(given: argparse.Namespace) -> Iterator[Side]:
    """The other cloud, stopped at the end whatever happened."""
    pids = Path(given.peer_pid_dir) if given.peer_pid_dir else None
    side = Side("peer", Path(given.peer_clouds), given.peer_cloud, given.peer_start, pids, given.peer_service_cloud)
    try:
        yield side
    finally:
        subprocess.run(given.peer_stop, shell=True, check=True)


def main(arguments: list[str]) -> int:
    own, more = arguments, list[str]()
    if "--" in arguments:
        own, more = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    given = _parser().parse_args(own)
    runs: dict[str, list[dict[str, Any]]] = {"moorage": [], "peer": []}
    with tempfile.TemporaryDirectory() as directory:
        for number in range(given.rounds):
            with _database(given.postgresql) as url, moorage(Path(directory) / str(number), url) as side:
                runs["moorage"].append(side.measure(more, Path(directory) / f"moorage-{number}.json"))
            if given.peer_start:
                with peer(given) as side:
                    runs["peer"].append(side.measure(more, Path(directory) / f"peer-{number}.json"))
    if given.json:
        Path(given.json).write_text(
            json.dumps({"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **runs}, indent=1)
        )
    problems = [error for found in runs.values() for run in found for error in run["errors"]]
    print("\n".join([*table(runs), *(f"failed: {problem}" for problem in problems)]))
    return 1 if problems else 0


def table(runs: dict[str, list[dict[str, Any]]]) -> list[str]:
    """A Markdown table: medians over the rounds, and how many times better Moorage is."""
    lines = ["| figure | Moorage | peer | times better | target |", "| --- | --- | --- | --- | --- |"]
    for name, path, target, is_more_better in FIGURES:
        ours, theirs = (_median(runs[side], path) for side in ("moorage", "peer"))
        ratio = None if not ours or not theirs else ours / theirs if is_more_better else theirs / ours
        cells = [f"{value:.4g}" if value is not None else "-" for value in (ours, theirs, ratio)]
        lines.append(f"| {name} | {' | '.join(cells)} | {target:g} |")
    return lines


def _median(found: list[dict[str, Any]], path: tuple[str, ...]) -> float | None:
    values = []
    for run in found:
        value: Any = run
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            values.append(float(value))
    return statistics.median(values) if values else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true", help="one API and two workers instead of one process")
    parser.add_argument("--json", metavar="FILE", help="all figures of all rounds")
    parser.add_argument("--peer-start", default="", metavar="CMD")
    parser.add_argument("--peer-stop", default="true", metavar="CMD")
    parser.add_argument("--peer-clouds", default="clouds.yaml", metavar="FILE")
    parser.add_argument("--peer-cloud", default="peer", metavar="NAME")
    parser.add_argument("--peer-service-cloud", default="", metavar="NAME")
    parser.add_argument("--peer-pid-dir", default="", metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
