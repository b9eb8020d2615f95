"""Does a LUN answer on this path? The one judgement that path check, fulfilment, discovery and boot share."""

from __future__ import annotations

from moorage.mock_hmc import ports
from moorage.mock_hmc.config import Reachable
from moorage.mock_hmc.errors import HmcError
from moorage.mock_hmc.resources import Model

TARGET_UNREACHABLE = 484
LUN_UNREACHABLE = 485


def port_fault(model: Model, port_uri: str) -> str | None:
    """Why nothing can be reached through the port, or None."""
    is_operating = ports.is_operating(model, ports.adapter_of(port_uri))
    return None if is_operating else f"the adapter does not operate, so no target port answers through {port_uri}"


def refusal(model: Model, reachable: Reachable, port_uri: str, initiator: str, target: str, lun: str) -> None:
    """Raises 409 with reason 484 (target) or 485 (LUN) for a path that does not answer."""
    reason = port_fault(model, port_uri) or reachable(initiator, target, lun)
    if reason is not None:
        # What ``Reachable`` promises: a reason that speaks of a target port is about the target.
        code = TARGET_UNREACHABLE if "target port" in reason else LUN_UNREACHABLE
        raise HmcError(409, code, f"The path does not answer: {reason}.")
