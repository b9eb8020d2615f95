"""``moorage serve``: the API and a worker in one process."""

from __future__ import annotations

import argparse
from typing import Any

from moorage import garbage, one_cpu
from moorage.cli import processes

_EXAMPLES = """\
examples:
  moorage serve
  moorage serve --data-dir /var/lib/moorage --listen 127.0.0.1:8780
  moorage serve --config-file /etc/moorage/moorage.conf

then, in another terminal:
  export OS_CLIENT_CONFIG_FILE=<data-dir>/clouds.yaml OS_CLOUD=moorage
  openstack server list
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "serve", help="run the API and a worker in one process", epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    processes.add_arguments(parser, has_api=True)


def run(args: argparse.Namespace) -> int:
    garbage.not_yet()
    from moorage.config import settings

    found = settings.read(args.config_file, args.data_dir, args.listen)
    if found.conf.workers.one_cpu and found.conf.compute_driver != "libvirt":
        one_cpu.settle()
    return processes.run_api(found, has_worker=True)
