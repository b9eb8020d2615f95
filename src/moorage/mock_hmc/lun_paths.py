"""Does a LUN answer on this path? The one judgement that path check, fulfilment, discovery and boot share."""

from __future__ import annotations

from moorage.mock_hmc import path_outcomes, ports
from moorage.mock_hmc.config import Reachable
from moorage.mock_hmc.errors import HmcError
from moorage.mock_hmc.resources import Model

TARGET_UNREACHABLE = 484
LUN_UNREACHABLE = 485


def port_fault(model: Model, port_uri: str) -> str | None:
    """Why nothing can be reached through the port, or None."""
    is_operating = ports.is_operating(model, ports.adapter_of(port_uri))
    return None if is_operating else f"the adapter does not operate, so no target port answers through {port_uri}"


def reason_dead(model: Model, reachable: Reachable, port_uri: str, initiator: str, target: str, lun: str) -> str | None:
    """Why the LUN does not answer: by the port, by script or by the fabric; None if it does."""
    known = port_fault(model, port_uri) or path_outcomes.dead_reason(model, port_uri, target)
    return known or reachable(initiator, target, lun)


def refusal(model: Model, reachable: Reachable, port_uri: str, initiator: str, target: str, lun: str) -> None:
    """Raises 409 with reason 484 (target) or 485 (LUN) for a path that does not answer."""
    reason = reason_dead(model, reachable, port_uri, initiator, target, lun)
    if reason is not None:
        # What ``Reachable`` promises: a reason that speaks of a target port is about the target.
        code = TARGET_UNREACHABLE if "target port" in reason else LUN_UNREACHABLE
        raise HmcError(409, code, f"The path does not answer: {reason}.")
