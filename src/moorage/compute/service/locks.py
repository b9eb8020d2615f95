"""Who locked a server, and who may unlock it?"""

from __future__ import annotations

from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.context import Context
from moorage.store import Tx

_OWNER, _ADMIN = "owner", "admin"


def lock(tx: Tx, context: Context, server: Server, reason: str | None) -> bool:
    """Lock it; False if its owner asks again, which changes nothing. An admin's lock replaces an owner's."""
    who = _who(context, server)
    if server.locked and who == _OWNER:
        return False
    servers.update(tx, server.id, locked=True, locked_by=who, locked_reason=reason)
    return True


def unlock(tx: Tx, server: Server) -> None:
    servers.update(tx, server.id, locked=False, locked_by=None, locked_reason=None)


def is_of_others(context: Context, server: Server) -> bool:
    """Whether the lock was set by the other side: an admin of another project, or the owner."""
    return server.locked_by is not None and server.locked_by != _who(context, server)


def _who(context: Context, server: Server) -> str:
    return _OWNER if context.project_id == server.project_id else _ADMIN
