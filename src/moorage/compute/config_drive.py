"""What does a guest's system read at its first boot? The files of OpenStack's config drive, and their ISO image.

There is no metadata service, so every server has one, asked for or not. Contents are functions of rows alone: written
twice they are the same.
"""

from __future__ import annotations

import base64
import io
import ipaddress
import json
from typing import Any

from moorage.compute.model.guest import ConfigDrive, Nic
from moorage.compute.model.keypair import Keypair
from moorage.compute.model.server import Server

LABEL = "config-2"
"""By which cloud-init finds the volume."""
_DIRECTORY = "openstack/latest"


def contents(server: Server, nics: list[Nic], keypair: Keypair | None) -> ConfigDrive:
    """What the drive of a server says."""
    return ConfigDrive(
        meta_data=_meta_data(server, nics, keypair),
        network_data=_network_data(nics),
        user_data=None if server.user_data is None else base64.b64decode(server.user_data),
    )


def is_needed(drive: ConfigDrive) -> bool:
    """Whether a system would learn more from the drive than who it is."""
    return drive.user_data is not None or "public_keys" in drive.meta_data or bool(drive.network_data.get("links"))


def files(drive: ConfigDrive) -> dict[str, bytes]:
    """Path on the drive → content. A server without user data has no such file."""
    found = {
        "meta_data.json": _json(drive.meta_data),
        "network_data.json": _json(drive.network_data),
        "vendor_data.json": _json(drive.vendor_data),
    }
    if drive.user_data is not None:
        found["user_data"] = drive.user_data
    return {f"{_DIRECTORY}/{name}": content for name, content in found.items()}


def iso(drive: ConfigDrive) -> bytes:
    """An ISO 9660 image (Joliet and Rock Ridge) labelled ``config-2``."""
    image = _image()
    image.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident=LABEL)
    image.add_directory("/OPENSTAC", rr_name="openstack", joliet_path="/openstack")
    image.add_directory("/OPENSTAC/LATEST", rr_name="latest", joliet_path="/openstack/latest")
    for number, (path, content) in enumerate(files(drive).items()):
        image.add_fp(
            io.BytesIO(content), len(content), f"/OPENSTAC/LATEST/FILE{number}.;1",
            rr_name=path.rsplit("/", 1)[1], joliet_path=f"/{path}",
        )  # fmt: skip
    out = io.BytesIO()
    image.write_fp(out)
    image.close()
    return out.getvalue()


def read_iso(raw: bytes) -> dict[str, bytes]:
    """Path → content of an image that ``iso`` made; what a guest's system would read."""
    image = _image()
    image.open_fp(io.BytesIO(raw))
    found = {}
    for directory, _, names in image.walk(joliet_path="/"):
        for name in names:
            path = f"{directory.rstrip('/')}/{name}"
            out = io.BytesIO()
            image.get_file_from_iso_fp(out, joliet_path=path)
            found[path.lstrip("/")] = out.getvalue()
    image.close()
    return found


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, sort_keys=True).encode()


def _meta_data(server: Server, nics: list[Nic], keypair: Keypair | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "uuid": server.id, "name": server.name, "hostname": server.hostname, "launch_index": server.launch_index,
        "availability_zone": server.availability_zone, "project_id": server.project_id, "meta": server.metadata,
        "devices": [{"type": "nic", "mac": nic.mac_address, "tags": [nic.tag]} for nic in nics if nic.tag],
    }  # fmt: skip
    if keypair is not None:
        data["public_keys"] = {keypair.name: keypair.public_key}
        data["keys"] = [{"name": keypair.name, "type": keypair.type, "data": keypair.public_key}]
    return data


def _network_data(nics: list[Nic]) -> dict[str, Any]:
    servers = dict.fromkeys(address for nic in nics for address in nic.dns)
    return {
        "links": [_link(number, nic) for number, nic in enumerate(nics)],
        "networks": [_address(n, nic, address) for n, nic in enumerate(nics) for address in nic.fixed_addresses],
        "services": [{"type": "dns", "address": address} for address in servers],
    }  # fmt: skip


def _link(number: int, nic: Nic) -> dict[str, Any]:
    return {
        "id": f"interface{number}", "vif_id": nic.port_id, "type": "phy", "mtu": nic.mtu,
        "ethernet_mac_address": nic.mac_address,
    }  # fmt: skip


def _address(number: int, nic: Nic, address: str) -> dict[str, Any]:
    subnet = ipaddress.ip_network(f"{address}/{nic.prefix_length}", strict=False)
    routes = []
    if nic.gateway is not None and number == 0:
        everywhere = "0.0.0.0" if subnet.version == 4 else "::"  # noqa: S104 - the default route, not a listening address
        routes.append({"network": everywhere, "netmask": everywhere, "gateway": nic.gateway})
    return {
        "id": f"network{number}", "type": f"ipv{subnet.version}", "link": f"interface{number}",
        "ip_address": address, "netmask": str(subnet.netmask), "routes": routes, "network_id": nic.network_id,
        "services": [{"type": "dns", "address": each} for each in nic.dns],
    }  # fmt: skip


def _image() -> Any:
    import pycdlib  # noqa: PLC0415 - it takes long to import, and few servers need it

    return pycdlib.PyCdlib()
