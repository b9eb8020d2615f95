"""``/ports``: addresses that projects hold."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from moorage import errors
from moorage.api.networks import lists
from moorage.api.networks.answers import PORT
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import one
from moorage.api.wire.body import refusal
from moorage.api.wire.route import Rule
from moorage.networks.model import Network, Networks, NewPort, Port
from moorage.networks.service import ports
from moorage.store import Tx

_BINDING = "get_port:binding:host_id"
_ADDRESS, _MAC = "create_port:fixed_ips:ip_address", "create_port:mac_address"
_FOR_OTHERS = "create_port:project_id"
_BOUND_OWNER = "compute:nova"

Text = Annotated[str, Meta(max_length=255)]
Mac = Annotated[str, Meta(pattern="^[0-9a-fA-F][02468aceACE](:[0-9a-fA-F]{2}){5}$")]


class FixedIp(msgspec.Struct, forbid_unknown_fields=True):
    """One entry of ``fixed_ips``."""

    subnet_id: str | None = None
    ip_address: str | None = None


class Labels(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What can be changed later."""

    name: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    device_id: Text | UnsetType = UNSET
    device_owner: Text | UnsetType = UNSET
    admin_state_up: bool = True


class WantedPort(Labels, forbid_unknown_fields=True, kw_only=True):
    """The ``port`` of POST /ports."""

    network_id: str
    fixed_ips: list[FixedIp] = []
    mac_address: Mac | UnsetType = UNSET
    tenant_id: str | UnsetType = UNSET
    project_id: str | UnsetType = UNSET
    security_groups: list[str] = []
    port_security_enabled: bool = False
    vnic_type: str = msgspec.field(default="normal", name="binding:vnic_type")


class CreatePort(msgspec.Struct, forbid_unknown_fields=True):
    port: WantedPort


class UpdatePort(msgspec.Struct, forbid_unknown_fields=True):
    port: Labels


