"""Does the HMC answer plain questions in the way the driver counts on?"""

from __future__ import annotations

import re
from collections.abc import Iterator

import zhmcclient

from moorage.drivers.dpm import faults, os_messages, statuses
from moorage.drivers.dpm.doctor.model import Finding, Verdict
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.sessions import Hmc

_NOBODY = "/api/partitions/00000000-0000-0000-0000-000000000000"
_WWPN = re.compile(r"[0-9a-f]{16}")


def missing_object(hmc: Hmc, settings: DpmSettings) -> Iterator[Finding]:  # noqa: ARG001
    """A partition that does not exist."""
    try:
        hmc.get(_NOBODY)
    except zhmcclient.HTTPError as error:
        is_gone = faults.is_answer(error, faults.GONE)
        verdict = Verdict.OK if is_gone else Verdict.DIFFERS
        yield Finding(
            name="missing-object", verdict=verdict, said=f"an unknown partition is {error.http_status},{error.reason}"
        )
        return
    yield Finding(name="missing-object", verdict=Verdict.DIFFERS, said="a partition that cannot exist was shown")


def name_filter(hmc: Hmc, settings: DpmSettings) -> Iterator[Finding]:
    """The driver looks names up by this filter and compares the result itself."""
    partitions = _partitions(hmc, settings)
    if not partitions:
        yield Finding(name="name-filter", verdict=Verdict.UNSEEN, said="the CPC shows no partition")
        return
    every = hmc.get(f"/api/cpcs/{settings.cpc_object_id}/partitions?name=.*")["partitions"]
    is_pattern = len(every) == len(partitions)
    one = hmc.get(f"{partitions[0]['object-uri']}?properties=name,status")
    is_short = set(one) <= {"name", "status", "object-uri", "object-id", "parent", "class"}
    said = f"filters are regular expressions: {_yes(is_pattern)}; single properties can be asked for: {_yes(is_short)}"
    verdict = Verdict.OK if is_pattern and is_short else Verdict.DIFFERS
    yield Finding(name="name-filter", verdict=verdict, said=said)


def partition_statuses(hmc: Hmc, settings: DpmSettings) -> Iterator[Finding]:
    known = statuses.STOPPED | statuses.RUNNING | statuses.HALTED | statuses.MOVING
    seen = sorted({str(each["status"]) for each in _partitions(hmc, settings)})
    unknown = [status for status in seen if status not in known]
    if not seen:
        yield Finding(name="partition-statuses", verdict=Verdict.UNSEEN, said="the CPC shows no partition")
    elif unknown:
        said = f"never acted upon: {', '.join(unknown)}"
        yield Finding(name="partition-statuses", verdict=Verdict.DIFFERS, said=said)
    else:
        yield Finding(name="partition-statuses", verdict=Verdict.OK, said=f"seen: {', '.join(seen)}")


def messages(hmc: Hmc, settings: DpmSettings) -> Iterator[Finding]:
    """Operating system messages of a running partition, and whether the loader's look as expected."""
    running = [each["object-uri"] for each in _partitions(hmc, settings) if each["status"] in statuses.RUNNING]
    if not running:
        yield Finding(name="messages", verdict=Verdict.UNSEEN, said="no partition of the CPC is running")
        return
    try:
        answer = hmc.get(f"{running[0]}/operations/list-os-messages")
    except zhmcclient.HTTPError as error:
        said = f"refused with {error.http_status},{error.reason}: a loader's complaint is not seen"
        yield Finding(name="messages", verdict=Verdict.DIFFERS, said=said)
        return
    lines = os_messages.lines({"status": 200, "body": answer})
    complaint = os_messages.loader_error(lines, settings.loader_error_pattern)
    said = f"{len(lines)} lines of {running[0]}"
    if complaint is None:
        yield Finding(name="messages", verdict=Verdict.OK, said=said)
    else:
        text = f"{said}; it runs although loader_error_pattern matches: {complaint}"
        yield Finding(name="messages", verdict=Verdict.DIFFERS, said=text)


def hba_wwpns(hmc: Hmc, settings: DpmSettings) -> Iterator[Finding]:
    """On a z13; there are none on a later machine."""
    uris = [str(each["object-uri"]) for each in _partitions(hmc, settings)]
    hbas = [uri for partition in uris for uri in hmc.get(partition).get("hba-uris", [])]
    if not hbas:
        yield Finding(name="hba-wwpns", verdict=Verdict.UNSEEN, said="no partition has an HBA")
        return
    wwpns = [str(hmc.get(uri).get("wwpn")) for uri in hbas]
    is_plain = all(_WWPN.fullmatch(wwpn.lower()) for wwpn in wwpns)
    is_unique = len(set(wwpns)) == len(wwpns)
    said = f"{len(wwpns)} HBAs; WWPNs of 16 digits: {_yes(is_plain)}; each one once: {_yes(is_unique)}"
    verdict = Verdict.OK if is_plain and is_unique else Verdict.DIFFERS
    yield Finding(name="hba-wwpns", verdict=verdict, said=said)


def mounted_image(hmc: Hmc, settings: DpmSettings) -> Iterator[Finding]:
    """The config drive is mounted on partitions that boot from storage; only their systems know whether they see it."""
    asked = "?properties=status,boot-device,boot-iso-image-name"
    shown = [hmc.get(f"{each['object-uri']}{asked}") for each in _partitions(hmc, settings)]
    running = [each for each in shown if each["status"] in statuses.RUNNING]
    beside = [each for each in running if each["boot-iso-image-name"] and each["boot-device"].startswith("storage-")]
    if not beside:
        yield Finding(name="mounted-image", verdict=Verdict.UNSEEN, said="nothing booted from storage has an ISO image")
        return
    said = f"{len(beside)} partitions booted from storage keep an ISO image mounted; whether it is seen, look in them"
    yield Finding(name="mounted-image", verdict=Verdict.OK, said=said)


def _partitions(hmc: Hmc, settings: DpmSettings) -> list[dict[str, str]]:
    found: list[dict[str, str]] = hmc.get(f"/api/cpcs/{settings.cpc_object_id}/partitions")["partitions"]
    return found


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


CHECKS = (missing_object, name_filter, partition_statuses, messages, hba_wwpns, mounted_image)
