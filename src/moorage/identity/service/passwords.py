"""How are passwords kept and checked?

Argon2id with the parameters OWASP's password storage cheat sheet gives for it (19 MiB, 2 passes, 1 lane): some 25 ms
on one core, so that a login stays under 60 ms. Unknown users are checked against a decoy of the same cost.
"""

from __future__ import annotations

import base64
import os
import secrets
import threading

import argon2

MAX_LENGTH = 4096
"""Longest password in characters, as Keystone's ``max_password_length``."""

_MEMORY_KIB = 19_456
_PASSES = 2
_HASHER = argon2.PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1, hash_len=32, salt_len=16)

_TURNS = threading.BoundedSemaphore(max(2, os.cpu_count() or 1))
"""More checks at once than cores would only hold more memory."""


def _decoy() -> str:
    salt, digest = (base64.b64encode(secrets.token_bytes(n)).rstrip(b"=").decode() for n in (16, 32))
    return f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p=1${salt}${digest}"


_DECOY = _decoy()


def hashed(password: str) -> str:
    """A salted hash to store. Takes a few tens of milliseconds: keep it out of transactions others wait for."""
    with _TURNS:
        return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether ``password`` is the one behind ``stored``; takes the same time if there is none."""
    with _TURNS:
        try:
            _HASHER.verify(stored or _DECOY, password[: MAX_LENGTH + 1])
        except argon2.exceptions.VerifyMismatchError:
            return False
    return stored is not None
