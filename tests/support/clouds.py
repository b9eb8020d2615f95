"""Whole clouds to test against: Moorage as a real process, with a mock HMC and a simulated array behind it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moorage.drivers.fcarray import Faults, open_fabric
from moorage.drivers.fcarray.inspect import snapshot
from moorage.mock_hmc import CpcSpec, HmcConfig, MockHmc
from tests.support import invariants, orders, postgresql
from tests.support.process import MoorageProcess, eventually

_SIM = """\
[DEFAULT]
compute_driver = sim
[volumes]
enabled_backends = fcarray, files
"""
_DPM = """\
[DEFAULT]
compute_driver = dpm
[volumes]
enabled_backends = fcarray, files
[dpm]
hmc = 127.0.0.1
hmc_port = {port}
hmc_notification_port = {stomp}
hmc_username = {user}
hmc_password = {password}
ca_file = {ca_file}
cpc_object_id = {cpc}
max_processors = 16
max_memory = 65536
paused_grace_s = 1
boot_grace_s = 0
{mappings}
"""


class Cloud:
    """A running Moorage with an array, and on DPM an HMC; knows how to look behind the API."""

    def __init__(
        self, directory: Path, driver: str, base: str, hmc: MockHmc | None = None, options: str = "",
        more_options: str = "", database_url: str = "",
    ) -> None:  # fmt: skip
        """``base`` is the ``moorage.conf`` of the driver; ``options`` go into its section DEFAULT."""
        self.driver = driver
        self.hmc = hmc
        self.flavor = "5"
        self.store = "postgresql" if database_url else "sqlite"
        self.data_dir = directory / "moorage"
        if database_url:
            options = f"database_url = {database_url}\n{options}"
        self.database: invariants.Database = database_url or self.data_dir / "moorage.db"
        options = base.replace("[DEFAULT]\n", f"[DEFAULT]\n{options}", 1) + more_options
        role = "api" if database_url else "serve"
        self.moorage = MoorageProcess(self.data_dir, options, is_probed=True, role=role)
        names = ("worker-1", "worker-2") if database_url else ()
        there = options.replace("[DEFAULT]\n", f"[DEFAULT]\npublic_url = {self.moorage.url}\n", 1)
        self.workers = [
            MoorageProcess(self.data_dir, there, is_probed=True, role="worker", name=name) for name in names
        ]
        self.array_file = self.data_dir / "fcarray" / "array.db"

    @property
    def processes(self) -> list[MoorageProcess]:
        return [self.moorage, *self.workers]

    def start(self) -> None:
        """All processes, on PostgreSQL an API and two workers; those that run go on."""
        if self.store == "postgresql":
            done = self.moorage.moorage("db", "upgrade", "--config-file", str(self.moorage.config))
            assert done.returncode == 0, done.stderr
        self.revive()

    def kill(self) -> None:
        for process in self.processes:
            process.kill()

    def revive(self) -> None:
        """Start what is dead."""
        dead = [process for process in self.processes if not process.is_alive]
        for process in dead:
            process.spawn()
        for process in dead:
            process.wait_ready()

    def recover(self, timeout_s: float = 30.0) -> None:
        """Wait until a process has killed itself. Alone, it is started again; a second worker has to do without it."""
        eventually(lambda: not all(process.is_alive for process in self.processes), timeout_s, "a process died")
        dead = next(process for process in self.processes if not process.is_alive)
        dead.wait_dead()
        if self.store == "sqlite":
            dead.start()

    def sql(self, *statements: str) -> None:
        """Change rows behind Moorage's back."""
        invariants.run(self.database, *statements)

    def rows(self, query: str) -> list[dict[str, Any]]:
        return invariants.rows(self.database, query)

    @property
    def array_faults(self) -> Faults:
        return Faults(self.array_file)

    def partitions(self) -> list[dict[str, Any]]:
        return [] if self.hmc is None else list(self.hmc.controls.state()["partitions"])

    def storage_groups(self) -> list[dict[str, Any]]:
        """Each with the names of the volumes declared in it."""
        if self.hmc is None:
            return []
        state = self.hmc.controls.state()
        names: dict[str, list[str]] = {group["object-uri"]: [] for group in state["storage-groups"]}
        for volume in state["storage-volumes"]:
            names[volume["parent"]].append(volume["name"])
        return [{**group, "declared": names[group["object-uri"]]} for group in state["storage-groups"]]

    def array(self) -> dict[str, list[dict[str, Any]]]:
        return snapshot(self.array_file)

    def kill_at(self, kind: str, step: str, when: str, skip: int = 0) -> None:
        """Have the process kill itself (SIGKILL) at a step of the next operation of that kind."""
        orders.write(self.data_dir / "kill-at.json", {"kind": kind, "step": step, "when": when, "skip": skip})

    def steps(self) -> list[tuple[str, str]]:
        """Steps begun since the last look, in order: (kind, step)."""
        return [(kind, step) for kind, step, _ in self.trace()]

    def trace(self) -> list[tuple[str, str, bool]]:
        """The same, and whether each step was done; a try that got no answer or a no was not."""
        done, begun, found = {int(line[0]) for line in self._lines("done.log")}, 0, []
        for kind, step in self._lines("steps.log"):
            found.append((kind, step, begun in done))
            begun += len(f"{kind} {step}\n")
        return found

    def calls(self) -> list[tuple[str, str, str]]:
        """Calls of outside systems since the last look, in order: (kind, step, ``asked`` or ``answered``)."""
        return [(kind, step, mark) for kind, step, _, mark in self._lines("calls.log")]

    def _lines(self, name: str) -> list[list[str]]:
        log = self.data_dir / name
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line.split() for line in lines]

    @property
    def has_struck(self) -> bool:
        """Whether what ``kill_at`` ordered has happened."""
        return not (self.data_dir / "kill-at.json").exists()

    def await_strike(self, timeout_s: float) -> None:
        """Until it has happened, or nothing is left that it could happen to."""
        eventually(lambda: self.has_struck or not invariants.unfinished(self.database), timeout_s, "the strike")

    def forget_strike(self) -> None:
        (self.data_dir / "kill-at.json").unlink(missing_ok=True)

    def volume(self, name: str = "volume", *, is_bootable: bool = True) -> str:
        """An available volume of the FC array; bootable without content, which is enough for the mock HMC."""
        made = self.moorage.call("POST", "block-storage", "/volumes", {"volume": {"size": 1, "name": name}})
        assert made.status_code == 202, made.text
        volume_id: str = made.json()["volume"]["id"]
        eventually(lambda: self.volume_status(volume_id) == "available", what=f"volume {volume_id} available")
        if is_bootable:
            body = {"os-set_bootable": {"bootable": True}}
            marked = self.moorage.call("POST", "block-storage", f"/volumes/{volume_id}/action", body)
            assert marked.status_code == 200, marked.text
        return volume_id

    def lift_quotas(self) -> None:
        """The project of the plain user may have as many volumes and servers as it likes."""
        project = self.moorage.session().get_project_id()
        for service, limits in (
            ("block-storage", ("volumes", "gigabytes", "snapshots")),
            ("compute", ("instances", "cores", "ram")),
        ):
            body = {"quota_set": dict.fromkeys(limits, -1)}
            done = self.moorage.call("PUT", service, f"/os-quota-sets/{project}", body, cloud="moorage-admin")
            assert done.status_code == 200, done.text

    def volume_status(self, volume_id: str) -> str:
        answer = self.moorage.call("GET", "block-storage", f"/volumes/{volume_id}")
        return "gone" if answer.status_code == 404 else str(answer.json()["volume"]["status"])

    def server(self, volumes: list[str], *, with_blank: bool = False, **entry: Any) -> str:
        """Ask for a server that boots from the first volume and has the others as data disks.

        ``with_blank`` adds a volume that is made for the server and goes with it.
        """
        mapping: list[dict[str, Any]] = [
            {
                "uuid": v,
                "source_type": "volume",
                "destination_type": "volume",
                "boot_index": 0 if n == 0 else -1,
                **entry,
            }
            for n, v in enumerate(volumes)
        ]
        if with_blank:
            blank = {"source_type": "blank", "destination_type": "volume", "volume_size": 1, "boot_index": -1}
            mapping.append({**blank, "delete_on_termination": True})
        body = {
            "server": {"name": "s", "flavorRef": self.flavor, "networks": "none", "block_device_mapping_v2": mapping}
        }
        made = self.moorage.call("POST", "compute", "/servers", body, version="2.67")
        assert made.status_code == 202, made.text
        return str(made.json()["server"]["id"])

    def show(self, server_id: str) -> dict[str, Any]:
        """The server as clients see it; status GONE once it is 404."""
        answer = self.moorage.call("GET", "compute", f"/servers/{server_id}", version="2.67")
        return {"status": "GONE"} if answer.status_code == 404 else dict(answer.json()["server"])

    def delete(self, server_id: str) -> None:
        answer = self.moorage.call("DELETE", "compute", f"/servers/{server_id}")
        assert answer.status_code in (204, 404), answer.text

    def act(self, server_id: str, action: str, value: Any = None, *, cloud: str = "moorage", version: str = "") -> Any:
        """One action on a server; returns the response, whatever its status."""
        path = f"/servers/{server_id}/action"
        return self.moorage.call("POST", "compute", path, {action: value}, cloud=cloud, version=version)

    def wait(self, server_id: str, *statuses: str, timeout_s: float = 30.0) -> str:
        def reached() -> str:
            status: str = self.show(server_id)["status"]
            return status if status in statuses else ""

        return str(eventually(reached, timeout_s, f"server {server_id} {statuses}"))

    def settle(self, timeout_s: float = 40.0) -> None:
        """Until no operation is left to do."""
        eventually(lambda: not invariants.unfinished(self.database), timeout_s, "operations settle")

    def problems(self) -> list[str]:
        """What contradicts what, across rows, array and HMC; empty when all agree."""
        return invariants.problems(
            self.database, self.data_dir, self.array(), self.guests(), self.storage_groups()
        )  # fmt: skip

    def held(self) -> set[str]:
        """Servers and volumes that are on record and not deleted."""
        servers = self.rows("SELECT id FROM servers WHERE deleted_at IS NULL")
        volumes = self.rows("SELECT id FROM volumes")
        return {f"server {row['id']}" for row in servers} | {f"volume {row['id']}" for row in volumes}

    def guests(self) -> invariants.Guests:
        """What the hypervisor holds."""
        if self.hmc is None:
            return invariants.sim_guests(self.data_dir / "sim" / "guests.db")
        return invariants.partition_guests(self.partitions())


