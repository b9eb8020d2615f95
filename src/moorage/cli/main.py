"""The ``moorage`` command."""

from __future__ import annotations

import argparse
import importlib
import sys

from moorage import __version__, errors

COMMANDS = {
    "serve": "moorage.cli.serve",
    "api": "moorage.cli.api",
    "worker": "moorage.cli.worker",
    "operations": "moorage.cli.operations",
    "cluster": "moorage.cli.cluster",
    "volume-attachment": "moorage.cli.volume_attachment",
    "db": "moorage.cli.database",
    "config": "moorage.cli.configuration",
    "dpm": "moorage.cli.dpm",
    "array": "moorage.drivers.fcarray.command",
    "mock-hmc": "moorage.mock_hmc.command",
}
"""Command → module with ``add_parser(subparsers)`` and ``run(args)``. Only the one that is called is imported."""


def main(argv: list[str] | None = None) -> int:
    """Run a command and return its exit status; errors on purpose are one line on standard error."""
    arguments = sys.argv[1:] if argv is None else argv
    wanted = next((word for word in arguments if word in COMMANDS), None)
    names = [wanted] if wanted and arguments[0] == wanted else list(COMMANDS)
    parser = argparse.ArgumentParser(
        prog="moorage", description="An OpenStack-compatible control plane for servers that live on block volumes."
    )
    parser.add_argument("--version", action="version", version=f"moorage {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {name: importlib.import_module(COMMANDS[name]) for name in names}
    for module in modules.values():
        module.add_parser(subparsers)
    args = parser.parse_args(arguments)
    try:
        status: int = modules[args.command].run(args)
    except errors.MoorageError as error:
        print(f"moorage: {error.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
