"""Parts of a server that this site has none of: consoles, a password, security groups; and diagnostics."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from moorage import errors
from moorage.api.compute.server_fields import one_of
from moorage.api.compute.servers import find
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import BOOLEAN, EMPTY, INTEGER, NULL, TEXT, array, closed, each, either, one
from moorage.attachments import service as attachments

_POWER = {0: "pending", 1: "running", 3: "paused", 4: "shutdown", 6: "crashed", 7: "suspended"}


class Console(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which console is asked for."""

    protocol: Annotated[str, one_of("vnc", "spice", "serial", "rdp", "mks")]
    type: Annotated[str, one_of("novnc", "xvpvnc", "spice-html5", "serial", "rdp-html5", "webmks")]


class RemoteConsole(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of POST /servers/{id}/remote-consoles."""

    remote_console: Console


def remote_console(call: Call) -> Reply:
    """Always refused: the drivers offer none of these consoles."""
    wanted = call.body(RemoteConsole, strict=True).remote_console
    with call.services.store.read() as tx:
        find(call, tx)
    raise errors.BadRequest(f"Unavailable console type {wanted.type}.")


def password(call: Call) -> Reply:
    return _shown(call, {"password": ""})


def clear_password(call: Call) -> Reply:
    with call.services.store.read() as tx:
        find(call, tx)
    return Reply(status=204)


def security_groups(call: Call) -> Reply:
    return _shown(call, {"security_groups": []})


def _shown(call: Call, body: dict[str, Any]) -> Reply:
    """What is the same for every server, once the server is found."""
    with call.services.store.read() as tx:
        find(call, tx)
    return Reply(body=body)


def diagnostics(call: Call) -> Reply:
    """What is known of a running server without asking its hypervisor; null is what is not. Free form below 2.48.

    The schema of ``driver`` knows four names only, so as in Nova other drivers say ``libvirt`` there.
    """
    with call.services.store.read() as tx:
        server = find(call, tx)
        disks = attachments.of_server(tx, server.id)
    if server.power_state not in (1, 3) or server.host is None:
        shown_state = _POWER.get(server.power_state, "pending")
        raise errors.Conflict(f"Cannot 'get_diagnostics' instance {server.id} while it is in power state {shown_state}")
    guest = server.guest()
    if not call.at_least(2, 48):
        return Reply(body={"memory": guest.memory_mib * 1024, "vcpus": guest.vcpus})
    nothing = {"read_bytes": None, "read_requests": None, "write_bytes": None, "write_requests": None}
    return Reply(body={
        "state": _POWER[server.power_state], "driver": "libvirt", "hypervisor": server.driver,
        "hypervisor_os": None, "uptime": None, "config_drive": server.config_drive, "num_cpus": guest.vcpus,
        "num_nics": 0, "num_disks": len(disks),
        "disk_details": [{**nothing, "errors_count": None} for _ in disks],
        "cpu_details": [{"id": number, "time": None, "utilisation": None} for number in range(guest.vcpus)],
        "nic_details": [], "memory_details": {"maximum": guest.memory_mib, "used": None},
    })  # fmt: skip


_DISK = closed(each(NULL, "read_bytes", "read_requests", "write_bytes", "write_requests", "errors_count"))
_CPU = closed({"id": INTEGER} | each(NULL, "time", "utilisation"))
_DIAGNOSTICS = either(
    closed(each(INTEGER, "memory", "vcpus")),
    closed(
        each(TEXT, "state", "driver", "hypervisor") | each(NULL, "hypervisor_os", "uptime")
        | each(INTEGER, "num_cpus", "num_nics", "num_disks") | {"config_drive": BOOLEAN, "nic_details": EMPTY}
        | {"disk_details": array(_DISK), "cpu_details": array(_CPU)}
        | {"memory_details": closed({"maximum": INTEGER, "used": NULL})}
    ),
)  # fmt: skip
_S = "/servers/{server_id}"
_PW_RULE = "os_compute_api:os-server-password:"
ROUTES = [
    Route(method="POST", path=_S + "/remote-consoles", handler=remote_console, min=(2, 6), body=RemoteConsole,
          policy="os_compute_api:os-remote-consoles", summary="Open a console."),
    Route(method="GET", path=_S + "/os-server-password", handler=password, policy=_PW_RULE + "show", default="reader",
          summary="Show the password a guest reported, which is none.", answer=one("password", TEXT)),
    Route(method="DELETE", path=_S + "/os-server-password", handler=clear_password, policy=_PW_RULE + "clear",
          summary="Forget the password a guest reported."),
    Route(method="GET", path=_S + "/os-security-groups", handler=security_groups, default="reader",
          policy="os_compute_api:os-security-groups:list", summary="List the security groups of a server.",
          answer=one("security_groups", EMPTY)),
    Route(method="GET", path=_S + "/diagnostics", handler=diagnostics, default="admin",
          policy="os_compute_api:os-server-diagnostics", summary="Show what a server uses.", answer=_DIAGNOSTICS),
]  # fmt: skip