def dpm_options(hmc: MockHmc) -> str:
    """``moorage.conf`` for the first CPC of a mock HMC, with all its FCP adapters."""
    cpc = hmc.ready()["cpcs"][0]
    mappings = "\n".join(f"physical_storage_adapter_mappings = {adapter['object-id']}:0" for adapter in cpc["adapters"])
    return _DPM.format(
        port=hmc.port, stomp=hmc.stomp_address.port, user=hmc.config.user, password=hmc.password, ca_file=hmc.ca_file,
        cpc=cpc["object-id"], mappings=mappings,
    )  # fmt: skip


@contextlib.contextmanager
def cloud(
    directory: Path, driver: str, options: str = "", more_options: str = "", store: str = "sqlite"
) -> Iterator[Cloud]:
    """A started cloud of driver ``sim``, ``dpm`` (HBAs) or ``dpm-groups`` (storage groups).

    ``options`` are further lines of its section DEFAULT, ``more_options`` further sections. On store ``sqlite`` it is
    one process, on ``postgresql`` an API and two workers.
    """
    with contextlib.ExitStack() as stack:
        database_url = stack.enter_context(postgresql.database()) if store == "postgresql" else ""
        hmc = None
        if driver != "sim":
            machine = CpcSpec(name="Z16", has_storage_management=True) if driver == "dpm-groups" else CpcSpec("Z13")
            fabric = open_fabric(directory / "moorage" / "fcarray" / "array.db")
            config = HmcConfig(
                data_dir=directory / "hmc", reachable=fabric.reason_unreachable, luns=fabric.luns_seen,
                start_delay_s=0.02, stop_delay_s=0.02, cpcs=(machine,),
            )  # fmt: skip
            hmc = stack.enter_context(MockHmc(config))
        base = _SIM if hmc is None else dpm_options(hmc)
        made = Cloud(directory, driver, base, hmc, options, more_options, database_url)
        stack.callback(made.kill)
        made.start()
        yield made
