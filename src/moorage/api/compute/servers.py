"""Servers: list, show, create, update, delete."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from moorage import errors
from moorage.api.compute import answers
from moorage.api.compute import server_views as views
from moorage.api.compute.server_bodies import CreateServer, UpdateServer
from moorage.api.compute.server_create import check_hostname, create
from moorage.api.compute.server_filters import listing_of
from moorage.api.compute.server_views import Shown
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import mapping, one, page
from moorage.api.wire.paging import limit_of, next_link
from moorage.api.wire.route import Rule
from moorage.attachments import service as attachments
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.networks.service import ports
from moorage.store import Tx
from moorage.workflows import soft_delete


def find(call: Call, tx: Tx) -> Server:
    """The server named in the path; 404 if it is gone or another project's."""
    return servers.get(tx, call.params["server_id"], call.context.reach)


def shown(tx: Tx, server: Server) -> Shown:
    volumes = attachments.volumes_of_servers(tx, [server.id])[server.id]
    return Shown(server=server, volumes=volumes, ports=ports.ports_of(tx, server.id))


def index(call: Call) -> Reply:
    with call.services.store.read() as tx:
        page = servers.listing(tx, listing_of(call, tx, "os_compute_api:servers:index:get_all_tenants"))
    return _page(call, [views.brief(call, server) for server in page])


def detail(call: Call) -> Reply:
    with call.services.store.read() as tx:
        page = servers.listing(tx, listing_of(call, tx, "os_compute_api:servers:detail:get_all_tenants"))
        wanted = [server.id for server in page]
        volumes, bound = attachments.volumes_of_servers(tx, wanted), ports.ports_of_all(tx, wanted)
    entries = [Shown(server=server, volumes=volumes[server.id], ports=bound[server.id]) for server in page]
    return _page(call, [views.detail(call, entry, in_list=True) for entry in entries])


def _page(call: Call, entries: list[dict[str, Any]]) -> Reply:
    marker = entries[-1]["id"] if entries else None
    return Reply(body={"servers": entries, **next_link(call, "servers", entries, limit_of(call), marker)})


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        entry = shown(tx, find(call, tx))
    return Reply(body={"server": views.detail(call, entry)})


def update(call: Call) -> Reply:
    """Change what is only a row: name, description, addresses."""
    wanted = call.body(UpdateServer, strict=True).server
    check_hostname(call, wanted.hostname)
    given = {
        "name": wanted.name, "description": wanted.description, "hostname": wanted.hostname,
        "access_ip_v4": wanted.accessIPv4, "access_ip_v6": wanted.accessIPv6, "disk_config": wanted.OS_DCF_diskConfig,
    }  # fmt: skip
    values = {column: value for column, value in given.items() if value is not UNSET}
    with call.services.store.write() as tx:
        server = find(call, tx)
        servers.update(tx, server.id, **values)
        entry = shown(tx, find(call, tx))
    view = views.detail(call, entry) if call.at_least(2, 75) else short(call, entry)
    return Reply(body={"server": view})


def short(call: Call, entry: Shown) -> dict[str, Any]:
    """What update and rebuild answer below 2.75."""
    view = views.base(call, entry)
    server = entry.server
    if call.at_least(2, 9):
        view["locked"] = server.locked
    if call.at_least(2, 19):
        view["description"] = server.description
    if call.at_least(2, 26):
        view["tags"] = server.tags
    if call.at_least(2, 63):
        view["trusted_image_certificates"] = None
    if call.at_least(2, 71):
        view["server_groups"] = entry.groups
    if call.at_least(2, 73):
        view["locked_reason"] = server.locked_reason
    return view


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        server = find(call, tx)
        soft_delete.request_delete(tx, call.context, server, call.services.site)
    return Reply(status=204)


def addresses(call: Call) -> Reply:
    return Reply(body={"addresses": _addresses(call)})


def addresses_of(call: Call) -> Reply:
    label, found = call.params["label"], _addresses(call)
    if label not in found:
        raise errors.NotFound("Instance is not a member of specified network")
    return Reply(body={label: found[label]})


def _addresses(call: Call) -> dict[str, list[dict[str, Any]]]:
    with call.services.store.read() as tx:
        bound = ports.ports_of(tx, find(call, tx).id)
    return views.addresses(call, bound, is_detailed=False)


_S = "/servers/{server_id}"
ROUTES = [
    Route(method="GET", path="/servers", handler=index, policy="os_compute_api:servers:index", default="reader",
          summary="List servers.", answer=page("servers", answers.BRIEF)),
    Route(method="GET", path="/servers/detail", handler=detail, policy="os_compute_api:servers:detail",
          default="reader", summary="List servers in detail.", answer=page("servers", answers.DETAIL)),
    Route(method="POST", path="/servers", handler=create, policy="os_compute_api:servers:create", body=CreateServer,
          summary="Create a server, or several.", answer=answers.CREATED),
    Route(method="GET", path=_S, handler=show, policy="os_compute_api:servers:show", default="reader",
          summary="Show a server.", prompt=True, answer=one("server", answers.DETAIL)),
    Route(method="PUT", path=_S, handler=update, policy="os_compute_api:servers:update", body=UpdateServer,
          summary="Change name, description or addresses of a server.", answer=one("server", answers.UPDATED)),
    Route(method="DELETE", path=_S, handler=delete, policy="os_compute_api:servers:delete",
          summary="Delete a server."),
    Route(method="GET", path=_S + "/ips", handler=addresses, policy="os_compute_api:ips:index", default="reader",
          summary="List the addresses of a server.", answer=one("addresses", mapping(answers.ADDRESSES))),
    Route(method="GET", path=_S + "/ips/{label}", handler=addresses_of, policy="os_compute_api:ips:show",
          default="reader", summary="Show the addresses of a server on one network.",
          answer=mapping(answers.ADDRESSES)),
]  # fmt: skip
RULES = [
    Rule(name="os_compute_api:os-extended-server-attributes", default="admin", summary="See host and internal names."),
    Rule(name="os_compute_api:servers:show:host_status", default="admin", summary="See the status of a server's host."),
    Rule(name="os_compute_api:servers:create:attach_volume", default="member", summary="Create a server with disks."),
    Rule(name="os_compute_api:servers:create:forced_host", default="admin", summary="Name a host in the zone."),
    Rule(name="compute:servers:create:requested_destination", default="admin", summary="Create a server on a host."),
    Rule(name="os_compute_api:servers:index:get_all_tenants", default="admin", summary="List all projects' servers."),
    Rule(
        name="os_compute_api:servers:detail:get_all_tenants", default="admin", summary="Detail all projects' servers."
    ),
    Rule(name="os_compute_api:servers:allow_all_filters", default="admin", summary="Filter servers by any field."),
]
