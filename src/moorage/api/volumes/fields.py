"""Types of body fields that several nouns share."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from moorage import errors
from moorage.volumes.service import listing

MAX_SIZE_GIB = 0x7FFFFFFF

Name = Annotated[str, msgspec.Meta(max_length=255)]
Description = Annotated[str, msgspec.Meta(max_length=255)]
SizeGib = Annotated[int, msgspec.Meta(ge=1, le=MAX_SIZE_GIB)]
Uuid = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")
]  # fmt: skip
Metadata = dict[
    Annotated[str, msgspec.Meta(min_length=1, max_length=255)], Annotated[str, msgspec.Meta(max_length=255)] | None
]
Specs = dict[
    Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9\-_:. /]+$")],
    Annotated[str, msgspec.Meta(max_length=255)] | None,
]
Truth = bool | int | str
"""A truth value as clients write it: ``true``, ``"True"``, ``1``, ``"no"``."""


def truth(name: str, value: Any) -> bool:
    """The truth value; 400 for anything else."""
    return value if isinstance(value, bool) else listing.flag(name, str(value))


def texts(metadata: dict[str, Any] | None) -> dict[str, str]:
    """Metadata as stored: an absent value is the empty text."""
    return {key: "" if value is None else str(value) for key, value in (metadata or {}).items()}


def first_given(*values: Any) -> Any:
    """The first value that was sent; UNSET if none was."""
    return next((value for value in values if value is not msgspec.UNSET), msgspec.UNSET)


def stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def no_such_action(name: str) -> errors.BadRequest:
    return errors.BadRequest(
        f"There is no such action: {name}. Verify the request body and Content-Type header and try again."
    )


def only_action(body: dict[str, Any]) -> tuple[str, Any]:
    """Name and value of the one action in a body; 400 otherwise."""
    if len(body) != 1:
        raise errors.BadRequest("Malformed request body: exactly one action is expected")
    return next(iter(body.items()))
