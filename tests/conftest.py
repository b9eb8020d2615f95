"""What takes minutes is marked ``long``: ``make test`` leaves it out, ``make test-long`` and CI run it.

What needs real guests is skipped on a machine that cannot have them, and one line at the end says so.
"""

from __future__ import annotations

import os

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
    "tests/libvirt/test_crash.py",
    "tests/libvirt/test_linux.py",
    "tests/property/",
    "tests/races/",
    "tests/stories/test_life.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store", choices=["sqlite", "postgresql"], default="sqlite", help="database of the tests inside this process"
    )


def pytest_configure(config: pytest.Config) -> None:
    os.environ[STORE] = config.getoption("--store")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        is_third_cloud = item.path.parent.name == "crash" and "dpm-groups" in item.name
        if item.nodeid.startswith(LONG) or is_third_cloud:
            item.add_marker(pytest.mark.long)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())]
    left_out = sum(real_guests.SKIPPED in text for text in skipped)
    if left_out:
        terminalreporter.write_line(f"left out: {left_out} tests with real guests: {real_guests.missing()}")
