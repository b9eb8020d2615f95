"""How are rows of identity found, listed, written, and refused?"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa

from moorage import errors
from moorage.identity.model import Domain, Group, Project, Record, Role, User
from moorage.store import Tx
from moorage.store.tables import identity as tables

M = TypeVar("M", bound=Record)

COMPARATORS = ("contains", "icontains", "startswith", "istartswith", "endswith", "iendswith")
"""What may follow ``name__`` in a list request, as in Keystone."""


class Kind(msgspec.Struct, Generic[M], frozen=True):
    """A table, the Struct its rows become, and the word for one of them in messages."""

    word: str
    table: sa.Table
    model: type[M]

    def of(self, row: sa.Row[Any]) -> M:
        return self.model(**row._mapping)

    def select(self) -> sa.Select[Any]:
        return sa.select(*(self.table.c[name] for name in self.model.__struct_fields__))


DOMAIN = Kind("domain", tables.domains, Domain)
PROJECT = Kind("project", tables.projects, Project)
USER = Kind("user", tables.users, User)
GROUP = Kind("group", tables.groups, Group)
ROLE = Kind("role", tables.roles, Role)
KINDS: dict[str, Kind[Any]] = {kind.word: kind for kind in (DOMAIN, PROJECT, USER, GROUP, ROLE)}


class Query(msgspec.Struct, kw_only=True):
    """A page of a list: filters, and where it starts."""

    equal: dict[str, Any] = {}
    like: list[tuple[str, str, str]] = []
    """Column, one of ``COMPARATORS``, text."""
    marker: str = ""
    """Id of the last row of the page before."""
    limit: int = 1000


class Page(msgspec.Struct, Generic[M]):
    items: list[M]
    has_more: bool = False


def absent(kind: Kind[Any], ident: str) -> errors.NotFound:
    return errors.NotFound(f"Could not find {kind.word}: {ident}.")


def get(tx: Tx, kind: Kind[M], ident: str) -> M:
    """The record with that id; ``errors.NotFound`` if there is none."""
    row = tx.execute(kind.select().where(kind.table.c.id == ident)).first()
    if row is None:
        raise absent(kind, ident)
    return kind.of(row)


def find(tx: Tx, kind: Kind[M], **equal: Any) -> M | None:
    """The one record with these column values, or None."""
    conditions = [kind.table.c[name] == value for name, value in equal.items()]
    row = tx.execute(kind.select().where(*conditions)).first()
    return kind.of(row) if row else None


def held(tx: Tx, kind: Kind[M], ident: str) -> M | None:
    """The record, locked against changes until this transaction ends (where the database runs writers side by side)."""
    row = tx.execute(kind.select().where(kind.table.c.id == ident).with_for_update(read=True)).first()
    return kind.of(row) if row else None


def page(
    tx: Tx,
    kind: Kind[M],
    query: Query,
    *conditions: sa.ColumnElement[bool],
    accept: Callable[[M], bool] = lambda _: True,
) -> Page[M]:
    """Records in order of id. ``accept`` filters by what SQL cannot see on every database, such as tags in JSON."""
    table = kind.table
    wanted = [*conditions, *(table.c[name] == value for name, value in query.equal.items())]
    wanted += [getattr(table.c[name], how)(text, autoescape=True) for name, how, text in query.like]
    if query.marker:
        wanted.append(table.c.id > query.marker)
    records = (kind.of(row) for row in tx.execute(kind.select().where(*wanted).order_by(table.c.id)))
    found = list(itertools.islice(filter(accept, records), query.limit + 1))
    return Page(found[: query.limit], len(found) > query.limit)


def by_id(tx: Tx, kind: Kind[M], idents: set[str]) -> dict[str, M]:
    """Those of the records that exist."""
    select = kind.select().where(kind.table.c.id.in_(idents))
    return {row.id: kind.of(row) for row in tx.execute(select)}


def insert(tx: Tx, kind: Kind[M], values: dict[str, Any]) -> M:
    """Write a new record; ``errors.Conflict`` if its name is taken."""
    _write(tx, kind, kind.table.insert().values(**values), values.get("name"))
    return get(tx, kind, values["id"])


def change(tx: Tx, kind: Kind[M], ident: str, values: dict[str, Any]) -> M:
    """Change some columns; ``errors.NotFound`` and ``errors.Conflict`` as above."""
    get(tx, kind, ident)
    if values:
        _write(tx, kind, kind.table.update().where(kind.table.c.id == ident).values(**values), values.get("name"))
    return get(tx, kind, ident)


def _write(tx: Tx, kind: Kind[Any], statement: Any, name: object) -> None:
    try:
        tx.execute(statement)
    except sa.exc.IntegrityError:
        raise errors.Conflict(
            f"Conflict occurred attempting to store {kind.word} - Duplicate entry found with name {name}."
        ) from None


def remove(tx: Tx, kind: Kind[Any], ident: str) -> None:
    tx.execute(kind.table.delete().where(kind.table.c.id == ident))
