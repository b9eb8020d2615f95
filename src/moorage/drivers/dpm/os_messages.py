"""What do loader and operating system of a partition say?

The HMC keeps a limited number of messages; it has none before the first start, and the operation came with SE 2.14.
"""

from __future__ import annotations

import re
from typing import Any

import zhmcclient

from moorage import errors
from moorage.drivers.dpm import faults
from moorage.drivers.dpm.sessions import Hmc

_QUOTED = 10
"""So many of the newest lines stand in a fault."""


def request(partition_uri: str) -> tuple[str, str, dict[str, Any] | None]:
    """To be sent with others."""
    return "GET", f"{partition_uri}/operations/list-os-messages", None


def lines(answer: dict[str, Any]) -> list[str]:
    """Of one answer of several; none where the HMC has no messages to give."""
    return [] if answer["status"] >= 400 else _texts(answer["body"])


def newest(hmc: Hmc, partition_uri: str) -> list[str]:
    """The newest lines for a fault; none where the HMC has no messages to give."""
    (answer,) = hmc.submit([request(partition_uri)])
    return lines(answer)[-_QUOTED:]


def everything(hmc: Hmc, partition_uri: str) -> str:
    """Raises ``errors.Conflict`` where there is nothing to read from, ``NotImplementedHere`` on an old SE."""
    try:
        said = _texts(hmc.get(request(partition_uri)[1]))
    except zhmcclient.HTTPError as error:
        if faults.is_answer(error, faults.NO_MESSAGES):
            raise errors.Conflict("The partition has written no operating system messages since it was made.") from None
        if faults.is_missing(error):
            raise errors.NotImplementedHere("Operating system messages need a support element of 2.14.") from None
        raise
    return "\n".join(said)


def loader_error(said: list[str], pattern: str) -> str | None:
    """The loader's complaint, if it wrote one."""
    return next((line for line in said if re.search(pattern, line)), None) if pattern else None


def _texts(body: dict[str, Any]) -> list[str]:
    ordered = sorted(body["os-messages"], key=lambda message: int(message["sequence-number"]))
    return [line for message in ordered for line in str(message["message-text"]).splitlines()]
