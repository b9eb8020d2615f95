"""How does a mock HMC show a server: its partition, its WWPNs, and the path it boots by? The same for both models."""

from __future__ import annotations

from typing import Any, NamedTuple

State = dict[str, Any]


class BootPath(NamedTuple):
    """What the boot device of a partition leads to."""

    initiator: str
    port: str
    target: str
    lun: str


def partition_of(state: State, server: str) -> dict[str, Any]:
    (found,) = [partition for partition in state["partitions"] if server in partition["name"]]
    return dict(found)


def wwpns_of(state: State, server: str) -> set[str]:
    """WWPNs of the partition's HBAs or virtual storage resources."""
    return {initiator for initiator, _ in _adapters(state, partition_of(state, server)).values()}


def boot_path(state: State, server: str) -> BootPath:
    partition = partition_of(state, server)
    if partition["boot-device"] == "storage-adapter":
        initiator, port = _adapters(state, partition)[partition["boot-storage-device"]]
        return BootPath(initiator, port, partition["boot-world-wide-port-name"], partition["boot-logical-unit-number"])
    assert partition["boot-device"] == "storage-volume"
    (volume,) = [v for v in state["storage-volumes"] if v["element-uri"] == partition["boot-storage-volume"]]
    (path,) = volume["paths"]
    initiator, port = _adapters(state, partition)[path["device-number"]]
    return BootPath(initiator, port, path["target-world-wide-port-name"], path["logical-unit-number"])


def _adapters(state: State, partition: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """HBA's URI, or device number of a virtual storage resource -> its WWPN and adapter port."""
    found = {
        hba["element-uri"]: (hba["wwpn"], hba["adapter-port-uri"])
        for hba in state["hbas"]
        if hba["parent"] == partition["object-uri"]
    }
    for each in state["virtual-storage-resources"]:
        if each["partition-uri"] == partition["object-uri"]:
            wwpn = each["world-wide-port-name-info"]["world-wide-port-name"]
            found[each["device-number"]] = (wwpn, each["adapter-port-uri"])
    return found


def paths_of(state: State, array: dict[str, list[dict[str, Any]]], server: str) -> list[tuple[str, str]]:
    """(adapter port, target) of every path of a server, adapters alternating, each with its targets in order."""
    ports = [adapter["storage-port-uris"][0] for adapter in state["adapters"]]
    adapters = sorted(_adapters(state, partition_of(state, server)).values(), key=lambda pair: ports.index(pair[1]))
    zoned = [
        [(port, zone["target"]) for zone in sorted(array["zones"], key=lambda zone: str(zone["target"]))
         if zone["initiator"] == initiator]
        for initiator, port in adapters
    ]  # fmt: skip
    return [path for turn in zip(*zoned, strict=True) for path in turn]
