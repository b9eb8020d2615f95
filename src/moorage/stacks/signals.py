"""Wait condition handles: who may signal, and what was said.

A token is made for each server that is told of a handle, and only its hash is kept. Without an id of its own a signal
counts once a token, so a guest that repeats what it said is counted once.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

import sqlalchemy as sa

from moorage import clock, errors
from moorage.stacks import service
from moorage.stacks.model import Signal
from moorage.store import Tx
from moorage.store.tables.stacks import wait_signals, wait_tokens

SUCCESS = "SUCCESS"
FAILURE = "FAILURE"
_MARK = re.compile(r"WAIT-TOKEN-OF-([0-9a-f-]{36})")


def mark(handle_id: str) -> str:
    """Stands for a token of the handle until a server is told one; rows keep the mark."""
    return f"WAIT-TOKEN-OF-{handle_id}"


def with_tokens(tx: Tx, text: str) -> str:
    """The text as a server gets it: each handle's mark replaced by a new token."""
    made: dict[str, str] = {}

    def token(found: re.Match[str]) -> str:
        if found[1] not in made:
            made[found[1]] = _mint(tx, found[1])
        return made[found[1]]

    return _MARK.sub(token, text)


def subject(handle_id: str) -> str:
    """What wait conditions of the handle wait for."""
    return f"handle/{handle_id}"


def _mint(tx: Tx, handle_id: str) -> str:
    token = secrets.token_urlsafe(32)
    tx.execute(wait_tokens.insert().values(hash=_hash(token), handle_id=handle_id))
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def require(tx: Tx, handle_id: str, token: str) -> str:
    """The token's hash; ``errors.NotFound`` unless it is a token of this handle."""
    digest = _hash(token)
    known = tx.scalar(sa.select(wait_tokens.c.handle_id).where(wait_tokens.c.hash == digest))
    if known is None or known != handle_id:
        raise errors.NotFound("The wait condition handle could not be found.")
    return digest


def receive(
    tx: Tx, handle_id: str, token: str, *, status: str, reason: str, data: Any, signal_id: str | None
) -> None:  # fmt: skip
    """Record a signal, unless one of that id is on record; errors as in ``require``."""
    digest = require(tx, handle_id, token)
    name = signal_id or digest[:32]
    if any(signal.signal_id == name for signal in of(tx, handle_id)):
        return
    tx.execute(
        wait_signals.insert().values(
            handle_id=handle_id, signal_id=name, status=status, reason=reason or f"Signal {name} received", data=data,
            received_at=clock.now(),
        )
    )  # fmt: skip
    service.look_now(tx, subject(handle_id))


def of(tx: Tx, handle_id: str) -> list[Signal]:
    """In order of their arrival."""
    query = sa.select(wait_signals).where(wait_signals.c.handle_id == handle_id).order_by(wait_signals.c.received_at)
    return [Signal(**row._mapping) for row in tx.execute(query)]


def forget(tx: Tx, handle_id: str) -> None:
    """The handle goes: its tokens are worth nothing any more."""
    tx.execute(wait_tokens.delete().where(wait_tokens.c.handle_id == handle_id))
    tx.execute(wait_signals.delete().where(wait_signals.c.handle_id == handle_id))
