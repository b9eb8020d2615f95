"""Which calls of libvirt change something? All that are not known to only look.

Those ask first whether this process may still act: one that was taken for dead and thaws must leave guests alone.
"""

from __future__ import annotations

from typing import Any

from moorage import fence

_LOOKS = frozenset({
    "UUIDString", "XMLDesc", "blockInfo", "blockJobInfo", "close", "controlInfo", "getCapabilities", "getInfo",
    "getVersion", "hasManagedSaveImage", "isActive", "isAlive", "listAllDomains", "lookupByUUIDString", "memoryStats",
    "name", "state",
})  # fmt: skip


class Guarded:
    """A connection or a domain; ``fence.Fenced`` instead of a change once the lease is lost."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        """Asked right before each call, as methods are not kept."""
        if name not in _LOOKS:
            fence.check()
        return getattr(self._real, name)

    def connect(self) -> Guarded:
        """A domain's connection."""
        return Guarded(self._real.connect())
