"""How is a guest brought from any state to running, held, saved, stopped or absent?

Each call looks first: after a crash it finds what it had done. Domains are persistent, so a guest that is off keeps its
definition and its saved memory.
"""

from __future__ import annotations

import time
from typing import Any

from moorage import errors
from moorage.drivers.libvirt import binding, faults
from moorage.drivers.libvirt.hints import Hints
from moorage.drivers.libvirt.options import LibvirtSettings

NOSTATE, RUNNING, PAUSED, SHUTDOWN, CRASHED, SUSPENDED = 0, 1, 3, 4, 6, 7
"""Nova's power states."""

_POWER = {0: NOSTATE, 1: RUNNING, 2: RUNNING, 3: PAUSED, 4: RUNNING, 5: SHUTDOWN, 6: CRASHED, 7: SUSPENDED}
"""libvirt's states; a guest that is shutting down (4) still runs."""

_OFF_AFTER_DESTROY_S = 30.0
_ASK_AGAIN_S = 10.0
"""A guest that was still booting has not heard it the first time."""


class Lifecycle:
    """Changes of one domain at a time; ``domain`` is a settled one."""

    def __init__(self, settings: LibvirtSettings, hints: Hints) -> None:
        self._settings = settings
        self._hints = hints

    def start(self, connection: Any, definition: str) -> None:
        """Define anew and run; saved memory of an earlier life is dropped."""
        libvirt = binding.library()
        domain = connection.defineXMLFlags(definition, libvirt.VIR_DOMAIN_DEFINE_VALIDATE)
        forget_memory(domain)
        begin(domain)

    def stop(self, domain: Any, *, is_graceful: bool) -> None:
        """Off, whatever it was doing; a running guest is asked first if ``is_graceful``."""
        patience_s = self._settings.shutdown_timeout if is_graceful else 0.0
        if domain.isActive() and not (patience_s and self.shut_down(domain, patience_s)):
            self._switch_off(domain)
        forget_memory(domain)

    def shut_down(self, domain: Any, patience_s: float) -> bool:
        """Ask the guest to shut down; whether it did so in time. A paused one cannot hear."""
        if power_of(domain) != RUNNING:
            return not domain.isActive()
        deadline = time.monotonic() + patience_s
        with self._hints.watch(domain.UUIDString()) as watch:
            while (left_s := deadline - time.monotonic()) > 0:
                _press_power_button(domain)
                if watch.until(lambda: not domain.isActive(), min(left_s, _ASK_AGAIN_S)):
                    return True
        return False

    def pause(self, domain: Any) -> None:
        if power_of(domain) != PAUSED:
            domain.suspend()

    def unpause(self, domain: Any) -> None:
        if power_of(domain) != RUNNING:
            domain.resume()

    def save(self, domain: Any) -> None:
        """Memory to the host's disk, and off."""
        if power_of(domain) != SUSPENDED:
            domain.managedSave()

    def remove(self, domain: Any) -> None:
        """Off, and nothing of it is left at libvirt."""
        libvirt = binding.library()
        if domain.isActive():
            self._switch_off(domain)
        flags = (
            libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM
            | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
        )  # fmt: skip
        try:
            domain.undefineFlags(flags)
        except Exception as error:
            if not _is_gone(error):
                raise

    def _switch_off(self, domain: Any) -> None:
        with self._hints.watch(domain.UUIDString()) as watch:
            try:
                domain.destroy()
            except Exception as error:
                if not _is_gone(error):
                    raise
            if not watch.until(lambda: not _is_active(domain), _OFF_AFTER_DESTROY_S):
                raise errors.Unknown(f"server {domain.UUIDString()} still runs after it was switched off")


def begin(domain: Any) -> None:
    """Run from the definition there is; running already is success."""
    try:
        domain.create()
    except Exception as error:
        if not faults.is_fault(error) or not domain.isActive():
            raise


def power_of(domain: Any) -> int:
    """Nova's power state."""
    state = _POWER.get(domain.state()[0], NOSTATE)
    return SUSPENDED if state == SHUTDOWN and domain.hasManagedSaveImage() else state


def forget_memory(domain: Any) -> None:
    if domain.hasManagedSaveImage():
        domain.managedSaveRemove()


def _press_power_button(domain: Any) -> None:
    try:
        domain.shutdownFlags(binding.library().VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN)
    except Exception as error:
        if not _is_gone(error):
            raise


def _is_active(domain: Any) -> bool:
    try:
        return bool(domain.isActive())
    except Exception as error:
        if _is_gone(error):
            return False
        raise


def _is_gone(error: Exception) -> bool:
    return faults.is_fault(error) and faults.code_of(error) in faults.GONE
