"""What is a provider network, and what is a port on one?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import errors, ids

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """A section ``[network:<name>]``: a layer-2 segment of the site with one subnet on it."""

    name: str
    cidr: str
    gateway: str | None = None
    dns: list[str] = []
    vlan: int | None = None
    """Tagged by the adapter or the host: guests send and receive untagged frames."""
    mtu: int = 1500
    first: str
    """The lowest address that is given out without being asked for by name."""
    last: str
    description: str = ""
    physical: dict[str, list[str]] = {}
    """What the network is called outside, in the drivers' own words; only those that are configured.

    ``virtual_switches`` (object ids) and ``adapter_ports`` (``<adapter object-id>:<port>``) on DPM, ``bridges`` on KVM.
    """

    @property
    def id(self) -> str:
        """Made of the name, so that it outlives the database."""
        return ids.derived("network", self.name)

    @property
    def subnet_id(self) -> str:
        return ids.derived("subnet", self.name)

    @property
    def prefix_length(self) -> int:
        return ipaddress.ip_network(self.cidr).prefixlen

    @property
    def ip_version(self) -> int:
        return ipaddress.ip_network(self.cidr).version

    def pool(self) -> Iterator[str]:
        """The addresses to give out, lowest first; never the gateway's."""
        current, last = ipaddress.ip_address(self.first), ipaddress.ip_address(self.last)
        while current <= last:  # type: ignore[operator]
            if str(current) != self.gateway:
                yield str(current)
            current += 1

    def usable(self, text: str) -> str | None:
        """An address that a port may have, in its one form; None if it is none of this network."""
        try:
            address, subnet = ipaddress.ip_address(text), ipaddress.ip_network(self.cidr)
        except ValueError:
            return None
        if address not in subnet or str(address) == self.gateway:
            return None
        ends = (subnet.network_address, subnet.broadcast_address)
        return None if subnet.num_addresses > 2 and address in ends else str(address)


class Networks:
    """The networks of the configuration, in its order."""

    def __init__(self, configured: Iterable[Network] = ()) -> None:
        self._by_id = {network.id: network for network in configured}

    def __iter__(self) -> Iterator[Network]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def find(self, network_id: str) -> Network | None:
        return self._by_id.get(network_id)

    def get(self, network_id: str) -> Network:
        """By id; ``errors.NotFound`` in Neutron's words."""
        found = self.find(network_id)
        if found is None:
            raise errors.NotFound(f"Network {network_id} could not be found.")
        return found

    def named(self, name: str) -> Network | None:
        return next((network for network in self if network.name == name), None)


class Port(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ports``: an address of a network that a project holds."""

    sequence: int
    id: str
    project_id: str
    user_id: str
    network_id: str
    name: str
    description: str
    mac_address: str
    ip_address: str
    server_id: str | None
    """The server it is bound to; None while it is free."""
    device_index: int | None
    """Its place among the server's network interfaces, from 0."""
    is_made_for_server: bool
    """Made by the create of its server, so it goes with the server."""
    tag: str | None
    device_owner: str
    device_id: str
    created_at: Any
    updated_at: Any


class NewPort(msgspec.Struct, frozen=True, kw_only=True):
    """What may be asked of a port."""

    name: str = ""
    description: str = ""
    ip_address: str | None = None
    """None takes the lowest free one of the pool."""
    mac_address: str | None = None
    """None makes one of the port's id."""
    device_owner: str = ""
    device_id: str = ""
    """Free text of the client; a bound port shows its server instead."""


def from_row(row: sa.Row[Any]) -> Port:
    return Port(**row._mapping)
