"""Which volumes are declared in a server's storage group, and which LUN is each?

A declared volume has the Moorage volume's id as name, its size, and the LUN's identifier as description. DPM finds the
LUNs of data volumes by itself and tells them apart by size only, so the ``uuid`` it found counts, not the name given.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from moorage.compute.model.guest import Disk
from moorage.drivers.dpm import boot_path, faults
from moorage.drivers.dpm.sessions import Hmc

BOOT_NAME = "boot"
"""Name of the boot volume until its server has one."""
_SMALLEST_GIB = 1


class Declared(NamedTuple):
    """A volume of a group as its list shows it."""

    uri: str
    name: str
    usage: str
    size_gib: float


def request(group_uri: str) -> tuple[str, str, dict[str, Any] | None]:
    """To be sent with others."""
    return "GET", f"{group_uri}/storage-volumes", None


def listed(body: dict[str, Any]) -> list[Declared]:
    return [
        Declared(each["element-uri"], each["name"], each["usage"], float(each["size"]))
        for each in body["storage-volumes"]
    ]


def boot_volume(present: list[Declared]) -> str | None:
    """URI of the boot volume."""
    return next((each.uri for each in present if each.usage == "boot"), None)


def changes(present: list[Declared], boot: Disk, disks: list[Disk]) -> list[dict[str, Any]]:
    """What to modify so that exactly the server's disks are declared."""
    data = {disk.volume_id: disk for disk in disks if disk is not boot}
    made = []
    for each in present:
        disk = boot if each.usage == "boot" else data.pop(each.name, None)
        if disk is None:
            made.append({"operation": "delete", "element-uri": each.uri})
        elif each.name != disk.volume_id or disk.size_gib not in (None, each.size_gib):
            made.append({"operation": "modify", "element-uri": each.uri, **_fields(disk)})
    if boot_volume(present) is None:
        made.append({"operation": "create", "usage": "boot", **_fields(boot)})
    return [*made, *(_creation(disk) for disk in data.values())]


def modify(group_uri: str, entries: list[dict[str, Any]]) -> tuple[str, str, dict[str, Any] | None]:
    """To be sent alone or with others."""
    return "POST", f"{group_uri}/operations/modify", {"storage-volumes": entries}


def add(hmc: Hmc, group_uri: str, disk: Disk) -> None:
    """Declare one more data volume; declared already is success."""
    present = listed(hmc.get(request(group_uri)[1]))
    if disk.volume_id not in [each.name for each in present]:
        _, uri, body = modify(group_uri, [_creation(disk)])
        hmc.post(uri, body)


def take_away(hmc: Hmc, group_uri: str, disk: Disk) -> None:
    """Withdraw the declaration that DPM took for this LUN; not declared is success."""
    data = [each for each in listed(hmc.get(request(group_uri)[1])) if each.usage != "boot"]
    named = next((each for each in data if each.name == disk.volume_id), None)
    if named is None:
        return
    taken = _found_as(hmc, data, boot_path.identifier(disk)) or named
    entries: list[dict[str, Any]] = [{"operation": "delete", "element-uri": taken.uri}]
    if taken != named:
        entries.append({"operation": "modify", "element-uri": named.uri, "name": taken.name})
    _, uri, body = modify(group_uri, entries)
    hmc.post(uri, body)


def _found_as(hmc: Hmc, data: list[Declared], identifier: str | None) -> Declared | None:
    if identifier is None:
        return None
    answers = hmc.submit([("GET", each.uri, None) for each in data])
    for each, answer in zip(data, answers, strict=True):
        if error := faults.of_answer(answer, each.uri):
            raise error
        if str(answer["body"].get("uuid") or "").lower() == identifier:
            return each
    return None


def _creation(disk: Disk) -> dict[str, Any]:
    return {"operation": "create", "usage": "data", **_fields(disk)}


def _fields(disk: Disk) -> dict[str, Any]:
    found = boot_path.identifier(disk)
    return {
        "name": disk.volume_id,
        "size": float(disk.size_gib or _SMALLEST_GIB),
        "description": f"LUN {found}" if found else "",
    }
