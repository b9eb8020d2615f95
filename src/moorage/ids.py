"""Identifiers: random ones for what users make, derived ones for what a repeated step must find again."""

from __future__ import annotations

import re
import uuid

_NAMESPACE = uuid.UUID("6f1c1f0e-6d6f-4f72-8167-655f6964732e")
_UUID = re.compile(r"^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")


def new() -> str:
    """A random UUID with dashes: servers, volumes, attachments, images."""
    return str(uuid.uuid4())


def new_hex() -> str:
    """A random id in identity's form: 32 hex digits without dashes."""
    return uuid.uuid4().hex


def derived(*parts: str) -> str:
    """The same UUID for the same parts, so that a repeated step finds what it made before the crash."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def is_uuid(text: object) -> bool:
    """Whether text has the form of a UUID, with or without dashes."""
    return isinstance(text, str) and bool(_UUID.match(text))
