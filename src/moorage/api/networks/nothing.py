"""Collections that clients look into and that are empty here: no packet filters, no address translation."""

from __future__ import annotations

from moorage import errors
from moorage.api.networks import lists
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import EMPTY, one


def security_groups(call: Call) -> Reply:
    return lists.answer(call, "security_groups", [])


def security_group(call: Call) -> Reply:
    raise errors.NotFound(f"Security group {call.params['group_id']} does not exist")


def floating_ips(call: Call) -> Reply:
    return lists.answer(call, "floatingips", [])


def floating_ip(call: Call) -> Reply:
    raise errors.NotFound(f"Floating IP {call.params['floatingip_id']} could not be found")


ROUTES = [
    Route(method="GET", path="/security-groups", handler=security_groups, policy="get_security_group",
          default="reader", summary="List no security groups.", answer=one("security_groups", EMPTY)),
    Route(method="GET", path="/security-groups/{group_id}", handler=security_group, policy="get_security_group",
          default="reader", summary="Find no security group."),
    Route(method="GET", path="/floatingips", handler=floating_ips, policy="get_floatingip", default="reader",
          summary="List no floating addresses.", answer=one("floatingips", EMPTY)),
    Route(method="GET", path="/floatingips/{floatingip_id}", handler=floating_ip, policy="get_floatingip",
          default="reader", summary="Find no floating address."),
]  # fmt: skip
