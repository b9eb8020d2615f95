"""``moorage api``: the API alone, beside workers on the same PostgreSQL database."""

from __future__ import annotations

import argparse
from typing import Any

from moorage import garbage
from moorage.cli import processes

_EXAMPLES = """\
examples (database_url in moorage.conf names a PostgreSQL database):
  moorage db upgrade --config-file /etc/moorage/moorage.conf
  moorage api --config-file /etc/moorage/moorage.conf --listen 0.0.0.0:8780
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "api", help="run the API alone (PostgreSQL)", epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    processes.add_arguments(parser, has_api=True)


def run(args: argparse.Namespace) -> int:
    garbage.not_yet()
    from moorage.config import settings

    return processes.run_api(settings.read(args.config_file, args.data_dir, args.listen), has_worker=False)
