"""What does Moorage keep of a key pair? Never the private half."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa


class Keypair(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``keypairs``."""

    user_id: str
    name: str
    serial: int = 0
    """The integer id that clients see."""
    type: str
    """``ssh`` or ``x509``."""
    fingerprint: str
    public_key: str
    created_at: Any


def from_row(row: sa.Row[Any]) -> Keypair:
    return Keypair(**row._mapping)
