"""``/subnets``: the one subnet of each configured network."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.networks import lists
from moorage.api.networks.networks import refuse
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import BOOLEAN, EMPTY, INTEGER, NULL, NULLABLE_TEXT, TAGS, TEXT, array, closed, each, one
from moorage.networks.model import Network


def index(call: Call) -> Reply:
    return lists.answer(call, "subnets", [_view(network) for network in call.services.site.networks])


def show(call: Call) -> Reply:
    subnet_id = call.params["subnet_id"]
    found = next((network for network in call.services.site.networks if network.subnet_id == subnet_id), None)
    if found is None:
        raise errors.NotFound(f"Subnet {subnet_id} could not be found.")
    return Reply(body={"subnet": lists.cut(call, _view(found))})


def _view(network: Network) -> dict[str, Any]:
    """Addresses are told by the config drive, not by DHCP."""
    return {
        "id": network.subnet_id, "name": network.name, "description": network.description, "tenant_id": "",
        "project_id": "", "network_id": network.id, "ip_version": network.ip_version, "cidr": network.cidr,
        "gateway_ip": network.gateway, "allocation_pools": [{"start": network.first, "end": network.last}],
        "dns_nameservers": network.dns, "host_routes": [], "enable_dhcp": False, "ipv6_ra_mode": None,
        "ipv6_address_mode": None,
    }  # fmt: skip


_SUBNET = closed(
    each(TEXT, "id", "name", "description", "tenant_id", "project_id", "network_id", "cidr")
    | each(NULL, "ipv6_ra_mode", "ipv6_address_mode")
    | {
        "ip_version": INTEGER, "gateway_ip": NULLABLE_TEXT, "dns_nameservers": TAGS, "host_routes": EMPTY,
        "allocation_pools": array(closed(each(TEXT, "start", "end"))), "enable_dhcp": BOOLEAN,
    }
)  # fmt: skip
ROUTES = [
    Route(method="GET", path="/subnets", handler=index, policy="get_subnet", default="reader",
          summary="List the subnets.", answer=lists.listed("subnets", _SUBNET)),
    Route(method="GET", path="/subnets/{subnet_id}", handler=show, policy="get_subnet", default="reader",
          summary="Show a subnet.", answer=one("subnet", lists.selectable(_SUBNET))),
    Route(method="POST", path="/subnets", handler=refuse, policy="create_subnet",
          summary="Refuse: subnets are configured."),
    Route(method="PUT", path="/subnets/{subnet_id}", handler=refuse, policy="update_subnet",
          summary="Refuse: subnets are configured."),
    Route(method="DELETE", path="/subnets/{subnet_id}", handler=refuse, policy="delete_subnet",
          summary="Refuse: subnets are configured."),
]  # fmt: skip
