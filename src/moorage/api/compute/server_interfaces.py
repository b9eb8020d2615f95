"""``/servers/{id}/os-interface``: the ports of a server. They are given when it is created, and stay."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.compute.servers import find
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import NULLABLE_TEXT, TEXT, array, closed, each, one, several
from moorage.networks.model import Port
from moorage.networks.service import ports

_POLICY = "os_compute_api:os-attach-interfaces"


def index(call: Call) -> Reply:
    return Reply(body={"interfaceAttachments": [_view(call, port) for port in _ports(call)]})


def show(call: Call) -> Reply:
    port_id = call.params["port_id"]
    port = next((port for port in _ports(call) if port.id == port_id), None)
    if port is None:
        raise errors.NotFound(f"Port id {port_id} could not be found.")
    return Reply(body={"interfaceAttachment": _view(call, port)})


def attach(call: Call) -> Reply:
    """No driver plugs an interface into a server that exists."""
    call.json()
    with call.services.store.read() as tx:
        server = find(call, tx)
    raise errors.BadRequest(f"Attaching interfaces is not supported for instance {server.id}.")


def detach(call: Call) -> Reply:
    show(call)
    raise errors.NotImplementedHere("The requested functionality is not supported.")


def _ports(call: Call) -> list[Port]:
    with call.services.store.read() as tx:
        return ports.ports_of(tx, find(call, tx).id)


def _view(call: Call, port: Port) -> dict[str, Any]:
    network = call.services.site.networks.find(port.network_id)
    subnet = {} if network is None else {"subnet_id": network.subnet_id}
    view: dict[str, Any] = {
        "net_id": port.network_id, "port_id": port.id, "mac_addr": port.mac_address, "port_state": "ACTIVE",
        "fixed_ips": [{**subnet, "ip_address": port.ip_address}],
    }  # fmt: skip
    if call.at_least(2, 70):
        view["tag"] = port.tag
    return view


_INTERFACE = closed(
    each(TEXT, "net_id", "port_id", "mac_addr", "port_state")
    | {"fixed_ips": array(closed({"ip_address": TEXT}, {"subnet_id": TEXT}))},
    {"tag": NULLABLE_TEXT},
)
_P = "/servers/{server_id}/os-interface"
ROUTES = [
    Route(method="GET", path=_P, handler=index, policy=f"{_POLICY}:list", default="reader",
          summary="List the ports of a server.", answer=several("interfaceAttachments", _INTERFACE)),
    Route(method="GET", path=_P + "/{port_id}", handler=show, policy=f"{_POLICY}:show", default="reader",
          summary="Show a port of a server.", answer=one("interfaceAttachment", _INTERFACE)),
    Route(method="POST", path=_P, handler=attach, policy=f"{_POLICY}:create",
          summary="Refuse to give a server one more port: 400."),
    Route(method="DELETE", path=_P + "/{port_id}", handler=detach, policy=f"{_POLICY}:delete",
          summary="Refuse to take a port of a server away: 501."),
]  # fmt: skip
