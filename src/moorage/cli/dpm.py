"""``moorage dpm``: look at the HMCs of the ``[dpm]`` sections without changing anything on them."""

from __future__ import annotations

import argparse
import json
from typing import Any

from moorage import errors

_EPILOG = """\
examples:
  moorage dpm doctor --config-file moorage.conf
  moorage dpm doctor --json
It sends GET requests, the log-on and the log-off, and nothing else.
exit status:
  0  nothing is wrong; what this HMC cannot show is "unseen"
  1  something does not work ("failed") or is not as the driver assumes it ("differs")
  2  it could not be run: wrong options, no answer, or the user was not let in
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("dpm", help="look at the HMC of the dpm driver")
    actions = parser.add_subparsers(dest="action", required=True)
    doctor = actions.add_parser(
        "doctor", help="check a real HMC against what the driver assumes; changes nothing", epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    doctor.add_argument("--json", action="store_true", help="for scripts")
    doctor.add_argument("--config-file", metavar="F")
    doctor.add_argument("--data-dir", metavar="D")


def run(args: argparse.Namespace) -> int:
    from moorage.config import machines, settings
    from moorage.drivers.dpm import doctor

    try:
        sections = machines.sections_of(settings.read(args.config_file, args.data_dir).conf)
        found = {name: doctor.examine(section) for name, section in sections.items()}
    except (errors.ConfigError, errors.OutsideError) as error:
        print(json.dumps({"error": error.message}) if args.json else f"could not be run: {error.message}")
        return 2
    bad = (doctor.Verdict.FAILED, doctor.Verdict.DIFFERS)
    status = 1 if any(each.verdict in bad for findings in found.values() for each in findings) else 0
    if args.json:
        print(json.dumps({"status": status, "findings": _plain(found), "by_hand": doctor.BY_HAND}, indent=2))
    else:
        _tell(found, doctor.BY_HAND)
    return status


def _plain(found: dict[str, list[Any]]) -> list[dict[str, str]]:
    return [
        {"section": section, "name": each.name, "verdict": each.verdict.value, "said": each.said}
        for section, findings in found.items()
        for each in findings
    ]


def _tell(found: dict[str, list[Any]], by_hand: dict[str, str]) -> None:
    for section, findings in found.items():
        print(f"[{section}]")
        for each in findings:
            print(f"{each.verdict.value:8} {each.name:20} {each.said}")
    print("\nLeft to try by hand, as it changes something:")
    for name, experiment in by_hand.items():
        print(f"  {name:38} {experiment}")
