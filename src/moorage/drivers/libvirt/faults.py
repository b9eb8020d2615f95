"""What does an error of libvirt, or its silence, mean for the caller?

``Unknown`` is for lost connections and time-outs, ``Refused`` for everything that libvirt or QEMU decided.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moorage import errors
from moorage.drivers.libvirt import binding

NO_DOMAIN = 42
NOT_RUNNING = 55
ALREADY_THERE = 67
DEVICE_MISSING = 99
GONE = (NO_DOMAIN, NOT_RUNNING)
"""After a destroy: what was asked for."""

_SILENCE = (
    "VIR_ERR_NO_CONNECT", "VIR_ERR_RPC", "VIR_ERR_GNUTLS_ERROR", "VIR_ERR_AUTH_FAILED", "VIR_ERR_AUTH_CANCELLED",
    "VIR_ERR_OPERATION_TIMEOUT", "VIR_ERR_SSH", "VIR_ERR_LIBSSH",
)  # fmt: skip
_DEFINITE = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EROFS)
"""Of system errors: the host has looked at a file and says no."""


def is_fault(error: Exception) -> bool:
    return isinstance(error, binding.library().libvirtError)


def code_of(error: Exception) -> int:
    """libvirt's error number; 0 for an error that came without."""
    number: Any = error.get_error_code()  # type: ignore[attr-defined]
    return int(number or 0)


def meaning(error: Exception, what: str, *, is_connected: bool) -> errors.OutsideError:
    """The error a caller outside the package gets; ``what`` names the attempted action and its object."""
    libvirt = binding.library()
    text = f"{what}: {' '.join(str(error).split())}"
    is_silence = code_of(error) in {getattr(libvirt, name) for name in _SILENCE}
    if code_of(error) == libvirt.VIR_ERR_SYSTEM_ERROR:
        is_silence = error.get_int1() not in _DEFINITE  # type: ignore[attr-defined]
    return errors.Unknown(text) if is_silence or not is_connected else errors.Refused(text)


@contextmanager
def translated(what: str, connection: Any = None) -> Iterator[None]:
    """Turn libvirt's exceptions into Moorage's; whatever fails on a broken connection, or on none, is no answer."""
    try:
        yield
    except errors.MoorageError:
        raise
    except Exception as error:
        if not is_fault(error):
            raise
        raise meaning(error, what, is_connected=is_alive(connection)) from error


def is_alive(connection: Any) -> bool:
    if connection is None:
        return False
    try:
        return bool(connection.isAlive())
    except Exception as error:
        if not is_fault(error):
            raise
        return False
