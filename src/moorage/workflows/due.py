"""Which servers have waited long enough? Shelved ones are offloaded, deleted ones removed, when their time has come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from moorage import clock, ids
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.compute.service.servers import Listing
from moorage.context import Context
from moorage.store import Store, Tx
from moorage.workflows import destroy, shelve
from moorage.workflows.site import Site
from moorage.workflows.soft_delete import DELETED_AT

Request = Callable[[Tx, Context, Server], None]


def submit(store: Store, site: Site) -> None:
    """Write the intent for each server that is due; whatever was asked of one meanwhile goes first."""
    if site.shelved_offload_time_s > 0:
        _each(store, states.SHELVED, "shelved_at", site.shelved_offload_time_s, shelve.request_offload)
    if site.reclaim_interval_s > 0:
        _each(store, states.SOFT_DELETED, DELETED_AT, site.reclaim_interval_s, destroy.request)


def _each(store: Store, vm_state: str, key: str, after_s: int, request: Request) -> None:
    with store.read() as tx:
        waiting = servers.listing(tx, Listing(vm_states=[vm_state], limit=1000))
    for server in waiting:
        if _is_due(server, key, after_s):
            _request(store, server.id, vm_state, request)


def _is_due(server: Server, key: str, after_s: int) -> bool:
    since = server.system_metadata.get(key)
    return since is not None and clock.now() - dt.datetime.fromisoformat(since) >= dt.timedelta(seconds=after_s)


def _request(store: Store, server_id: str, vm_state: str, request: Request) -> None:
    with store.write() as tx:
        server = servers.find(tx, server_id)
        if server is not None and server.vm_state == vm_state and server.task_state is None:
            request(tx, _for_owner(server), server)


def _for_owner(server: Server) -> Context:
    """Nobody asked: it is done in the owner's name, locked or not."""
    return Context(
        user_id=server.user_id, project_id=server.project_id, roles=frozenset({"admin"}), request_id=f"req-{ids.new()}"
    )
