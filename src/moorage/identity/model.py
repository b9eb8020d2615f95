"""What identity knows about: built from rows, never holding a password or its hash."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

DEFAULT_DOMAIN = "default"
"""Id of the domain that is there from the start."""

SYSTEM = "all"
"""The one thing a system-wide role can be granted on."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Something that has an id and a name."""

    id: str
    name: str
    description: str


class Domain(Record, frozen=True, kw_only=True):
    enabled: bool


class Project(Record, frozen=True, kw_only=True):
    domain_id: str
    parent_id: str | None
    enabled: bool
    tags: list[str]
    extra: dict[str, Any]


class User(Record, frozen=True, kw_only=True):
    domain_id: str
    email: str | None
    default_project_id: str | None
    enabled: bool
    extra: dict[str, Any]


class Group(Record, frozen=True, kw_only=True):
    domain_id: str


class Role(Record, frozen=True, kw_only=True):
    pass


class Actor(msgspec.Struct, frozen=True):
    """Who is given a role: ``kind`` is user or group."""

    kind: str
    id: str


class Scope(msgspec.Struct, frozen=True):
    """What a role is given on: ``kind`` is project, domain or system."""

    kind: str
    id: str


class Assignment(msgspec.Struct, frozen=True):
    """An actor has a role on a scope."""

    actor: Actor
    scope: Scope
    role_id: str
    through_group: str = ""
    """The group that gives the role, if a user holds it as its member."""
    implied_by: str = ""
    """The stronger role that brings this one, if it was not granted itself."""


class AssignmentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which assignments a list is asked for; None means any."""

    actor: Actor | None = None
    scope: Scope | None = None
    role_id: str | None = None

    def fits(self, one: Assignment) -> bool:
        return (
            self.actor in (None, one.actor) and self.scope in (None, one.scope) and self.role_id in (None, one.role_id)
        )


class DomainRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A domain as clients name it: by id, or by name."""

    id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET


class NamedRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user or project as clients name it: by id, or by name within a domain."""

    id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    domain: DomainRef | UnsetType = UNSET


class WantedScope(msgspec.Struct, frozen=True):
    """The scope a login asks for. ``kind`` empty: the user's default project, if that works; ``unscoped``: none."""

    kind: str = ""
    ref: NamedRef | DomainRef | None = None


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """Proofs of identity, and the scope asked for. Every method named must succeed, for the same user."""

    methods: list[str]
    scope: WantedScope
    user: NamedRef | None = None
    password: str = ""
    token: str = ""

    def __repr__(self) -> str:
        return f"Login(methods={self.methods}, scope={self.scope})"


class Issued(msgspec.Struct, frozen=True):
    """A new token: the secret for the client, and what it stands for (without catalog)."""

    token: str
    body: dict[str, Any]

    def __repr__(self) -> str:
        return "Issued(...)"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A user who has proved who it is, not yet scoped."""

    user_id: str
    methods: list[str]
    audit_chain: list[str]
    """Audit id of the token it was proved with, or nothing."""
    expires_at: dt.datetime
    password_hash: str | None = None
    """The hash the password was checked against; it must still be the same when the token is written."""
    parent_digest: str = ""
    """The token it was proved with, which must still be there when the new one is written."""
