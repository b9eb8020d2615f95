"""``moorage worker``: runs operations; as many of them as wanted, on any host, on one PostgreSQL database."""

from __future__ import annotations

import argparse
from typing import Any

from moorage import garbage
from moorage.cli import processes

_EXAMPLES = """\
examples (database_url in moorage.conf names a PostgreSQL database):
  moorage db upgrade --config-file /etc/moorage/moorage.conf
  moorage worker --config-file /etc/moorage/moorage.conf
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "worker", help="run operations (PostgreSQL)", epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    processes.add_arguments(parser, has_api=False)


def run(args: argparse.Namespace) -> int:
    garbage.not_yet()
    from moorage.config import settings

    return processes.run_worker(settings.read(args.config_file, args.data_dir))
