"""What is a driver told of a server that it is to define or start? Everything: networks and config drive too."""

from __future__ import annotations

import msgspec

from moorage import errors
from moorage.compute import config_drive
from moorage.compute.model.guest import Guest, Nic
from moorage.compute.model.keypair import Keypair
from moorage.compute.model.server import Server
from moorage.compute.service import keypairs, servers
from moorage.networks.model import Networks, Port
from moorage.networks.service import ports
from moorage.store import Tx
from moorage.workflows.world import World


def guest_of(tx: Tx, world: World, server_id: str) -> Guest:
    """The guest with all that is on record for it. User data is in it: it must not become a step's result."""
    server = servers.get(tx, server_id)
    nics = [_nic(port, world.networks) for port in ports.ports_of(tx, server.id)]
    drive = config_drive.contents(server, nics, _keypair(tx, server))
    return msgspec.structs.replace(server.guest(), nics=nics, config_drive=drive)


def _nic(port: Port, networks: Networks) -> Nic:
    network = networks.find(port.network_id)
    if network is None:
        raise errors.Refused(f"Port {port.id} is on network {port.network_id}, which is no longer configured")
    return Nic(
        port_id=port.id, mac_address=port.mac_address, network_id=network.id, network_name=network.name,
        fixed_addresses=[port.ip_address], prefix_length=network.prefix_length, gateway=network.gateway,
        dns=network.dns, vlan=network.vlan, mtu=network.mtu, tag=port.tag, physical=network.physical,
    )  # fmt: skip


def _keypair(tx: Tx, server: Server) -> Keypair | None:
    """A key pair deleted since then is missing, as in Nova after a cold boot."""
    if server.key_name is None:
        return None
    try:
        return keypairs.get(tx, server.user_id, server.key_name)
    except errors.NotFound:
        return None
