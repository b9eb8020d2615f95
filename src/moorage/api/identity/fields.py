"""Which values may fields of identity's bodies have, and which columns do they become?

Lengths as in Keystone's schemas (``keystone/*/schema.py``).
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta

from moorage import errors
from moorage.identity.service.passwords import MAX_LENGTH

ShortName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\S")]
"""Of domains, projects and groups."""
LongName = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
"""Of users and roles."""
Ident = Annotated[str, Meta(min_length=1, max_length=64)]
Password = Annotated[str, Meta(min_length=1, max_length=MAX_LENGTH)]

HARMLESS_OPTIONS = (
    "ignore_change_password_upon_first_use", "ignore_password_expiry", "ignore_lockout_failure_attempts",
    "ignore_user_inactivity",
)  # fmt: skip
"""User options that switch off what is never on here."""


def given(body: msgspec.Struct, *left_out: str) -> dict[str, Any]:
    """The fields that were sent, as columns; null for a description means an empty one."""
    values = {name: getattr(body, name) for name in body.__struct_fields__ if name not in left_out}
    values = {name: value for name, value in values.items() if value is not UNSET}
    if values.get("description", "") is None:
        values["description"] = ""
    return values


def attributes(sent: dict[str, Any], schema: type[msgspec.Struct]) -> dict[str, Any]:
    """Attributes of the client's own, which Keystone keeps for users and projects."""
    return {name: value for name, value in sent.items() if name not in schema.__struct_fields__}


def refuse_options(options: dict[str, Any], *known: str) -> None:
    """400 for an option that would be accepted and not obeyed."""
    for name, value in options.items():
        if name not in known and value:
            raise errors.BadRequest(
                f"Invalid input for field/attribute options. Value: {name}. This resource option is not supported."
            )


def refuse_change(field: str, sent: object, present: object) -> None:
    """400 if a field that never changes was sent with another value."""
    if sent is not UNSET and sent != present:
        raise errors.BadRequest(f"Invalid input for field/attribute {field}. Value: {sent}. It cannot be changed.")
