"""Through which WWPN, adapter port and target port does a boot volume answer?

Every path is checked by the HMC before a start (Validate LUN Path), all with one request.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from moorage import errors
from moorage.compute.ports import Disk
from moorage.drivers.dpm import boot_path, faults
from moorage.drivers.dpm.sessions import Hmc

_MEANINGS = {484: "target port cannot be reached", 485: "LUN cannot be reached"}


class Path(NamedTuple):
    """One way from the CPC to a LUN."""

    wwpn: str
    port_uri: str
    target: str
    lun: str

    def __str__(self) -> str:
        return f"{self.wwpn} on {self.port_uri} to {self.target}"


def candidates(disk: Disk, initiators: dict[str, str], ignored_targets: Iterable[str]) -> list[Path]:
    """All paths of WWPNs on their ports (``initiators``), adapters alternating. Refused when storage names none."""
    lun, ignored = boot_path.lun(disk), list(ignored_targets)
    by_wwpn: dict[str, list[str]] = {}
    refusals = []
    for wwpn in initiators:
        try:
            by_wwpn[wwpn] = boot_path.usable_targets(disk, wwpn, ignored)
        except errors.Refused as refusal:
            refusals.append(refusal)
    if not by_wwpn:
        raise refusals[0]
    longest = max(map(len, by_wwpn.values()))
    return [
        Path(wwpn, initiators[wwpn], targets[number], lun)
        for number in range(longest)
        for wwpn, targets in by_wwpn.items()
        if number < len(targets)
    ]


def check_request(cpc_uri: str, path: Path) -> tuple[str, str, dict[str, Any] | None]:
    """Validate LUN Path."""
    body = {
        "host-world-wide-port-name": path.wwpn,
        "adapter-port-uri": path.port_uri,
        "target-world-wide-port-name": path.target,
        "logical-unit-number": path.lun,
    }
    return "POST", f"{cpc_uri}/operations/validate-lun-path", body


def first_usable(disk: Disk, paths: list[Path], answers: list[dict[str, Any]]) -> Path:
    """The first path whose check passed.

    Raises ``errors.Refused`` with each path's reason when none did, ``errors.Unknown`` when one was not answered.
    """
    reasons, open_questions = [], []
    for path, answer in zip(paths, answers, strict=True):
        error = faults.of_answer(answer, str(path))
        if error is None:
            return path
        said = f"{path}: {_MEANINGS.get(error.reason, 'refused')} ({error.http_status},{error.reason}: {error.message})"
        reasons.append(said)
        if isinstance(faults.meaning(error, said), errors.Unknown):
            open_questions.append(said)
    text = f"volume {disk.volume_id} answers on none of its {len(paths)} paths: {'; '.join(reasons)}"
    raise errors.Unknown(text) if open_questions else errors.Refused(text)


def hmc_check(hmc: Hmc, cpc_uri: str, disk: Disk, paths: list[Path], also: str) -> tuple[Path, dict[str, Any]]:
    """The first usable path, and what GET ``also`` answers: one request."""
    asked = [("GET", also, None), *(check_request(cpc_uri, path) for path in paths)]
    first, *answers = hmc.submit(asked)
    if error := faults.of_answer(first, also):
        raise error
    return first_usable(disk, paths, answers), first["body"]
