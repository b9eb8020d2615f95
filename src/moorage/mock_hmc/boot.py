"""What becomes of a partition that is started?

A scripted outcome decides first. Otherwise a partition whose boot device is a storage adapter or storage volume runs if
its LUN answers on the chosen path, and fails as configured if not; with any other there is nothing to boot: ``paused``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from moorage.mock_hmc import groups, lun_paths, os_messages, path_outcomes, ports
from moorage.mock_hmc.core import Core
from moorage.mock_hmc.jobs import Ending, Plan
from moorage.mock_hmc.resources import Model
from moorage.mock_hmc.store import Resource

LOAD_FAILED = "load-failed"
HANG = "hang"
LOADER_ERROR = "loader-error"
LATER = {"guest-halts": "paused", "guest-crashes": "terminated"}
"""Outcome -> the status an active partition comes to by itself a moment later."""
OUTCOMES = ("active", "degraded", LOAD_FAILED, "paused", "terminated", HANG, "reservation-error", LOADER_ERROR, *LATER)


@dataclass(frozen=True)
class Boot:
    """The status a start ends in, how its job ends, what is written meanwhile, and the status that comes by itself."""

    status: str
    ending: Ending
    messages: tuple[str, ...] = ()
    later: str | None = None


class BootPath(NamedTuple):
    """One path to a boot LUN; ``lun`` None: not told. ``fault`` is what fails before the fabric is asked.

    ``outcome`` is what becomes of a start through it by script.
    """

    initiator: str
    target: str
    lun: str | None
    fault: str | None
    outcome: str | None = None


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


def is_hanging(model: Model, partition: Resource) -> bool:
    """Whether a start through the partition's boot path never ends."""
    path = _boot_path(model, partition)
    return path is not None and path.fault is None and path.outcome == HANG


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
    if path.lun is None and core.config.inferences.has_reservation_error_when_incomplete:
        return _result("reservation-error", "")
    reason = path.fault or core.config.reachable(path.initiator, path.target, str(path.lun))
    if reason is not None:
        return _result(core.config.unreachable_outcome, reason)
    return _result(path.outcome or "active", "outcome set for this path")


def offline_adapters(model: Model, partition: Resource) -> list[str]:
    """URIs of the adapters of this partition's HBAs and virtual storage resources that are not operating."""
    devices = [*model.children(partition.uri, "hba"), *groups.of_partition(model, partition)]
    used = [str(device.props["adapter-port-uri"]) for device in devices if device.props["adapter-port-uri"]]
    adapters = dict.fromkeys(ports.adapter_of(port) for port in used)
    return [uri for uri in adapters if not ports.is_operating(model, uri)]


def _boot_path(model: Model, partition: Resource) -> BootPath | None:
    device = partition.props["boot-device"]
    if device == "storage-adapter":
        return _hba_path(model, partition.props)
    return _volume_path(model, partition) if device == "storage-volume" else None


def _hba_path(model: Model, props: Mapping[str, Any]) -> BootPath | None:
    hba = model.get(props["boot-storage-device"] or "", "hba")
    target, lun = props["boot-world-wide-port-name"], props["boot-logical-unit-number"]
    if hba is None or not target or not lun:
        return None
    return _on_port(model, hba.props["adapter-port-uri"], hba.props["wwpn"], target.lower(), lun.lower())


def _volume_path(model: Model, partition: Resource) -> BootPath | None:
    """The path told for the boot volume, through the partition's virtual storage resource on the port told."""
    volume = model.get(partition.props["boot-storage-volume"] or "", "storage-volume")
    if volume is None:
        return None
    told = groups.told_path(model, volume.uri)
    if told is None or volume.props["fulfillment-state"] != "complete":
        return BootPath("", "", None, "the boot volume is not fulfilled")
    port, target, lun = told["adapter-port-uri"], told["world-wide-port-name"], told["logical-unit-number"]
    for vsr in groups.of_partition(model, partition):
        if vsr.parent == volume.parent and vsr.props["adapter-port-uri"] == port:
            initiator = vsr.props["world-wide-port-name-info"]["world-wide-port-name"]
            return _on_port(model, port, initiator, target, lun)
    return BootPath("", target, lun, "no virtual storage resource is on the adapter port told for the boot volume")


def _on_port(model: Model, port: str, initiator: str, target: str, lun: str) -> BootPath:
    fault = lun_paths.port_fault(model, port) or path_outcomes.dead_reason(model, port, target)
    return BootPath(initiator, target, lun, fault, path_outcomes.outcome_of(model, port, target))


def _result(outcome: str, reason: str) -> Boot:
    failure = os_messages.NOT_LOADED.format(reason=reason or "no reason given")
    if outcome == LOAD_FAILED:
        message = f"The operating system failed to load and the partition has been stopped: {reason}."
        return Boot("stopped", Ending(409, 131, message), (os_messages.LOADING, failure))
    if outcome == LOADER_ERROR:
        return Boot("active", Ending(), (os_messages.LOADING, failure))
    if outcome in ("active", "degraded", *LATER):
        status = "active" if outcome in LATER else outcome
        written = (os_messages.LOADING, os_messages.LOADED, *os_messages.RUNNING)
        return Boot(status, Ending(), written, LATER.get(outcome))
    return Boot(outcome, Ending(), (os_messages.LOADING,))
