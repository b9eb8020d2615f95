"""What takes minutes is marked ``long``: ``make test`` leaves it out, ``make test-long`` runs it, CI an eighth of it.

What needs real guests is skipped on a machine that cannot have them, and one line at the end says so.
"""

from __future__ import annotations

import os
import zlib
from collections import Counter

import pytest

from tests.support import real_guests
from tests.support.app import STORE

LONG = (
    "tests/crash/test_cleanup.py",
    "tests/crash/test_life.py",
    "tests/crash/test_shelve.py",
    "tests/crash/test_volume_lost_replies.py",
    "tests/crash/test_volume_operations.py",
    "tests/audit/test_command.py",
    "tests/crash/test_migration.py",
    "tests/libvirt/",
    "tests/process/test_many_processes.py",
    "tests/process/test_rolling_upgrade.py",
    "tests/property/",
    "tests/races/",
    "tests/stories/test_life.py",
    "tests/stories/test_openstack_command.py",
    "tests/workflows/test_volume_crashes.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store", choices=["sqlite", "postgresql"], default="sqlite", help="database of the tests inside this process"
    )
    parser.addoption("--sample", type=int, default=1, help="run one in so many of the long tests")
    parser.addoption("--turn", type=int, default=0, help="which of the samples, from 0")


def pytest_configure(config: pytest.Config) -> None:
    os.environ[STORE] = config.getoption("--store")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        is_more_of_the_same = item.path.parent.name == "crash" and (
            "dpm-groups" in item.name or "-before]" in item.name
        )
        if item.nodeid.startswith(LONG) or is_more_of_the_same:
            item.add_marker(pytest.mark.long)
    left_out = [item for item in items if item.get_closest_marker("long") and not _is_in_sample(config, item)]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def _is_in_sample(config: pytest.Config, item: pytest.Item) -> bool:
    """The same test is in the same sample on every machine."""
    size: int = config.getoption("--sample")
    return zlib.crc32(item.nodeid.encode()) % size == config.getoption("--turn") % size


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    said = [str(report.longrepr[-1]) for report in terminalreporter.stats.get("skipped", ())]
    reasons = Counter(
        text.partition(real_guests.SKIPPED)[2].lstrip(": ") for text in said if real_guests.SKIPPED in text
    )
    if reasons:
        whys = "; ".join(f"{count} because {reason}" for reason, count in reasons.most_common())
        terminalreporter.write_line(f"left out: {reasons.total()} tests with real guests: {whys}")
