"""The metadata all tables share, and short names for the column types they use."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _decoded(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)


class _Json(sa.TypeDecorator[Any]):
    """JSON without SQLAlchemy's two calls around each value, which took a tenth of a long list's time on SQLite."""

    impl = sa.JSON
    cache_ok = True

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Any:
        return _decoded if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


Id = sa.String(64)
Name = sa.String(255)


def text(name: str, *, nullable: bool = True, **options: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable, **options)


def number(
    name: str, default: int | None = None, *, nullable: bool = False, comment: str | None = None
) -> sa.Column[int]:
    server_default = None if default is None else str(default)
    return sa.Column(
        name, sa.BigInteger, nullable=nullable, default=default, server_default=server_default, comment=comment
    )


def flag(name: str, default: bool = False, *, comment: str | None = None) -> sa.Column[bool]:
    literal = sa.sql.expression.literal(default)
    return sa.Column(name, sa.Boolean, nullable=False, default=default, server_default=literal, comment=comment)


def json(name: str, default: Any = None, *, nullable: bool = True, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, _Json(none_as_null=True), nullable=nullable, default=default, comment=comment)


def time(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime, nullable=nullable)


def key(name: str, *, nullable: bool = False, index: bool = False) -> sa.Column[str]:
    return sa.Column(name, Id, nullable=nullable, index=index)
