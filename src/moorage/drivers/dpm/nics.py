"""Which network interfaces does a partition have, and how does its system learn of them?

Names and parameters are those of nova-dpm, so that systems prepared for it find their addresses: a NIC is named for its
port, and ``boot-os-specific-parameters`` lists ``<device number>,<adapter port>,<MAC>;`` for each.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from moorage import errors
from moorage.compute.model.guest import Guest, Nic
from moorage.drivers.dpm import faults
from moorage.drivers.dpm.partitions import Partition
from moorage.drivers.dpm.sessions import Hmc

NIC_URIS, PARAMETERS = "nic-uris", "boot-os-specific-parameters"
_LONGEST = 256
"""Characters of ``boot-os-specific-parameters``: twelve NICs."""
_FIRST_DEVICE = 0x8000
"""Far from the numbers the HMC gives to storage by itself."""

Request = tuple[str, str, dict[str, Any] | None]


class _Backing(NamedTuple):
    """What carries a network on the CPC."""

    field: str
    uri: str
    port: int


class Nics:
    """NICs of the partitions of one CPC."""

    def __init__(self, cpc_uri: str, *, sets_mac: bool) -> None:
        """``sets_mac``: the HMC takes a MAC address; before z14 the system sets it, told by the parameters."""
        self._cpc_uri = cpc_uri
        self._sets_mac = sets_mac
        self._lock = threading.Lock()
        self._backings: dict[str, _Backing] | None = None

    def requests(self, hmc: Hmc, guest: Guest, partition: Partition) -> list[Request]:
        """What is still to be asked of the HMC; empty if the stopped partition has all.

        ``errors.Refused`` for a network that the CPC does not reach, and for more NICs than can be told.
        """
        present = self._names(hmc, partition.properties.get(NIC_URIS) or [])
        told, wanted = "", list[Request]()
        for index, nic in enumerate(guest.nics):
            backing, device = self._backing(hmc, nic), f"{_FIRST_DEVICE + index:04x}"
            told += f"{device},{backing.port},{nic.mac_address.replace(':', '')};"
            if nic_name(nic) not in present:
                wanted.append(("POST", f"{partition.uri}/nics", self._body(nic, backing, device)))
        if len(told) > _LONGEST:
            count = len(guest.nics)
            raise errors.Refused(f"server {guest.id}: {count} network interfaces are more than a partition can be told")
        if told and told != partition.properties.get(PARAMETERS, ""):
            wanted.append(("POST", partition.uri, {PARAMETERS: told}))
        return wanted

    def _body(self, nic: Nic, backing: _Backing, device: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "name": nic_name(nic), "description": f"network {nic.network_name}", "device-number": device,
            backing.field: backing.uri,
        }  # fmt: skip
        if self._sets_mac:
            body["mac-address"] = nic.mac_address
        if nic.vlan is not None:
            body |= {"vlan-id": nic.vlan, "vlan-type": "enforced"}
        return body

    def _names(self, hmc: Hmc, uris: list[str]) -> set[str]:
        if not uris:
            return set()
        asked: list[Request] = [("GET", f"{uri}?properties=name", None) for uri in uris]
        found = set()
        for (_, uri, _body), answer in zip(asked, hmc.submit(asked), strict=True):
            if error := faults.of_answer(answer, uri):
                raise error
            found.add(str(answer["body"]["name"]))
        return found

    def _backing(self, hmc: Hmc, nic: Nic) -> _Backing:
        """The first configured switch or adapter port of the network that is on this CPC."""
        known = self._known(hmc)
        words = [*nic.physical.get("virtual_switches", []), *nic.physical.get("adapter_ports", [])]
        found = next((known[word.lower()] for word in words if word.lower() in known), None)
        if found is None:
            named = ", ".join(words) or "nothing"
            raise errors.Refused(
                f"[network:{nic.network_name}] virtual_switches, adapter_ports: {named}: none is on {self._cpc_uri}"
            )
        return found

    def _known(self, hmc: Hmc) -> dict[str, _Backing]:
        """Every switch and network port of the CPC by the word that names it in the configuration; asked for once."""
        with self._lock:
            if self._backings is None:
                self._backings = {**self._switches(hmc), **self._ports(hmc)}
            return self._backings

    def _switches(self, hmc: Hmc) -> dict[str, _Backing]:
        listed = hmc.get(f"{self._cpc_uri}/virtual-switches")["virtual-switches"]
        uris = [str(each["object-uri"]) for each in listed]
        return {
            uri.rpartition("/")[2].lower(): _Backing("virtual-switch-uri", uri, int(hmc.get(uri).get("port", 0)))
            for uri in uris
        }

    def _ports(self, hmc: Hmc) -> dict[str, _Backing]:
        found = {}
        for adapter in hmc.get(f"{self._cpc_uri}/adapters")["adapters"]:
            if adapter.get("type") not in ("roce", "cna", "osd", "osh", "nety"):
                continue
            uri = str(adapter["object-uri"])
            for port_uri in hmc.get(uri).get("network-port-uris") or []:
                number = str(port_uri).rpartition("/")[2]
                word = f"{uri.rpartition('/')[2].lower()}:{number}"
                found[word] = _Backing("network-adapter-port-uri", str(port_uri), int(number))
        return found


def nic_name(nic: Nic) -> str:
    return f"OpenStack_Port_{nic.port_id}"
