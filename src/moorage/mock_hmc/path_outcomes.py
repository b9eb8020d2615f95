"""How has a test scripted single paths, from an adapter port to a target port?

An outcome is either that the path is dead, which path check, fulfilment, discovery and boot all see, or what becomes of
a start through it although every check finds it alive.
"""

from __future__ import annotations

from moorage.mock_hmc.resources import Model
from moorage.mock_hmc.store import Resource

DEAD = {"target-unreachable": "target port {target} does not answer", "lun-unreachable": "the LUN does not answer"}
"""Outcome of a dead path -> why, in the words ``config.Reachable`` promises."""


def script(model: Model, port_uri: str, target: str, outcome: str) -> None:
    """Lay down what becomes of the path until it is cleared."""
    props = {"adapter-port-uri": port_uri, "target": target.lower(), "outcome": outcome}
    model.put(Resource(_uri(port_uri, target), "path-outcome", "", props))


def clear(model: Model, port_uri: str, target: str) -> None:
    model.remove(_uri(port_uri, target))


def outcome_of(model: Model, port_uri: str, target: str) -> str | None:
    """None: as the fabric says."""
    found = model.get(_uri(port_uri, target), "path-outcome")
    return str(found.props["outcome"]) if found else None


def dead_reason(model: Model, port_uri: str, target: str) -> str | None:
    """Why nothing answers on the path, if it is scripted to be dead."""
    reason = DEAD.get(outcome_of(model, port_uri, target) or "")
    return reason.format(target=target) if reason else None


def _uri(port_uri: str, target: str) -> str:
    return f"/internal/path-outcome{port_uri}/{target.lower()}"
