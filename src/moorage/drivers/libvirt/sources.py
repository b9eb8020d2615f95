"""Where does QEMU find a volume's bytes, and how does libvirt say it?

QEMU reaches storage by itself: a file the host can open, or a protocol that it speaks. What needs an agent on the host
(Fibre Channel, iSCSI sessions of the kernel) is refused.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

from moorage import errors
from moorage.connections import ConnectionInfo

Key = tuple[str, ...]
"""What identifies a source, the same before and after libvirt has read the definition."""

_ISCSI_PORT = "3260"
_RBD_PORT = "6789"
_NBD_PORT = "10809"


def render(connection: ConnectionInfo) -> ET.Element:
    """``<source>`` for a connection; ``Refused`` for types QEMU does not reach by itself."""
    kind = str(connection.get("driver_volume_type"))
    if kind not in _RENDER:
        usable = ", ".join(sorted(_RENDER))
        raise errors.Refused(f"a volume reached by {kind} cannot be given to a QEMU guest; it must be one of {usable}")
    data = connection.get("data") or {}
    if data.get("encrypted"):
        raise errors.Refused("encrypted volumes cannot be given to a QEMU guest")
    try:
        return _RENDER[kind](data)
    except (KeyError, ValueError) as missing:
        raise errors.Refused(f"the {kind} connection of a volume lacks what QEMU needs: {missing}") from None


def kinds() -> frozenset[str]:
    """The connection types that can be rendered."""
    return frozenset(_RENDER)


def format_of(connection: ConnectionInfo) -> str:
    """``raw`` unless the connection says otherwise."""
    return str((connection.get("data") or {}).get("format") or "raw")


def key_of(source: ET.Element, kind: str) -> Key:
    """Of a ``<source>`` in a disk of type ``kind`` (file or network)."""
    if kind != "network":
        return (kind, source.get("file") or source.get("dev") or "")
    protocol = source.get("protocol", "")
    if protocol == "nbd":  # an NBD server may export one nameless volume
        host = source.find("host")
        place = () if host is None else tuple(host.get(name, "") for name in ("name", "socket"))
        return (protocol, source.get("name", ""), *place)
    return (protocol, source.get("name", ""))


def key(connection: ConnectionInfo) -> Key:
    """The key of what a connection would be rendered to."""
    source = render(connection)
    return key_of(source, kind_of(source))


def kind_of(source: ET.Element) -> str:
    """The ``type`` of the disk or mirror that a source stands in."""
    return "network" if source.get("protocol") else "file"


def _file(data: dict[str, Any]) -> ET.Element:
    return ET.Element("source", file=str(data["device_path"]))


def _rbd(data: dict[str, Any]) -> ET.Element:
    source = ET.Element("source", protocol="rbd", name=str(data["name"]))
    ports = data.get("ports") or [_RBD_PORT] * len(data["hosts"])
    for host, port in zip(data["hosts"], ports, strict=True):
        ET.SubElement(source, "host", name=str(host), port=str(port))
    if data.get("auth_enabled"):
        auth = ET.SubElement(source, "auth", username=str(data["auth_username"]))
        ET.SubElement(auth, "secret", type="ceph", uuid=str(data["secret_uuid"]))
    return source


def _iscsi(data: dict[str, Any]) -> ET.Element:
    """CHAP would need the password on the host, where others could read it."""
    if data.get("auth_method"):
        raise errors.Refused("an iSCSI volume with CHAP cannot be given to a QEMU guest")
    host, port = _address(str(data["target_portal"]), _ISCSI_PORT)
    source = ET.Element("source", protocol="iscsi", name=f"{data['target_iqn']}/{int(data['target_lun'])}")
    ET.SubElement(source, "host", name=host, port=port)
    if data.get("initiator"):
        ET.SubElement(ET.SubElement(source, "initiator"), "iqn", name=str(data["initiator"]))
    return source


def _nbd(data: dict[str, Any]) -> ET.Element:
    source = ET.Element("source", protocol="nbd")
    if data.get("name"):
        source.set("name", str(data["name"]))
    if data.get("socket"):
        ET.SubElement(source, "host", transport="unix", socket=str(data["socket"]))
    else:
        host, port = _address(str(data["host"]), str(data.get("port") or _NBD_PORT))
        ET.SubElement(source, "host", name=host, port=port)
    return source


def _nfs(data: dict[str, Any]) -> ET.Element:
    """QEMU mounts nothing: it is an NFS client itself."""
    server, _, path = str(data["export"]).partition(":/")
    if not path:
        raise errors.Refused(f"{data['export']} is not an NFS export such as server:/path")
    source = ET.Element("source", protocol="nfs", name=f"/{path.strip('/')}/{data['name']}")
    ET.SubElement(source, "host", name=server.strip("[]"))
    return source


def _address(text: str, port: str) -> tuple[str, str]:
    """``host[:port]``, an IPv6 address in brackets."""
    found = re.fullmatch(r"\[([0-9A-Fa-f:]+)\](?::(\d+))?|([^:\s]+)(?::(\d+))?", text)
    if found is None:
        raise errors.Refused(f"{text} is not an address such as 192.0.2.1:{port}")
    return found[1] or found[3], found[2] or found[4] or port


_RENDER: dict[str, Callable[[dict[str, Any]], ET.Element]] = {
    "file": _file, "iscsi": _iscsi, "nbd": _nbd, "nfs": _nfs, "rbd": _rbd,
}  # fmt: skip
