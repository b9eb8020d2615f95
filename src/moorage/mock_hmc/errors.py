"""How does the HMC say no? Every refusal is a status, a reason code and a sentence.

Reason codes of 400, as used here: 1 query parameter, 3 body not JSON, 5 field missing, 6 field unknown or read-only,
7 wrong type or value, 8 name already in use.
"""

from __future__ import annotations


class HmcError(Exception):
    """A refused request; nothing was changed."""

    def __init__(self, status: int, reason: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message

    def body(self, method: str, uri: str) -> dict[str, object]:
        """The JSON error object of the Web Services API."""
        return {
            "http-status": self.status,
            "reason": self.reason,
            "message": self.message,
            "request-method": method,
            "request-uri": uri,
            "request-headers": {},
        }


def bad_request(reason: int, message: str) -> HmcError:
    """400: the request itself is wrong; the reason codes are in the module's text."""
    return HmcError(400, reason, message)


def not_found(what: str, reason: int = 1) -> HmcError:
    """404: 1 the object addressed, 2 an adapter or device named in the body, 6 a port named in the body."""
    return HmcError(404, reason, f"{what} does not exist, or the user has no access to it.")


def wrong_status(what: str, status: str, operation: str) -> HmcError:
    """409,1: the object's status does not allow the operation."""
    return HmcError(409, 1, f"{what} has status {status}, which does not allow the operation '{operation}'.")
