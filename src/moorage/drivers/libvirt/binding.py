"""How is libvirt-python reached, which not every installation has?

Its event loop has to be registered before the first connection is opened: without it the embedded driver cannot talk
to its guests at all.
"""

from __future__ import annotations

import importlib
import threading
from types import ModuleType

from moorage import errors

_guard = threading.Lock()
_loop: threading.Thread | None = None


def library() -> ModuleType:
    """The module ``libvirt``; ConfigError where it is not installed."""
    try:
        return importlib.import_module("libvirt")
    except ImportError as missing:
        raise errors.ConfigError(
            "compute_driver = libvirt: the Python module libvirt cannot be loaded; install moorage[libvirt] "
            f"and libvirt itself ({missing})"
        ) from None


def run_event_loop() -> ModuleType:
    """The module with its event loop running, one thread a process."""
    global _loop  # noqa: PLW0603 - libvirt has one event loop a process
    libvirt = library()
    with _guard:
        if _loop is None:
            # libvirt prints every error to stderr unless somebody takes it; what matters is raised.
            libvirt.registerErrorHandler(lambda _context, _error: None, None)
            libvirt.virEventRegisterDefaultImpl()
            _loop = threading.Thread(target=_turn, args=(libvirt,), name="libvirt-events", daemon=True)
            _loop.start()
    return libvirt


def _turn(libvirt: ModuleType) -> None:
    while True:
        libvirt.virEventRunDefaultImpl()
