"""Rows: tables, migrations, and the one way to read and write them."""

from moorage.store.database import Store, Tx

__all__ = ["Store", "Tx"]
