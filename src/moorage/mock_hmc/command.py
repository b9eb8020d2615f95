"""``moorage mock-hmc``: run the simulated HMC until it is told to stop."""

from __future__ import annotations

import argparse
import functools
import json
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from moorage.errors import ConfigError
from moorage.mock_hmc.boot import OUTCOMES
from moorage.mock_hmc.config import (
    Address,
    CpcSpec,
    HmcConfig,
    Luns,
    Reachable,
    everything_reachable,
    no_luns,
    nothing_reachable,
)
from moorage.mock_hmc.inferences import Inferences, inference_names
from moorage.mock_hmc.simulator import MockHmc

_EPILOG = """\
examples:
  one z13 with two FCP adapters, booting from the simulated array:
    moorage mock-hmc --data-dir hmc --array array.sqlite
  any LUN boots, free ports, two machines:
    moorage mock-hmc --data-dir hmc --listen 127.0.0.1:0 --no-fabric-check --cpc CPC1 --cpc CPC2,adapters=4,ifls=32
  make the next partition creation take effect but lose its reply:
    curl -d '{"match": "POST .*/partitions$", "kind": "drop-after"}' http://127.0.0.1:6795/faults

When it is ready, one line of JSON is printed: url, addresses, certificate authority file, object ids.
The password is in DATA_DIR/password unless --password-file names another file.
"""


def add_parser(subparsers: Any) -> None:
    """Add the ``mock-hmc`` command to an argparse sub-parser collection."""
    parser = subparsers.add_parser(
        "mock-hmc",
        help="run a simulated HMC for tests and trials",
        description="Run a simulated HMC (z13 with HBAs, z16 with storage groups) for unmodified zhmcclient programs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_places(parser)
    _add_behaviour(parser)
    parser.set_defaults(run=run)


def _add_places(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--data-dir", type=Path, required=True, help="state, certificates and password; made if missing")
    add("--listen", default="127.0.0.1:6794", metavar="HOST:PORT", help="Web Services API (default %(default)s)")
    add("--stomp-listen", default="127.0.0.1:61612", metavar="HOST:PORT", help="notifications (default %(default)s)")
    add(
        "--control-listen",
        default="127.0.0.1:6795",
        metavar="HOST:PORT|none",
        help="fault control, loopback only, no password (default %(default)s)",
    )
    add("--user", default="moorage", help="HMC user (default %(default)s)")
    add("--password-file", type=Path, help="file with the password (default: one is made in DATA_DIR/password)")
    add("--verbose", action="store_true", help="log every request to standard error")


def _add_behaviour(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--array", type=Path, metavar="FILE", help="simulated FC array: a partition boots only from a LUN that answers")
    add("--no-fabric-check", action="store_true", help="every LUN answers; without this or --array, none does")
    add(
        "--unreachable-outcome",
        choices=OUTCOMES,
        default="load-failed",
        help="how such a start ends (default %(default)s)",
    )
    add(
        "--cpc",
        action="append",
        metavar="NAME[,OPTION=VALUE...]",
        help="a machine; options adapters, ports, ifls, cps, memory-mib, storage-management=on|off (default CPC1)",
    )
    add(
        "--infer",
        action="append",
        metavar="NAME=yes|no",
        help="what to assume where real behaviour is not known; names: " + ", ".join(inference_names()),
    )
    add("--start-delay-ms", type=_milliseconds, default=500, help="time a start takes (default %(default)s)")
    add("--stop-delay-ms", type=_milliseconds, default=200, help="time a stop takes (default %(default)s)")
    add("--latency-ms", type=_milliseconds, default=0, help="time added to every request (default %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Run until SIGINT or SIGTERM. Returns 0, or 2 if an option cannot be used."""
    logging.basicConfig(level=logging.DEBUG if args.verbose else logging.WARNING, stream=sys.stderr)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        hmc = MockHmc(config_of(args)).start()
    except (ConfigError, OSError) as exc:
        sys.stderr.write(f"moorage mock-hmc: {exc}\n")
        return 2
    sys.stdout.write(json.dumps(hmc.ready()) + "\n")
    sys.stdout.flush()
    stopping.wait()
    hmc.stop()
    return 0


def config_of(args: argparse.Namespace) -> HmcConfig:
    """The configuration the options describe. Raises ConfigError."""
    control = args.control_listen
    specs = tuple(CpcSpec.parse(text) for text in args.cpc or ("CPC1",))
    if len({spec.name for spec in specs}) != len(specs):
        raise ConfigError("--cpc: two machines have the same name")
    return HmcConfig(
        data_dir=args.data_dir,
        listen=Address.parse(args.listen, "--listen"),
        stomp_listen=Address.parse(args.stomp_listen, "--stomp-listen"),
        control_listen=None if control == "none" else Address.parse(control, "--control-listen"),
        user=args.user,
        password=args.password_file.read_text().strip() if args.password_file else None,
        cpcs=specs,
        reachable=_reachable(args),
        luns=_luns(args),
        unreachable_outcome=args.unreachable_outcome,
        start_delay_s=args.start_delay_ms / 1000,
        stop_delay_s=args.stop_delay_ms / 1000,
        latency_s=args.latency_ms / 1000,
        inferences=functools.reduce(Inferences.with_option, args.infer or (), Inferences()),
    )


def _reachable(args: argparse.Namespace) -> Reachable:
    if args.array and args.no_fabric_check:
        raise ConfigError("--array and --no-fabric-check exclude each other")
    if args.no_fabric_check:
        return everything_reachable
    if not args.array:
        return nothing_reachable
    reachable: Reachable = _fabric(args.array).reason_unreachable
    return reachable


def _luns(args: argparse.Namespace) -> Luns:
    if not args.array:
        return no_luns
    luns: Luns = _fabric(args.array).luns_seen
    return luns


def _fabric(array: Path) -> Any:
    # The array is an optional companion: a mock without one must not need its code.
    from moorage.drivers.fcarray.fabric import open_fabric  # noqa: PLC0415

    return open_fabric(array)


def _milliseconds(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError("must not be negative")
    return value
