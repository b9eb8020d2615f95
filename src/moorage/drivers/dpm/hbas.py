"""Which HBAs does a partition have, and what are their WWPNs?

HBA model (z13): a partition's HBAs, and with them its WWPNs, are made one by one and die with the partition.
"""

from __future__ import annotations

from typing import Any

import msgspec
import zhmcclient

from moorage import errors
from moorage.drivers.dpm import faults, wwpn
from moorage.drivers.dpm.sessions import Hmc


class Hba(msgspec.Struct, frozen=True):
    """A virtual HBA of a partition."""

    uri: str
    wwpn: str
    adapter_port: str


def find_or_create(hmc: Hmc, partition_uri: str, present_uris: list[str], port_uris: list[str]) -> list[Hba]:
    """One HBA for each adapter port, in that order; those of an earlier attempt are found by their names."""
    present = _by_name(hmc, present_uris)
    properties = [
        present.get(hba_name(number)) or _create(hmc, partition_uri, hba_name(number), port_uri)
        for number, port_uri in enumerate(port_uris)
    ]
    return [_hba(values) for values in properties]


def read_all(hmc: Hmc, present_uris: list[str]) -> list[Hba]:
    """Those of this module's names, in the order of the mappings."""
    present = _by_name(hmc, present_uris)
    return [_hba(present[name]) for name in map(hba_name, range(len(present_uris))) if name in present]


def hba_name(number: int) -> str:
    """Name of the HBA of the n-th mapping, counted from 0; unique within its partition."""
    return f"moorage_{number}"


def _by_name(hmc: Hmc, uris: list[str]) -> dict[str, dict[str, Any]]:
    every = [{**hmc.get(uri), "element-uri": uri} for uri in uris]
    return {values["name"]: values for values in every}


def _create(hmc: Hmc, partition_uri: str, name: str, port_uri: str) -> dict[str, Any]:
    try:
        uri = hmc.post(f"{partition_uri}/hbas", {"name": name, "adapter-port-uri": port_uri})["element-uri"]
    except (zhmcclient.ConnectionError, zhmcclient.HTTPError) as error:
        # The HBA may exist: made by this request whose answer was lost, or by an earlier one that took effect late.
        found = (
            None if faults.is_about_the_request(error) else _by_name(hmc, hmc.get(partition_uri)["hba-uris"]).get(name)
        )
        if found is None:
            raise
        return found
    return {**hmc.get(uri), "element-uri": uri}


def _hba(values: dict[str, Any]) -> Hba:
    try:
        return Hba(values["element-uri"], wwpn.normal(values.get("wwpn") or ""), values["adapter-port-uri"])
    except ValueError as error:
        raise errors.Unknown(f"HBA {values['element-uri']} has no usable WWPN yet: {error}") from error
