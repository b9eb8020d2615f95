"""Which partition is a server's, and how is it made?

The name holds the server's id, so a partition whose creation was never confirmed is found again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import msgspec
import zhmcclient

from moorage import errors
from moorage.compute.model.guest import Guest
from moorage.drivers.dpm import faults
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.sessions import Hmc

_ALWAYS = ("name", "status")
_HOST_CHARACTERS = 19  # "moorage-", the host, "-" and a UUID fill the 64 characters the HMC allows


class Partition(msgspec.Struct, frozen=True):
    """A partition as last read."""

    uri: str
    properties: dict[str, Any]

    @property
    def status(self) -> str:
        return str(self.properties["status"])


class Partitions:
    """Partitions of one CPC that belong to servers of one Moorage host."""

    def __init__(self, settings: DpmSettings, host: str, properties: tuple[str, ...]) -> None:
        """``properties`` are read with each partition: the URIs of its HBAs or storage groups, what it boots from."""
        self.properties = properties
        self._cpc_uri = f"/api/cpcs/{settings.cpc_object_id}"
        self._settings = settings
        self._host = host
        self._prefix = self.prefix_of(host)

    @staticmethod
    def prefix_of(host: str) -> str:
        """What the names of a host's partitions begin with; the server's id follows."""
        return f"moorage-{re.sub(r'[^A-Za-z0-9-]', '-', host)[:_HOST_CHARACTERS]}-"

    def name(self, guest: Guest) -> str:
        """Name of the server's partition, and of its storage group."""
        return f"{self._prefix}{guest.id}"

    def find(self, hmc: Hmc, guest: Guest) -> Partition | None:
        """By the stored URI, else by name. The HMC hides partitions its user has no permission for."""
        uri = (guest.identity.get("driver") or {}).get("partition")
        return (read(hmc, uri, self.properties) if uri else None) or self._find_by_name(hmc, guest)

    def require(self, hmc: Hmc, guest: Guest) -> Partition:
        """As ``find``. Raises ``errors.Refused`` when there is none."""
        partition = self.find(hmc, guest)
        if partition is None:
            raise errors.Refused(f"server {guest.id} has no partition {self.name(guest)}")
        return partition

    def find_or_create(self, hmc: Hmc, guest: Guest) -> Partition:
        """One made just now has name and status, and nothing else to show.

        Raises ``errors.Refused`` for a server larger than the limits, else zhmcclient's errors.
        """
        return self.find(hmc, guest) or self._create(hmc, guest)

    def reread(self, hmc: Hmc, uri: str) -> Partition:
        """The partition as it is now. Raises ``errors.Refused`` when it is gone."""
        partition = read(hmc, uri, self.properties)
        if partition is None:
            raise errors.Refused(f"partition {uri} does not exist any more")
        return partition

    def listed(self, hmc: Hmc) -> dict[str, str]:
        """Server id → status of every partition named as this host names them."""
        found = hmc.get(f"{self._cpc_uri}/partitions")["partitions"]
        return {server: str(p["status"]) for p in found if (server := self.server_of(p["name"]))}

    def server_of(self, name: str) -> str:
        """The server that a partition or storage group is named for; empty if this host did not name it."""
        return name[len(self._prefix) :] if name.startswith(self._prefix) else ""

    def _find_by_name(self, hmc: Hmc, guest: Guest) -> Partition | None:
        name = self.name(guest)
        listed = hmc.get(f"{self._cpc_uri}/partitions?name={quote(name)}")["partitions"]
        # The HMC takes the filter as a regular expression, which may match more than the name.
        found = next((values for values in listed if values["name"] == name), None)
        return read(hmc, found["object-uri"], self.properties) if found else None

    def _create(self, hmc: Hmc, guest: Guest) -> Partition:
        self.check_limits(guest)
        body = {
            "name": self.name(guest),
            "description": f"Moorage server {guest.id} on {self._host}",
            "type": "linux",
            "ifl-processors": guest.vcpus,
            "initial-memory": guest.memory_mib,
            "maximum-memory": guest.memory_mib,
        }
        try:
            uri = hmc.post(f"{self._cpc_uri}/partitions", body)["object-uri"]
            return Partition(uri, {"name": body["name"], "status": "stopped"})
        except (zhmcclient.ConnectionError, zhmcclient.HTTPError) as error:
            # It may exist: made by this request whose answer was lost, or by an earlier one that took effect late.
            found = None if faults.is_about_the_request(error) else self._find_by_name(hmc, guest)
            if found is None:
                raise
            return found

    def check_limits(self, guest: Guest) -> None:
        """Raises ``errors.Refused`` for a server larger than the section allows."""
        limits = (
            ("vcpus", guest.vcpus, "max_processors", self._settings.max_processors),
            ("memory_mib", guest.memory_mib, "max_memory", self._settings.max_memory),
        )
        for what, value, option, limit in limits:
            if value > limit:
                raise errors.Refused(f"server {guest.id}: {what} {value} exceeds [dpm] {option} {limit}")


def read(hmc: Hmc, uri: str, names: Iterable[str] = ()) -> Partition | None:
    """Name, status and the properties named, as they are now; None when the partition is gone."""
    try:
        return Partition(uri, hmc.get(f"{uri}?properties={','.join((*_ALWAYS, *names))}"))
    except zhmcclient.HTTPError as error:
        if faults.is_missing(error):
            return None
        raise
