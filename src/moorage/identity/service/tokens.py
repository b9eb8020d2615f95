"""Issues, checks and revokes tokens.

A token is a random secret; the database keeps its SHA-256 and what it stands for. Checked tokens are remembered for a
few seconds, until something is revoked in this process (``revocation``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import clock, errors
from moorage.context import Context
from moorage.identity.model import Issued, Login, NamedRef, Session
from moorage.identity.service import login as logins
from moorage.identity.service import passwords, revocation, users
from moorage.store import Store, Tx
from moorage.store.tables import identity as tables

_TOKENS = tables.tokens
_REMEMBERED = 10_000
"""Checked tokens kept in memory at most."""
_PURGED = 100
"""Expired rows deleted with each new token, so that none of them takes long."""


class Checked(msgspec.Struct, frozen=True):
    """The answer for a token, valid until ``until`` and only in its epoch."""

    epoch: int
    until: dt.datetime
    expires_at: dt.datetime
    context: Context
    body: dict[str, Any]


class TokenService:
    """Tokens of the embedded identity; ``moorage.api.services.Tokens`` is what other services see of it.

    ``lifetime_s`` is how long a token lives; ``remembered_s`` how long a revocation in another process goes unnoticed.
    """

    def __init__(self, store: Store, lifetime_s: float = 3600.0, remembered_s: float = 5.0) -> None:
        self.store = store
        self._lifetime = dt.timedelta(seconds=lifetime_s)
        self._remembered = dt.timedelta(seconds=remembered_s)
        self._checked: dict[str, Checked] = {}

    def context_of(self, token: str) -> Context:
        """The caller a token stands for; ``errors.Unauthorized`` if unknown, expired or revoked."""
        checked = self._check(token)
        if checked is None:
            raise logins.refused()
        return checked.context

    def remembered(self, token: str) -> Context | None:
        """The caller, if the token was checked a moment ago; None says nothing."""
        known = self._recall(_digest(token), clock.now())
        return known.context if known else None

    def body_of(self, token: str) -> dict[str, Any]:
        """What a token stands for, without catalog; ``errors.NotFound`` if unknown, expired or revoked."""
        checked = self._check(token)
        if checked is None:
            raise errors.NotFound("Could not find token.")
        return checked.body

    def issue(self, login: Login) -> Issued:
        """A new token; ``errors.Unauthorized`` whatever part of the login is wrong."""
        session = self._prove(login)
        token, issued_at = secrets.token_urlsafe(32), clock.now()
        with self.store.write() as tx:
            if session.parent_digest and not _exists(tx, session.parent_digest):
                raise logins.refused()
            body = logins.body(tx, session, login.scope, issued_at)
            tx.execute(
                _TOKENS.insert().values(
                    digest=_digest(token), user_id=session.user_id, body=body, issued_at=issued_at,
                    project_id=body["project"]["id"] if "project" in body else None, expires_at=session.expires_at,
                )
            )  # fmt: skip
            _purge(tx, issued_at)
        return Issued(token, body)

    def revoke(self, token: str) -> None:
        with self.store.write() as tx:
            revocation.of_token(tx, _digest(token))

    def change_password(self, user_id: str, original: str, password: str) -> None:
        """A user's own change; kills its tokens. ``errors.Unauthorized`` if ``original`` or the user is wrong."""
        session = self._prove_password(NamedRef(id=user_id), original)
        replacement = passwords.hashed(password)
        with self.store.write() as tx:
            logins.user_of(tx, session)
            users.update(tx, user_id, {"password_hash": replacement})

    def _check(self, token: str) -> Checked | None:
        digest, now = _digest(token), clock.now()
        known = self._recall(digest, now)
        if known is not None:
            return known
        epoch = revocation.EPOCH.value
        with self.store.read() as tx:
            row = tx.execute(sa.select(_TOKENS).where(_TOKENS.c.digest == digest)).first()
        if row is None or row.expires_at <= now:
            self._checked.pop(digest, None)
            return None
        until = min(now + self._remembered, row.expires_at)
        return self._remember(digest, Checked(epoch, until, row.expires_at, logins.context(row.body), row.body))

    def _recall(self, digest: str, now: dt.datetime) -> Checked | None:
        known = self._checked.get(digest)
        return known if known and known.epoch == revocation.EPOCH.value and now < known.until else None

    def _remember(self, digest: str, checked: Checked) -> Checked:
        if len(self._checked) >= _REMEMBERED:
            self._checked.clear()
        self._checked[digest] = checked
        return checked

    def _prove(self, login: Login) -> Session:
        sessions = [self._prove_by(method, login) for method in dict.fromkeys(login.methods)]
        first = sessions[0]
        if any(session.user_id != first.user_id for session in sessions):
            raise logins.refused()
        methods = [method for session in sessions for method in session.methods]
        return Session(
            user_id=first.user_id,
            methods=list(dict.fromkeys(methods)),
            audit_chain=[audit for session in sessions for audit in session.audit_chain],
            expires_at=min(session.expires_at for session in sessions),
            password_hash=next((s.password_hash for s in sessions if s.password_hash), None),
            parent_digest=next((s.parent_digest for s in sessions if s.parent_digest), ""),
        )

    def _prove_by(self, method: str, login: Login) -> Session:
        if method == "password":
            assert login.user is not None
            return self._prove_password(login.user, login.password)
        if method == "token":
            return self._prove_token(login.token)
        raise errors.Unauthorized("Attempted to authenticate with an unsupported method.")

    def _prove_password(self, ref: NamedRef, password: str) -> Session:
        with self.store.read() as tx:
            user_id, stored = users.referred(tx, ref)
        # Outside of any transaction: the check is slow on purpose.
        if not passwords.matches(stored, password):
            raise logins.refused()
        expires_at = _whole_seconds(clock.now() + self._lifetime)
        return Session(
            user_id=user_id, methods=["password"], audit_chain=[], expires_at=expires_at, password_hash=stored
        )

    def _prove_token(self, token: str) -> Session:
        checked = self._check(token)
        if checked is None:
            raise logins.refused()
        body = checked.body
        return Session(
            user_id=body["user"]["id"],
            methods=list(dict.fromkeys(["token", *body["methods"]])),
            audit_chain=body["audit_ids"][-1:],
            expires_at=checked.expires_at,
            parent_digest=_digest(token),
        )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _exists(tx: Tx, digest: str) -> bool:
    return tx.execute(sa.select(_TOKENS.c.digest).where(_TOKENS.c.digest == digest)).first() is not None


def _whole_seconds(moment: dt.datetime) -> dt.datetime:
    return moment.replace(microsecond=0)


def _purge(tx: Tx, now: dt.datetime) -> None:
    dead = sa.select(_TOKENS.c.digest).where(_TOKENS.c.expires_at <= now).limit(_PURGED)
    tx.execute(_TOKENS.delete().where(_TOKENS.c.digest.in_(dead)))
