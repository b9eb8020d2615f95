"""``moorage volume-attachment``: find and repair dangling attachments; look at one and connect it anew."""

from __future__ import annotations

import argparse
from typing import Any

_EXAMPLES = """\
examples:
  moorage volume-attachment audit --all
  moorage volume-attachment audit 0b6f... --json
  moorage volume-attachment cleanup --all --dry-run
  moorage volume-attachment cleanup 0b6f... --yes
  moorage volume-attachment cleanup --all --yes --limit 40 --fix-status
  moorage volume-attachment show 0b6f... 5c1d... --json
  moorage volume-attachment get-connector 0b6f... --json > connector.json
  moorage volume-attachment refresh 0b6f... 5c1d... connector.json

All of them work beside a running `moorage serve` and without one; without one, `cleanup` and `refresh` first go on
with whatever operations the last serve left unfinished.
"""
_CODES = """\
exit status:
  0  nothing dangles
  1  everything that was found was repaired
  2  findings are left
  3  it cannot be told: somebody did not answer, and nothing certain was found
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "volume-attachment", help="find and repair dangling volume attachments", epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", required=True)
    _add_audits(actions)
    show = actions.add_parser(
        "show", help="one attachment", formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="exit status: 0, 1 error, 2 no such server, 3 not attached",
    )  # fmt: skip
    show.add_argument("server", metavar="SERVER")
    show.add_argument("volume", metavar="VOLUME")
    show.add_argument("--connection_info", "--connection-info", action="store_true", help="only that, as JSON")
    connector = actions.add_parser(
        "get-connector", help="how storage knows a server", epilog="exit status: 0, 1 none yet, 2 no such server"
    )
    connector.add_argument("server", metavar="SERVER")
    refresh = actions.add_parser(
        "refresh", help="connect a stopped server's volume anew", formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="exit status: 0, 1 error, 2 no such file, 3 file unreadable, 4 no such server, 5 server not stopped, "
        "6 not attached,\n7 the file holds the connector of another host",
    )  # fmt: skip
    refresh.add_argument("server", metavar="SERVER")
    refresh.add_argument("volume", metavar="VOLUME")
    refresh.add_argument("connector", metavar="FILE", nargs="?", help="from get-connector --json; checked, not needed")
    for sub in (show, connector, refresh):
        _add_places(sub)


def _add_audits(actions: Any) -> None:
    audit = actions.add_parser(
        "audit", help="look; changes nothing", formatter_class=argparse.RawDescriptionHelpFormatter, epilog=_CODES
    )
    cleanup = actions.add_parser(
        "cleanup", help="show the plan, ask, repair", formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_CODES,
    )  # fmt: skip
    for sub in (audit, cleanup):
        sub.add_argument("servers", metavar="SERVER", nargs="*", help="server ids")
        sub.add_argument("--all", action="store_true", help="every server, volume, mask and guest")
        sub.add_argument("--grace-period", type=float, metavar="S", help="leave alone what changed S seconds ago")
        sub.add_argument("--include-root", action="store_true", help="also root disks, of servers that do not run")
        sub.add_argument("--adopt", action="store_true", help="record a disk the guest uses without a record")
        sub.add_argument("--fix-status", action="store_true", help="set volumes to what follows from attachments")
        sub.add_argument("--limit", type=int, metavar="N", help="objects that may be removed (default: blast_limit)")
        _add_places(sub)
    cleanup.add_argument("--yes", action="store_true", help="do not ask")
    cleanup.add_argument("--dry-run", action="store_true", help="print and record the plan, repair nothing")


def _add_places(parser: Any) -> None:
    parser.add_argument("--json", action="store_true", help="for scripts")
    parser.add_argument("--config-file", metavar="F")
    parser.add_argument("--data-dir", metavar="D")


def run(args: argparse.Namespace) -> int:
    from moorage.cli import attachment_audit, attachment_looks
    from moorage.config import settings

    where = settings.read(args.config_file, args.data_dir)
    if args.action in ("audit", "cleanup"):
        return attachment_audit.run(where, args)
    return attachment_looks.run(where, args)