def index(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = ports.listing(tx, call.context.reach)
    return lists.answer(call, "ports", [_view(call, port) for port in found])


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        port = _find(call, tx)
    return Reply(body={"port": lists.cut(call, _view(call, port))})


def create(call: Call) -> Reply:
    wanted = call.body(CreatePort, strict=True).port
    network = call.services.site.networks.get(wanted.network_id)
    _check_features(wanted)
    new = NewPort(
        name=_text(wanted.name), description=_text(wanted.description), ip_address=_address(call, wanted, network),
        mac_address=_mac(call, wanted), device_id=_text(wanted.device_id), device_owner=_text(wanted.device_owner),
    )  # fmt: skip
    with call.services.store.write() as tx:
        port = ports.create_port(tx, call.context, network, new, project_id=_project(call, wanted))
    return Reply(status=201, body={"port": _view(call, port)})


def update(call: Call) -> Reply:
    """Labels only. Whoever is at the other end of a bound port is not the client's to say."""
    wanted = call.body(UpdatePort, strict=True).port
    _check_state(wanted)
    named = {
        "name": wanted.name, "description": wanted.description, "device_id": wanted.device_id,
        "device_owner": wanted.device_owner,
    }  # fmt: skip
    given = {column: value for column, value in named.items() if value is not UNSET}
    with call.services.store.write() as tx:
        port = _find(call, tx)
        if port.server_id is not None and given.keys() & {"device_id", "device_owner"}:
            raise errors.Conflict(
                f"Unable to complete operation on port {port.id} for network {port.network_id}. "
                f"Port already has an attached device {port.server_id}."
            )
        port = ports.update_port(tx, port.id, **given)
    return Reply(body={"port": _view(call, port)})


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        ports.delete_port(tx, _find(call, tx).id)
    return Reply(status=204)


def _find(call: Call, tx: Tx) -> Port:
    return ports.get(tx, call.params["port_id"], call.context.reach)


def _text(value: str | UnsetType) -> str:
    return "" if value is UNSET else value


def _check_state(wanted: Labels) -> None:
    if not wanted.admin_state_up:
        raise refusal("admin_state_up", wanted.admin_state_up, "a port cannot be switched off")


def _check_features(wanted: WantedPort) -> None:
    """What a port cannot have is refused rather than left out."""
    _check_state(wanted)
    if wanted.security_groups:
        raise errors.NotFound(f"Security group {wanted.security_groups[0]} does not exist")
    if wanted.port_security_enabled:
        raise refusal("port_security_enabled", True, "ports have no packet filter")
    if wanted.vnic_type != "normal":
        raise refusal("binding:vnic_type", wanted.vnic_type, "must be normal")


def _address(call: Call, wanted: WantedPort, network: Network) -> str | None:
    if len(wanted.fixed_ips) > 1:
        raise refusal("fixed_ips", len(wanted.fixed_ips), "a port has one address")
    for entry in wanted.fixed_ips:
        if entry.subnet_id not in (None, network.subnet_id):
            raise errors.NotFound(f"Subnet {entry.subnet_id} could not be found.")
        if entry.ip_address is not None:
            call.enforce(_ADDRESS)
            return entry.ip_address
    return None


def _mac(call: Call, wanted: WantedPort) -> str | None:
    if wanted.mac_address is UNSET:
        return None
    call.enforce(_MAC)
    return wanted.mac_address


def _project(call: Call, wanted: WantedPort) -> str:
    asked = wanted.project_id if wanted.project_id is not UNSET else wanted.tenant_id
    if asked is UNSET or asked == call.context.project_id:
        return call.context.project_id
    call.enforce(_FOR_OTHERS)
    return asked


def _view(call: Call, port: Port) -> dict[str, Any]:
    is_bound = port.server_id is not None
    view: dict[str, Any] = {
        "id": port.id, "name": port.name, "description": port.description, "tenant_id": port.project_id,
        "project_id": port.project_id, "network_id": port.network_id, "mac_address": port.mac_address,
        "fixed_ips": [{"subnet_id": _subnet(call.services.site.networks, port), "ip_address": port.ip_address}],
        "device_id": port.server_id or port.device_id, "device_owner": _BOUND_OWNER if is_bound else port.device_owner,
        "status": "ACTIVE" if is_bound else "DOWN", "admin_state_up": True, "security_groups": [],
        "port_security_enabled": False, "binding:vnic_type": "normal",
    }  # fmt: skip
    if call.allowed(_BINDING):
        view |= {
            "binding:host_id": "", "binding:profile": {}, "binding:vif_details": {},
            "binding:vif_type": "other" if is_bound else "unbound",
        }  # fmt: skip
    return view


def _subnet(networks: Networks, port: Port) -> str:
    network = networks.find(port.network_id)
    return "" if network is None else network.subnet_id


ROUTES = [
    Route(method="GET", path="/ports", handler=index, policy="get_port", default="reader", summary="List ports.",
          answer=lists.listed("ports", PORT)),
    Route(method="GET", path="/ports/{port_id}", handler=show, policy="get_port", default="reader",
          summary="Show a port.", answer=one("port", lists.selectable(PORT))),
    Route(method="POST", path="/ports", handler=create, policy="create_port", body=CreatePort,
          summary="Take an address of a network.", answer=one("port", PORT)),
    Route(method="PUT", path="/ports/{port_id}", handler=update, policy="update_port", body=UpdatePort,
          summary="Change name or description of a port.", answer=one("port", PORT)),
    Route(method="DELETE", path="/ports/{port_id}", handler=delete, policy="delete_port",
          summary="Give an address back."),
]  # fmt: skip
RULES = [
    Rule(name=_BINDING, default="admin", summary="See where a port is bound."),
    Rule(name=_ADDRESS, default="member", summary="Choose a port's address."),
    Rule(name=_MAC, default="member", summary="Choose a port's MAC address."),
    Rule(name=_FOR_OTHERS, default="admin", summary="Create a port for another project."),
]
