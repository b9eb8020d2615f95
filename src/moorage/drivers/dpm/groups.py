"""Which storage group is a server's, and what are its WWPNs?

Storage-group model (z14 and later): WWPNs belong to the group, exist before any partition and outlive it. The group has
the name of the server's partition, so one whose creation was never confirmed is found again.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import msgspec
import zhmcclient

from moorage import errors
from moorage.drivers.dpm import faults, wwpn
from moorage.drivers.dpm.group_volumes import BOOT_NAME
from moorage.drivers.dpm.sessions import Hmc

_VALID_S = 60.0
"""How long a new group's WWPNs are waited for; whether they are there at once is not documented."""
_PAUSE_S = 0.5
_BOOT_VOLUME_GIB = 1
"""What is declared until the server's disks are known."""


class Group(msgspec.Struct, frozen=True):
    """A server's storage group and its WWPNs in ascending order."""

    uri: str
    wwpns: list[str]


class Groups:
    """Storage groups of one CPC."""

    def __init__(self, cpc_uri: str, connectivity: int) -> None:
        self._cpc_uri = cpc_uri
        self._connectivity = connectivity

    def find(self, hmc: Hmc, name: str) -> str | None:
        """URI of the group, or None."""
        listed = hmc.get(f"/api/storage-groups?cpc-uri={quote(self._cpc_uri)}&name={quote(name)}")["storage-groups"]
        # The HMC takes the filter as a regular expression, which may match more than the name.
        return next((str(each["object-uri"]) for each in listed if each["name"] == name), None)

    def names(self, hmc: Hmc) -> list[str]:
        """Names of all groups of the CPC."""
        listed = hmc.get(f"/api/storage-groups?cpc-uri={quote(self._cpc_uri)}")["storage-groups"]
        return [str(each["name"]) for each in listed]

    def find_or_create(self, hmc: Hmc, name: str, description: str) -> Group:
        """The group with as many WWPNs as there are mappings. Raises ``errors.Unknown`` when they do not come."""
        uri = self.find(hmc, name) or self._create(hmc, name, description)
        deadline = time.monotonic() + _VALID_S
        while (group := self._read(hmc, uri)) is None:
            if time.monotonic() > deadline:
                raise errors.Unknown(f"storage group {uri} has no {self._connectivity} WWPNs after {_VALID_S} s")
            time.sleep(_PAUSE_S)
        return group

    def _create(self, hmc: Hmc, name: str, description: str) -> str:
        volume = {"operation": "create", "name": BOOT_NAME, "size": _BOOT_VOLUME_GIB, "usage": "boot"}
        body = {
            "name": name,
            "description": description,
            "cpc-uri": self._cpc_uri,
            "type": "fcp",
            "shared": False,
            "max-partitions": 1,
            "connectivity": self._connectivity,
            "storage-volumes": [volume],
        }
        try:
            return str(hmc.post("/api/storage-groups", body)["object-uri"])
        except (zhmcclient.ConnectionError, zhmcclient.HTTPError) as error:
            # It may exist: made by this request whose answer was lost, or by an earlier one that took effect late.
            found = None if faults.is_about_the_request(error) else self.find(hmc, name)
            if found is None:
                raise
            return found

    def _read(self, hmc: Hmc, uri: str) -> Group | None:
        """None while WWPNs are missing. In an attached group they are in its virtual storage resources."""
        values = hmc.get(uri)
        found = [each["world-wide-port-name"] for each in values["unassigned-world-wide-port-names"]]
        if resources := values["virtual-storage-resource-uris"]:
            found += [each["world-wide-port-name-info"]["world-wide-port-name"] for each in read_all(hmc, resources)]
        if len(found) < self._connectivity:
            return None
        return Group(uri, sorted(map(wwpn.normal, found))[: self._connectivity])


def read_all(hmc: Hmc, uris: list[str]) -> list[dict[str, Any]]:
    """Properties of several objects with one request."""
    values = []
    for uri, answer in zip(uris, hmc.submit([("GET", uri, None) for uri in uris]), strict=True):
        if error := faults.of_answer(answer, uri):
            raise error
        values.append({**answer["body"], "element-uri": uri})
    return values


def delete(hmc: Hmc, uri: str) -> None:
    """Gone is success."""
    try:
        hmc.post(f"{uri}/operations/delete", {})
    except zhmcclient.HTTPError as error:
        if not faults.is_missing(error):
            raise
