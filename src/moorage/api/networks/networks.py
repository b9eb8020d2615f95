"""``/networks``: the networks of the configuration. Everybody sees them, nobody changes them here."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.networks import lists
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import BOOLEAN, INTEGER, NULLABLE_INTEGER, TAGS, TEXT, closed, each, one
from moorage.api.wire.route import Rule
from moorage.networks.model import Network

_PROVIDER = "get_network:provider:physical_network"


def index(call: Call) -> Reply:
    return lists.answer(call, "networks", [_view(call, network) for network in call.services.site.networks])


def show(call: Call) -> Reply:
    network = call.services.site.networks.get(call.params["network_id"])
    return Reply(body={"network": lists.cut(call, _view(call, network))})


def refuse(_call: Call) -> Reply:
    raise errors.Forbidden("Networks and subnets are configured in moorage.conf, section [networks]; ask its operator.")


def _view(call: Call, network: Network) -> dict[str, Any]:
    view = {
        "id": network.id, "name": network.name, "description": network.description, "tenant_id": "", "project_id": "",
        "admin_state_up": True, "status": "ACTIVE", "shared": True, "router:external": False, "mtu": network.mtu,
        "port_security_enabled": False, "subnets": [network.subnet_id],
    }  # fmt: skip
    if call.allowed(_PROVIDER):
        view |= {
            "provider:network_type": "flat" if network.vlan is None else "vlan",
            "provider:physical_network": network.name, "provider:segmentation_id": network.vlan,
        }  # fmt: skip
    return view


_NETWORK = closed(
    each(TEXT, "id", "name", "description", "tenant_id", "project_id", "status") | {"mtu": INTEGER, "subnets": TAGS}
    | each(BOOLEAN, "admin_state_up", "shared", "router:external", "port_security_enabled"),
    each(TEXT, "provider:network_type", "provider:physical_network")
    | {"provider:segmentation_id": NULLABLE_INTEGER},
)  # fmt: skip
ROUTES = [
    Route(method="GET", path="/networks", handler=index, policy="get_network", default="reader",
          summary="List the networks.", answer=lists.listed("networks", _NETWORK)),
    Route(method="GET", path="/networks/{network_id}", handler=show, policy="get_network", default="reader",
          summary="Show a network.", answer=one("network", lists.selectable(_NETWORK))),
    Route(method="POST", path="/networks", handler=refuse, policy="create_network",
          summary="Refuse: networks are configured."),
    Route(method="PUT", path="/networks/{network_id}", handler=refuse, policy="update_network",
          summary="Refuse: networks are configured."),
    Route(method="DELETE", path="/networks/{network_id}", handler=refuse, policy="delete_network",
          summary="Refuse: networks are configured."),
]  # fmt: skip
RULES = [Rule(name=_PROVIDER, default="admin", summary="See a network's VLAN and physical name.")]
