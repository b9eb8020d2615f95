"""What do the FCP storage groups of this CPC show of the model the driver was written for?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from moorage.drivers.dpm import start_checks
from moorage.drivers.dpm.doctor.model import Finding, Verdict
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.sessions import Hmc

_HEX16 = re.compile(r"[0-9a-f]{16}")
_MOST = 20
"""So many groups are looked at."""


class _Group(NamedTuple):
    properties: dict[str, Any]
    resources: list[dict[str, Any]]
    volumes: list[dict[str, Any]]


def storage_groups(hmc: Hmc, settings: DpmSettings) -> Iterator[Finding]:
    """All that groups can show, read once."""
    if not start_checks.has_groups(start_checks.read_cpc(hmc, settings)):
        yield Finding(name="storage-groups", verdict=Verdict.UNSEEN, said="the CPC has HBAs")
        return
    uri = f"/api/storage-groups?cpc-uri={quote(f'/api/cpcs/{settings.cpc_object_id}')}&type=fcp"
    listed = hmc.get(uri)["storage-groups"]
    if not listed:
        yield Finding(name="storage-groups", verdict=Verdict.UNSEEN, said="the CPC has no FCP storage group")
        return
    groups = [_read(hmc, str(each["object-uri"])) for each in listed[:_MOST]]
    states = Counter(str(each["fulfillment-state"]) for each in listed)
    said = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    yield Finding(name="storage-groups", verdict=Verdict.OK, said=said)
    yield _wwpn_counts(groups)
    yield _wwpn_forms(groups)
    yield _ports(groups)
    yield _identifiers(groups)
    yield _told_paths(groups)
    yield _reports(hmc, groups)


def _read(hmc: Hmc, uri: str) -> _Group:
    properties = hmc.get(uri)
    resources = [hmc.get(each) for each in properties["virtual-storage-resource-uris"]]
    return _Group(properties, resources, [hmc.get(each) for each in properties["storage-volume-uris"]])


def _wwpns(group: _Group) -> list[dict[str, str]]:
    return [
        *group.properties["unassigned-world-wide-port-names"],
        *(each["world-wide-port-name-info"] for each in group.resources),
    ]


def _wwpn_counts(groups: list[_Group]) -> Finding:
    """The driver asks for as many as it has adapter ports."""
    other = [
        f"{group.properties['name']} has {len(_wwpns(group))}, not {wanted}"
        for group in groups
        if len(_wwpns(group)) != (wanted := group.properties["connectivity"] * group.properties["max-partitions"])
    ]
    told = "; ".join(other) or f"connectivity x max-partitions in {len(groups)} groups"
    return Finding(name="wwpn-count", verdict=Verdict.DIFFERS if other else Verdict.OK, said=told)


def _wwpn_forms(groups: list[_Group]) -> Finding:
    every = [each for group in groups for each in _wwpns(group)]
    odd = [each["world-wide-port-name"] for each in every if not _HEX16.fullmatch(each["world-wide-port-name"])]
    states = Counter(each["status"] for each in every)
    said = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "no WWPN"
    return _judged("wwpn-status", odd, said, "not 16 lower-case digits")


def _ports(groups: list[_Group]) -> Finding:
    """``has-port-at-attach``: an attached WWPN that is validated has its port."""
    resources = [each for group in groups for each in group.resources]
    validated = [each for each in resources if each["world-wide-port-name-info"]["status"] == "validated"]
    if not validated:
        return Finding(name="has-port-at-attach", verdict=Verdict.UNSEEN, said="no validated WWPN is attached")
    bare = [str(each["element-uri"]) for each in validated if each["adapter-port-uri"] is None]
    return _judged("has-port-at-attach", bare, f"{len(validated)} validated WWPNs have a port", "validated, no port")


def _identifiers(groups: list[_Group]) -> Finding:
    complete = [each for group in groups for each in group.volumes if each["fulfillment-state"] == "complete"]
    if not complete:
        return Finding(name="volume-identifier", verdict=Verdict.UNSEEN, said="no volume is complete")
    bare = [str(each["name"]) for each in complete if not each.get("uuid")]
    said = f"{len(complete)} complete volumes have a uuid, such as {complete[0].get('uuid')}"
    return _judged("volume-identifier", bare, said, "complete without a uuid, so a wrong LUN is not noticed")


def _told_paths(groups: list[_Group]) -> Finding:
    paths = [path for group in groups for each in group.volumes for path in each.get("paths") or []]
    if not paths:
        return Finding(name="path-form", verdict=Verdict.UNSEEN, said="no volume has a path")
    values = [path[name] for path in paths for name in ("target-world-wide-port-name", "logical-unit-number")]
    return _judged(
        "path-form", [value for value in values if not _HEX16.fullmatch(value)],
        f"{len(paths)} paths, such as LUN {paths[0]['logical-unit-number']}", "not 16 lower-case digits",
    )  # fmt: skip


def _reports(hmc: Hmc, groups: list[_Group]) -> Finding:
    attached = [group for group in groups if group.resources]
    if not attached:
        return Finding(name="connection-report", verdict=Verdict.UNSEEN, said="no group is attached")
    states: Counter[str] = Counter()
    for group in attached:
        report = hmc.get(f"{group.properties['object-uri']}/operations/get-connection-report")
        for subsystem in report.get("fcp-storage-subsystems") or []:
            states.update(str(each["volumes-configuration-status"]) for each in subsystem["storage-configurations"])
    said = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "no storage subsystem is known"
    return Finding(name="connection-report", verdict=Verdict.OK, said=said)


def _judged(name: str, odd: Iterable[str], said: str, complaint: str) -> Finding:
    wrong = list(odd)
    if wrong:
        return Finding(name=name, verdict=Verdict.DIFFERS, said=f"{complaint}: {', '.join(wrong[:3])} ({len(wrong)})")
    return Finding(name=name, verdict=Verdict.OK, said=said)


CHECKS = (storage_groups,)
