"""What can a test do to the HMC behind its clients' back? One set of functions, for Python and for the control port."""

from __future__ import annotations

from typing import Any

from moorage.errors import ConfigError
from moorage.mock_hmc import boot, path_outcomes
from moorage.mock_hmc.faults import Fault
from moorage.mock_hmc.lifecycle import STATUSES
from moorage.mock_hmc.notifications import Mode
from moorage.mock_hmc.resources import Model
from moorage.mock_hmc.server import Front
from moorage.mock_hmc.store import Resource

_MODES: dict[str, Mode] = {"normal": "normal", "lose": "lose", "duplicate": "duplicate"}
_SHOWN_KINDS = {
    "cpcs": "cpc",
    "adapters": "adapter",
    "partitions": "partition",
    "hbas": "hba",
    "nics": "nic",
    "virtual-switches": "virtual-switch",
}
_SHOWN_KINDS |= {
    "storage-groups": "storage-group",
    "storage-volumes": "storage-volume",
    "virtual-storage-resources": "virtual-storage-resource",
}


class Controls:
    """Faults, forced states and inspection. A wrong argument raises ``ConfigError``."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._core = front.hmc.core

    def add_fault(self, **fault: Any) -> None:
        """Add a rule; the arguments are those of ``Fault``."""
        try:
            self._front.faults.add(Fault(**fault))
        except TypeError as exc:
            raise ConfigError(f"fault: {exc}") from exc

    def clear_faults(self) -> None:
        self._front.faults.clear()

    def restart(self, seconds: float = 0.0, *, lose_jobs: bool = False) -> None:
        """Lose sessions and connections now, and answer nothing for some seconds."""
        self._front.restart(seconds, lose_jobs=lose_jobs)

    def expire_sessions(self) -> None:
        self._core.sessions.expire_all()

    def requests(self, *, has_logons: bool = True) -> list[dict[str, Any]]:
        """Requests since the last reset: method, uri, time, status (None: not answered)."""
        return self._front.journal.entries(has_logons=has_logons)

    def clear_requests(self) -> None:
        self._front.journal.clear()

    def state(self) -> dict[str, Any]:
        """All there is to see; session ids are left out, being secrets."""
        with self._core.transaction() as model:
            state: dict[str, Any] = {
                name: [dict(resource.props) for resource in model.of_kind(kind)] for name, kind in _SHOWN_KINDS.items()
            }
            state["jobs"] = [_job(job) for job in model.of_kind("job")]
            state["boot-outcomes"] = [dict(script.props) for script in model.of_kind("boot-script")]
            state["path-outcomes"] = [dict(script.props) for script in model.of_kind("path-outcome")]
        state["sessions"] = [
            {"user": session.user, "topic": session.object_topic} for session in self._core.sessions.live()
        ]
        state["faults"] = self._front.faults.pending()
        state["notifications"] = self._core.notifications.mode
        return state

    def set_boot_outcome(self, partition: str, outcome: str | None, times: int | None = None) -> None:
        """Script the next starts of a partition (name or URI; need not exist yet); None: as usual again."""
        if outcome is not None and outcome not in boot.OUTCOMES:
            raise ConfigError(f"outcome: '{outcome}' is not one of {', '.join(boot.OUTCOMES)}")
        if times is not None and times < 1:
            raise ConfigError("times: must be at least 1, or null for every start")
        with self._core.transaction() as model:
            if outcome is None:
                boot.clear_outcome(model, partition)
            else:
                boot.script_outcome(model, partition, outcome, times)

    def set_path_outcome(self, port: str, target: str, outcome: str | None) -> None:
        """Script the path from an adapter port (URI) to a target port; None: as the fabric says again.

        ``target-unreachable`` and ``lun-unreachable`` fail every check, the outcomes of a start only the start.
        """
        known = (*path_outcomes.DEAD, *boot.OUTCOMES)
        if outcome is not None and outcome not in known:
            raise ConfigError(f"outcome: '{outcome}' is not one of {', '.join(known)}")
        with self._core.transaction() as model:
            if model.get(port, "storage-port") is None:
                raise ConfigError(f"port: '{port}' does not exist")
            if outcome is None:
                path_outcomes.clear(model, port, target)
            else:
                path_outcomes.script(model, port, target, outcome)

    def set_partition_status(self, partition: str, status: str) -> None:
        """Force a status on a partition, given by name or URI, and tell the sessions."""
        if status not in STATUSES:
            raise ConfigError(f"status: '{status}' is not one of {', '.join(STATUSES)}")
        with self._core.transaction() as model:
            self._core.set_status(_partition(model, partition), status)

    def set_port_online(self, port: str, *, is_online: bool) -> None:
        """Take a storage port (URI) and its adapter out of service, or back.

        Running partitions that use the adapter become degraded, or active again.
        """
        with self._core.transaction() as model:
            adapter = model.get(port.partition("/storage-ports/")[0], "adapter")
            if adapter is None:
                raise ConfigError(f"port: '{port}' does not exist")
            channel = "operating" if is_online else "link-down"
            status = "active" if is_online else "exceptions"
            self._core.update(adapter, {"status": status, "physical-channel-status": channel})
            for partition in model.of_kind("partition"):
                self._reflect_adapters(model, partition)

    def set_notifications(self, mode: str) -> None:
        """``normal``, ``lose`` (send none) or ``duplicate`` (send each twice)."""
        if mode not in _MODES:
            raise ConfigError(f"mode: '{mode}' is not one of {', '.join(_MODES)}")
        self._core.notifications.mode = _MODES[mode]

    def _reflect_adapters(self, model: Model, partition: Resource) -> None:
        offline = boot.offline_adapters(model, partition)
        status = partition.props["status"]
        if status in ("active", "degraded") and offline != partition.props["degraded-adapters"]:
            self._core.set_status(partition, "degraded" if offline else "active", **{"degraded-adapters": offline})


def _partition(model: Model, name_or_uri: str) -> Resource:
    for partition in model.of_kind("partition"):
        if name_or_uri in (partition.uri, partition.props["name"]):
            return partition
    raise ConfigError(f"partition: '{name_or_uri}' does not exist")


def _job(job: Resource) -> dict[str, Any]:
    plan = job.props["plan"]
    return {"job-uri": job.uri, "status": job.props["status"], "operation": plan["operation"], "target": plan["target"]}
