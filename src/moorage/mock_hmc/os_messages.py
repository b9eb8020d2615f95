"""What did loader and operating system of a partition write since it was started?

A real HMC takes them from the partition's message interface. There is none before the first start (409,332), and the
operation came with SE 2.14 (zhmcclient, ``Partition.list_os_messages``); older ones do not know its URI.
"""

from __future__ import annotations

from typing import Any

from moorage import clock
from moorage.mock_hmc.errors import HmcError, not_found
from moorage.mock_hmc.resources import Model
from moorage.mock_hmc.store import Resource

NO_INTERFACE = 332
_FIRST_LEVEL = (2, 14)

LOADING = "MLOEVL012I: Machine loader up and running (version 0.13)."
LOADED = "MLOPDM003I: Machine loader finished, moving data to final storage location."
NOT_LOADED = "MLOLOA612E: Machine loader could not load the boot record: {reason}."
RUNNING = ("Linux version 6.8.0 (mock-hmc) on s390x", "Welcome to the mock guest")
HALTED = "reboot: System halted"


def begin(model: Model, partition: Resource) -> None:
    """A start begins: what was written before is gone."""
    model.put(Resource(_uri(partition), "os-messages", partition.uri, {"messages": []}))


def write(model: Model, partition: Resource, *texts: str) -> None:
    """Append lines; without an interface they go nowhere."""
    found = model.get(_uri(partition), "os-messages")
    if found is None:
        return
    kept: list[dict[str, Any]] = found.props["messages"]
    added = [_message(len(kept) + number, text) for number, text in enumerate(texts)]
    model.change(found, {"messages": [*kept, *added]})


def forget(model: Model, partition: Resource) -> None:
    """The partition is deleted."""
    model.remove(_uri(partition))


def listed(model: Model, partition: Resource, cpc: Resource, begin_with: int, end_with: int | None) -> list[Any]:
    """The messages by sequence number. Raises 404,1 on an old SE, 409,332 before the first start."""
    if _level(cpc) < _FIRST_LEVEL:
        raise not_found("The operation 'list-os-messages'")
    found = model.get(_uri(partition), "os-messages")
    if found is None:
        raise HmcError(409, NO_INTERFACE, "The partition has no interface for operating system messages.")
    every: list[dict[str, Any]] = found.props["messages"]
    last = len(every) if end_with is None else end_with
    return [message for message in every if begin_with <= message["sequence-number"] <= last]


def _level(cpc: Resource) -> tuple[int, ...]:
    return tuple(int(number) for number in str(cpc.props["se-version"]).split(".")[:2])


def _uri(partition: Resource) -> str:
    return f"/internal/os-messages{partition.uri}"


def _message(number: int, text: str) -> dict[str, Any]:
    return {
        "sequence-number": number,
        "message-id": number,
        "message-text": text,
        "timestamp": int(clock.now().timestamp() * 1000),
        "sound-alarm": False,
        "is-priority": False,
        "is-held": False,
        "prompt-text": "",
        "os-name": "",
    }
