"""The ``moorage`` command, forked by ``fork_server``: for tests that give it often and need no start of Python."""

from __future__ import annotations

from moorage.cli.main import main
from tests.support.probed_serve import warm_up

__all__ = ["main", "warm_up"]
