"""Actions that hold a server and let it go on."""

from __future__ import annotations

from typing import Any

from moorage.api.compute.action import Action
from moorage.api.wire import Call
from moorage.compute.model.server import Server
from moorage.store import Tx
from moorage.workflows import hold


def _action(name: str, policy: str, summary: str) -> Action:
    def run(call: Call, tx: Tx, server: Server, _value: Any) -> None:
        hold.request(tx, call.context, server, name, call.services.site)

    return Action(run=run, policy=policy, summary=summary)


ACTIONS = {
    "pause": _action("pause", "os_compute_api:os-pause-server:pause", "Hold a server's processors."),
    "unpause": _action("unpause", "os_compute_api:os-pause-server:unpause", "Let a paused server go on."),
    "suspend": _action("suspend", "os_compute_api:os-suspend-server:suspend", "Save a server's memory and stop it."),
    "resume": _action("resume", "os_compute_api:os-suspend-server:resume", "Resume a suspended server."),
}
