"""Which paths to a boot volume answer? The HMC checks them before a start (Validate LUN Path; storage groups only)."""

from __future__ import annotations

from typing import Any, NamedTuple

from moorage import errors
from moorage.drivers.dpm import boot_path, faults
from moorage.drivers.dpm.boot_path import Path

_MEANINGS = {484: "target port cannot be reached", 485: "LUN cannot be reached"}


class Checked(NamedTuple):
    """Paths that may be tried, in order, and why each of the others is dead."""

    usable: list[Path]
    dead: dict[Path, str]


def request(cpc_uri: str, path: Path) -> tuple[str, str, dict[str, Any] | None]:
    body = {
        "host-world-wide-port-name": path.wwpn,
        "adapter-port-uri": path.port_uri,
        "target-world-wide-port-name": path.target,
        "logical-unit-number": path.lun,
    }
    return "POST", f"{cpc_uri}/operations/validate-lun-path", body


def sorted_out(paths: list[Path], answers: list[dict[str, Any]]) -> Checked:
    """Those that answer first, then those whose check got no answer: that condemns no path.

    Raises ``errors.Refused`` with each path's reason when all are dead.
    """
    alive, open_questions, dead = [], [], {}
    for path, answer in zip(paths, answers, strict=True):
        error = faults.of_answer(answer, str(path))
        if error is None:
            alive.append(path)
            continue
        said = f"{_MEANINGS.get(error.reason, 'refused')} ({error.http_status},{error.reason}: {error.message})"
        if isinstance(faults.meaning(error, said), errors.Unknown):
            open_questions.append(path)
        else:
            dead[path] = said
    if len(dead) == len(paths):
        reasons = {str(path): reason for path, reason in dead.items()}
        raise boot_path.no_path("the boot volume answers on none of its", reasons)
    return Checked([*alive, *open_questions], dead)
