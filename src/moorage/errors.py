"""What can go wrong, in words a user can act on.

Two families:

* ``Rejected``: the request cannot be carried out; nothing was changed. The API turns each
  subclass into one status code.
* ``OutsideError``: an outside system (HMC, array, hypervisor) did not do what was asked.
  ``Unknown`` means *no answer*, so the effect may or may not have happened; it is never read as "absent".
  ``Refused`` is a definite no.

Every error is rebuilt from its text after a restart, so an error holds a message and nothing else.
"""

from __future__ import annotations


class MoorageError(Exception):
    """Base of all errors raised on purpose."""

    @property
    def message(self) -> str:
        """The sentence shown to the user."""
        return str(self)


class Rejected(MoorageError):
    """The request cannot be carried out; nothing was changed."""


class BadRequest(Rejected):
    """400: the request names or contains something that cannot be used."""


class Unauthorized(Rejected):
    """401: no valid token, or wrong credentials; never says which part was wrong."""


class Forbidden(Rejected):
    """403: the caller's roles do not allow it."""


class NotFound(Rejected):
    """404: it does not exist, or belongs to another project."""


class Conflict(Rejected):
    """409: the resource is in a state that does not allow it."""


class OverQuota(Rejected):
    """The project's quota is used up: 403 in compute, 413 in block storage."""


class TooLarge(Rejected):
    """413: the body exceeds the limit."""


class UnsupportedMedia(Rejected):
    """415: the content type is not one the route takes."""


class NotImplementedHere(Rejected):
    """501: the driver in use cannot do it."""


class OutsideError(MoorageError):
    """An outside system did not do what was asked."""


class Unknown(OutsideError):
    """No answer: the effect may or may not have happened. Safe to repeat, never proof of absence."""


class Unavailable(Unknown):
    """A database or a disk of Moorage's own cannot take anything now. Operations wait for as long as that lasts."""


class Refused(OutsideError):
    """A definite no from the outside system."""


class Cancelled(MoorageError):
    """The operation was asked to stop because its server is being deleted."""


class ConfigError(MoorageError):
    """An option is wrong. The message names option, value and reason in one line."""
