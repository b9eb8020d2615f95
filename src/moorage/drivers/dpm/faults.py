"""What does an answer of the HMC, or its absence, mean for the caller?

Inside the package zhmcclient's exceptions are looked at with ``is_answer``; at its edge ``translated`` turns every one
into ``errors.Unknown`` (no answer, busy, server error) or ``errors.Refused`` (a definite no).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import zhmcclient

from moorage import errors

GONE = (404, 1)
WRONG_STATUS = (409, 1)
BUSY = (409, 2)
NAME_IN_USE = 8
LOAD_FAILED = (409, 131)
NO_MESSAGES = (409, 332)

# HTTP's own words for "come back later"; whether the HMC sends them is not known, reading them otherwise is unsafe.
_TRANSIENT_HTTP = (408, 429)


def is_answer(error: zhmcclient.HTTPError, kind: tuple[int, int]) -> bool:
    """Whether the error is this pair of HTTP status and HMC reason code."""
    return (error.http_status, error.reason) == kind


def is_about_the_request(error: zhmcclient.Error) -> bool:
    """Whether a creation was refused for what it asked for: nothing was made by it, nor is the name in use.

    A name in use has reason 8; whether its status is 400 or 409 is not known.
    """
    return isinstance(error, zhmcclient.HTTPError) and error.reason != NAME_IN_USE


def is_missing(error: zhmcclient.HTTPError) -> bool:
    """Whether the object does not exist. The HMC answers the same when the user may not see it."""
    return bool(error.http_status == 404)


def of_answer(answer: dict[str, Any], uri: str) -> zhmcclient.HTTPError | None:
    """The error in one answer of several that were given together; None for success."""
    if answer["status"] < 400:
        return None
    body = answer.get("body") or {}
    said = {"reason": body.get("reason", 0), "message": body.get("message", "no message")}
    return zhmcclient.HTTPError({"http-status": answer["status"], "request-uri": uri, "request-method": "", **said})


def meaning(error: zhmcclient.Error, what: str) -> errors.OutsideError:
    """The error a caller outside the package gets; ``what`` names the attempted action and its object."""
    if isinstance(error, zhmcclient.HTTPError):
        text = f"{what}: HMC answered {error.http_status},{error.reason}: {error.message}"
        is_open = error.http_status >= 500 or error.http_status in _TRANSIENT_HTTP or is_answer(error, BUSY)
        return errors.Unknown(text) if is_open else errors.Refused(text)
    if isinstance(error, zhmcclient.AuthError):
        return errors.Refused(f"{what}: HMC does not accept the user: {error}")
    return errors.Unknown(f"{what}: no answer from the HMC: {type(error).__name__}: {error}")


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn zhmcclient's exceptions into Moorage's."""
    try:
        yield
    except zhmcclient.Error as error:
        raise meaning(error, what) from error
