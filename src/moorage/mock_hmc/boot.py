"""What becomes of a partition that is started?

A scripted outcome decides first. Otherwise a partition whose boot device is a storage adapter runs if its LUN answers
on the chosen path, and fails as configured if not; with any other boot device there is nothing to boot: ``paused``.
"""

from __future__ import annotations

from dataclasses import dataclass

from moorage.mock_hmc.core import Core
from moorage.mock_hmc.jobs import Ending, Plan
from moorage.mock_hmc.resources import Model
from moorage.mock_hmc.store import Resource

LOAD_FAILED = "load-failed"
HANG = "hang"
OUTCOMES = ("active", "degraded", LOAD_FAILED, "paused", "terminated", HANG, "reservation-error")


@dataclass(frozen=True)
class Boot:
    """The status a start ends in, and how its job ends."""

    status: str
    ending: Ending


def script_outcome(model: Model, partition: str, outcome: str, times: int | None) -> None:
    """Lay down the outcome of the next ``times`` starts (None: all) of a partition given by name or URI."""
    uri = f"/internal/boot-script/{partition}"
    model.put(Resource(uri, "boot-script", "", {"partition": partition, "outcome": outcome, "times": times}))


def clear_outcome(model: Model, partition: str) -> None:
    model.remove(f"/internal/boot-script/{partition}")


def take_outcome(model: Model, partition: Resource) -> str | None:
    """The scripted outcome of the start that begins now, used up by it."""
    for key in (partition.uri, partition.props["name"]):
        script = model.get(f"/internal/boot-script/{key}", "boot-script")
        if script is not None:
            _use_up(model, script)
            return str(script.props["outcome"])
    return None


def _use_up(model: Model, script: Resource) -> None:
    times = script.props["times"]
    if times == 1:
        model.remove(script.uri)
    elif times is not None:
        model.change(script, {"times": times - 1})


def run(core: Core, plan: Plan) -> Boot:
    """Boot. The fabric is asked without holding the lock: it reads a file of another program."""
    if plan.outcome is not None:
        return _result(plan.outcome, "outcome set by fault control")
    with core.transaction() as model:
        partition = model.get(plan.target, "partition")
        path = _boot_path(model, partition) if partition is not None else None
    if path is None:
        return _result("paused", "there is nothing to boot from")
    initiator, target, lun, port_fault = path
    reason = port_fault or core.config.reachable(initiator, target, lun)
    return _result("active", "") if reason is None else _result(core.config.unreachable_outcome, reason)


def offline_adapters(model: Model, partition: Resource) -> list[str]:
    """URIs of the adapters of this partition's HBAs that are not operating."""
    ports = [str(hba.props["adapter-port-uri"]) for hba in model.children(partition.uri, "hba")]
    adapters = dict.fromkeys(port.partition("/storage-ports/")[0] for port in ports)
    return [uri for uri in adapters if not _is_operating(model, uri)]


def _boot_path(model: Model, partition: Resource) -> tuple[str, str, str, str | None] | None:
    props = partition.props
    hba = model.get(props["boot-storage-device"] or "", "hba")
    target, lun = props["boot-world-wide-port-name"], props["boot-logical-unit-number"]
    if props["boot-device"] != "storage-adapter" or hba is None or not target or not lun:
        return None
    adapter = str(hba.props["adapter-port-uri"]).partition("/storage-ports/")[0]
    fault = None if _is_operating(model, adapter) else "the adapter of the boot device is not operating"
    return hba.props["wwpn"], target.lower(), lun.lower(), fault


def _is_operating(model: Model, adapter_uri: str) -> bool:
    adapter = model.get(adapter_uri, "adapter")
    return adapter is not None and adapter.props["physical-channel-status"] == "operating"


def _result(outcome: str, reason: str) -> Boot:
    if outcome == LOAD_FAILED:
        message = f"The operating system failed to load and the partition has been stopped: {reason}."
        return Boot("stopped", Ending(409, 131, message))
    return Boot(outcome, Ending())
