"""``moorage config``: the options."""

from __future__ import annotations

import argparse
import sys
from typing import Any

_EXAMPLES = """\
examples:
  moorage config sample > moorage.conf
  moorage config check --config-file moorage.conf
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "config", help="print a sample moorage.conf, or check one", epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("action", choices=["sample", "check"])
    parser.add_argument("--config-file", metavar="F")
    parser.add_argument("--data-dir", metavar="D")


def run(args: argparse.Namespace) -> int:
    if args.action == "sample":
        from moorage.config.sample import sample

        sys.stdout.write(sample())
        return 0
    from moorage.config import settings

    read = settings.read(args.config_file, args.data_dir)
    print(f"ok: data_dir {read.data_dir}, url {read.url}, compute_driver {read.conf.compute_driver}")
    return 0
