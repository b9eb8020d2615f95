"""Every kind of durable operation there is."""

from __future__ import annotations

from moorage.operations.kinds import Kind

KINDS: list[Kind] = []
