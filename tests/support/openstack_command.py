"""The unmodified ``openstack`` command, run by ``fork_server``: its own ``main``, in a process that need not load it.

Loading it and all its plug-ins takes a second or two of every command, and stories are made of hundreds of them.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys

from openstackclient import shell


def warm_up() -> None:
    """Its help for one command makes it look for all of them; what that did to the logs is taken back."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        shell.main(["help", "server", "list"])
    logging.getLogger().handlers.clear()


def main(words: list[str]) -> int:
    sys.argv = ["openstack", *words]
    return int(shell.main(words) or 0)
