"""Which properties do storage groups, their volumes and virtual storage resources have, and what may they hold?

Only groups of type ``fcp`` are simulated. Sizes are in GiB: 1.00 to 1,048,576 (storage template volume topic).
"""

from __future__ import annotations

from typing import Any

from moorage import ids
from moorage.mock_hmc.errors import bad_request
from moorage.mock_hmc.store import Resource
from moorage.mock_hmc.validation import (
    Field,
    boolean,
    check_create,
    choice,
    integer,
    list_of,
    number,
    pattern,
    text,
)

_URI = pattern(r"/api/.+", "a URI")
WWPN_FIELD = Field(pattern(r"[0-9a-f]{16}", "16 lower-case hexadecimal digits"))
PORT_FIELD = Field(_URI)


def _object(value: Any) -> str | None:
    return None if isinstance(value, dict) else "must be an object"


GROUP_FIELDS = {
    "name": Field(text(64, 1)),
    "description": Field(text(200), ""),
    "cpc-uri": Field(_URI, is_updatable=False),
    "type": Field(choice("fcp"), is_updatable=False),
    "shared": Field(boolean, True),
    "connectivity": Field(integer(1, 128), 2),
    "max-partitions": Field(integer(1, 1000), 2),
    "storage-volumes": Field(list_of(_object), []),
    "email-to-addresses": Field(list_of(text(256, 1)), []),
    "email-cc-addresses": Field(list_of(text(256, 1)), []),
    "email-insert": Field(text(4096), ""),
}
NOT_KEPT = ("storage-volumes", "email-to-addresses", "email-cc-addresses", "email-insert")
_VOLUME = {
    "operation": Field(choice("create", "modify", "delete")),
    "name": Field(text(64, 1)),
    "description": Field(text(100), ""),
    "size": Field(number(1.0, 1_048_576.0)),
    "usage": Field(choice("boot", "data"), "data"),
}
_ELEMENT = {"element-uri": Field(_URI)}
_OPERATIONS = {
    "create": (_VOLUME, ("operation", "size")),
    "modify": (_VOLUME | _ELEMENT, ("operation", "element-uri")),
    "delete": ({"operation": _VOLUME["operation"]} | _ELEMENT, ("operation", "element-uri")),
}
VSR_FIELDS = {
    "name": Field(text(64, 1)),
    "description": Field(text(1024)),
    "device-number": Field(pattern(r"[0-9a-f]{4}", "4 lower-case hexadecimal digits")),
    "adapter-port-uri": PORT_FIELD,
}
FULFILLMENT = {
    "world-wide-port-name": WWPN_FIELD,
    "logical-unit-number": WWPN_FIELD,
    "adapter-port-uri": PORT_FIELD,
}
LUN_PATH = {
    "host-world-wide-port-name": WWPN_FIELD,
    "adapter-port-uri": PORT_FIELD,
    "target-world-wide-port-name": WWPN_FIELD,
    "logical-unit-number": WWPN_FIELD,
}
PORTS = {"adapter-port-uris": Field(list_of(_URI))}
DISCOVERY = {"force-restart": Field(boolean, False)}


def check_sharing(props: dict[str, Any]) -> None:
    """One partition at most, or shared: 400,7."""
    if props["shared"] == (props["max-partitions"] == 1):
        raise bad_request(7, "'shared' must be false when 'max-partitions' is 1, and true otherwise.")


def initial_group(body: dict[str, Any]) -> Resource:
    """A new group without WWPNs and volumes."""
    given = {name: field.default for name, field in GROUP_FIELDS.items() if name not in NOT_KEPT}
    given |= {name: value for name, value in body.items() if name not in NOT_KEPT}
    if not given["shared"] and "max-partitions" not in body:
        given["max-partitions"] = 1
    oid = ids.new()
    uri = f"/api/storage-groups/{oid}"
    props: dict[str, Any] = {
        **given,
        "object-uri": uri,
        "object-id": oid,
        "parent": "/api/console",
        "class": "storage-group",
        "fulfillment-state": "pending",
        "active-connectivity": 0,
        "active-max-partitions": 0,
        "candidate-adapter-port-uris": [],
        "unassigned-world-wide-port-names": [],
        "storage-volume-uris": [],
        "virtual-storage-resource-uris": [],
    }
    check_sharing(props)
    return Resource(uri, "storage-group", given["cpc-uri"], props)


def checked_volume(body: dict[str, Any]) -> dict[str, Any]:
    """One entry of ``storage-volumes``: 400,5/6/7."""
    operation = body.get("operation")
    if not isinstance(operation, str) or operation not in _OPERATIONS:
        raise bad_request(7, "'operation' of a storage volume must be one of create, modify, delete.")
    fields, required = _OPERATIONS[operation]
    return check_create(body, fields, required)


def initial_volume(group: Resource, body: dict[str, Any], number: int) -> Resource:
    """A volume that is declared and not fulfilled. ``uuid`` stays null: the mock does not read LUNs."""
    oid = ids.new()
    uri = f"{group.uri}/storage-volumes/{oid}"
    props: dict[str, Any] = {
        "element-uri": uri,
        "element-id": oid,
        "parent": group.uri,
        "class": "storage-volume",
        "name": body.get("name", f"{group.props['name']}-{number}"[-64:]),
        "description": body.get("description", ""),
        "size": float(body["size"]),
        "usage": body.get("usage", "data"),
        "active-size": 0.0,
        "fulfillment-state": "pending",
        "uuid": None,
        "paths": [],
    }
    return Resource(uri, "storage-volume", group.uri, props)


def initial_vsr(group: Resource, partition: Resource, device: str, wwpn: dict[str, str], port: str | None) -> Resource:
    """A virtual storage resource: the group's WWPN as an adapter of one partition."""
    oid = ids.new()
    uri = f"{group.uri}/virtual-storage-resources/{oid}"
    props: dict[str, Any] = {
        "element-uri": uri,
        "element-id": oid,
        "parent": group.uri,
        "class": "virtual-storage-resource",
        "name": f"vhba_{partition.props['name']}_{device}"[-64:],
        "description": "",
        "partition-uri": partition.uri,
        "adapter-port-uri": port,
        "device-number": device,
        "world-wide-port-name-info": wwpn,
        "degraded-reasons": [],
    }
    return Resource(uri, "virtual-storage-resource", group.uri, props)
