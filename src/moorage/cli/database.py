"""``moorage db``: the schema of the database."""

from __future__ import annotations

import argparse
from typing import Any

_EXAMPLES = """\
examples:
  moorage db upgrade --config-file /etc/moorage/moorage.conf
  moorage db current --data-dir /var/lib/moorage
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "db", help="upgrade or show the database schema", epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("action", choices=["upgrade", "current"])
    parser.add_argument("--config-file", metavar="F")
    parser.add_argument("--data-dir", metavar="D")


def run(args: argparse.Namespace) -> int:
    from moorage.config import settings
    from moorage.store import schema

    where = settings.read(args.config_file, args.data_dir)
    where.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if args.action == "upgrade":
        schema.upgrade(where.database_url)
    print(f"{schema.current(where.database_url) or 'no schema'} (this release needs {schema.head()})")
    return 0
