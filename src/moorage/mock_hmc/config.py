"""What can be chosen about a mock HMC before it starts?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from moorage.errors import ConfigError
from moorage.mock_hmc.inferences import Inferences

Reachable = Callable[[str, str, str], str | None]
"""(initiator WWPN, target WWPN, LUN in 16 hex digits) -> None if the LUN answers there, else the reason in words.

A reason that speaks of a target port means that the target cannot be reached, any other that the LUN cannot.
"""

Luns = Callable[[str], Sequence[tuple[str, str, str, int]]]
"""Initiator WWPN -> every LUN that answers it: target WWPN, LUN in 16 hex digits, identifier (NAA), size in GiB."""

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Address:
    """Host and port to listen on; port 0 picks a free one."""

    host: str = LOOPBACK
    port: int = 0

    @classmethod
    def parse(cls, text: str, option: str) -> Address:
        host, _, port = text.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise ConfigError(f"{option}: '{text}' is not HOST:PORT")
        return cls(host, int(port))


@dataclass(frozen=True)
class CpcSpec:
    """One machine in DPM mode.

    ``has_storage_management`` is the firmware feature ``dpm-storage-management``: off on a z13, whose partitions have
    HBAs; on, as on a z16, HBAs are refused and partitions have storage groups.
    """

    name: str = "CPC1"
    has_storage_management: bool = False
    adapters: int = 2
    ports: int = 1
    ifl_processors: int = 16
    cp_processors: int = 4
    memory_mib: int = 1024 * 1024

    @classmethod
    def parse(cls, text: str) -> CpcSpec:
        """``NAME[,adapters=N][,ports=N][,ifls=N][,cps=N][,memory-mib=N][,storage-management=on|off]``."""
        name, *options = text.split(",")
        if not 1 <= len(name) <= 16:
            raise ConfigError(f"--cpc: '{text}' does not begin with a name of 1-16 characters")
        spec = cls(name=name)
        for option in options:
            spec = _with_option(spec, option, text)
        return spec


_NUMBERS = {
    "adapters": ("adapters", 1, 64),
    "ports": ("ports", 1, 2),
    "ifls": ("ifl_processors", 1, 192),
    "cps": ("cp_processors", 0, 192),
    "memory-mib": ("memory_mib", 512, 48 * 1024 * 1024),
}


def _with_option(spec: CpcSpec, option: str, text: str) -> CpcSpec:
    key, _, value = option.partition("=")
    if key == "storage-management" and value in ("on", "off"):
        return replace(spec, has_storage_management=value == "on")
    if key in _NUMBERS and value.isdigit():
        name, low, high = _NUMBERS[key]
        if low <= int(value) <= high:
            changes: dict[str, Any] = {name: int(value)}
            return replace(spec, **changes)
    raise ConfigError(f"--cpc: option '{option}' of '{text}' is unknown or out of range")


def nothing_reachable(initiator: str, target: str, lun: str) -> str | None:
    """The fabric of a mock HMC without an array."""
    return f"no storage array is connected (path {initiator} - target port {target} - {lun})"


def everything_reachable(initiator: str, target: str, lun: str) -> str | None:  # noqa: ARG001
    """A fabric where every LUN answers on every path."""
    return None


def no_luns(initiator: str) -> Sequence[tuple[str, str, str, int]]:  # noqa: ARG001
    """A fabric that does not tell what is on it: LUNs answer or not, but have no identifier and are not found."""
    return ()


@dataclass(frozen=True)
class HmcConfig:
    """A mock HMC. All state is kept below ``data_dir``; ``control_listen`` None means no control port."""

    data_dir: Path
    listen: Address = Address()
    stomp_listen: Address = Address()
    control_listen: Address | None = Address()
    user: str = "moorage"
    password: str | None = None
    cpcs: tuple[CpcSpec, ...] = (CpcSpec(),)
    reachable: Reachable = nothing_reachable
    luns: Luns = no_luns
    unreachable_outcome: str = "load-failed"
    start_delay_s: float = 0.5
    stop_delay_s: float = 0.2
    latency_s: float = 0.0
    session_idle_s: float = 6 * 3600.0
    inferences: Inferences = field(default_factory=Inferences)
