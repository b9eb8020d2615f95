"""The plugin ``generic``: node processes are the user's own scripts."""

from __future__ import annotations

from typing import Any

from moorage.clusters.model import Cluster, NodeGroup
from moorage.clusters.plugins import common_configs
from moorage.clusters.plugins.cloud_config import ENVIRONMENT, LIBRARY, Setup, Unit, cloud_config
from moorage.clusters.plugins.port import Config, UserData

MANAGER, WORKER = "manager", "worker"
_MANAGERS = "__MANAGERS__"
_UNIT = """\
[Unit]
Description={process} of a Moorage cluster
Wants=network-online.target
After=network-online.target

[Service]
EnvironmentFile={environment}
ExecStart={library}/{process}-start
{stop}Restart=on-failure
RestartSec=5
TimeoutStopSec={timeout_s}

[Install]
WantedBy=multi-user.target
"""


def _script(target: str, name: str, description: str) -> Config:
    return Config(
        name=name, applicable_target=target, scope="node", config_type="string", default_value="", priority=1,
        description=description,
    )  # fmt: skip


_SETUP_SCRIPT = _script("general", "Setup script", "Runs once on each node before its processes start, as root")
_STOP_TIMEOUT = Config(
    name="Stop timeout", applicable_target="general", scope="node", config_type="int", default_value=300,
    description="Seconds a process has to stop before its node goes",
)  # fmt: skip
_START = {
    p: _script(p, "Start script", f"Runs as the service {p}, as root; it stays running") for p in (MANAGER, WORKER)
}
_STOP = {p: _script(p, "Stop script", f"Runs before a node with the {p} goes") for p in (MANAGER, WORKER)}


class GenericPlugin:
    """Implements ``port.Plugin``. Nodes with a manager come first; the others are told their addresses."""

    name = "generic"
    title = "Generic"
    description = "Node processes are scripts of your own, run as systemd services."

    def versions(self) -> list[str]:
        return ["1.0"]

    def node_processes(self, version: str) -> dict[str, list[str]]:  # noqa: ARG002 - the same in all versions
        return {"Generic": [MANAGER, WORKER]}

    def required_image_tags(self, version: str) -> list[str]:  # noqa: ARG002 - any image with cloud-init and systemd
        return ["generic"]

    def configs(self, version: str) -> list[Config]:  # noqa: ARG002 - the same in all versions
        return [_SETUP_SCRIPT, _STOP_TIMEOUT, *_START.values(), *_STOP.values()]

    def check(self, cluster: Cluster) -> None:
        """Any set of node groups makes sense."""

    def user_data(self, cluster: Cluster, group: NodeGroup) -> UserData:
        managers = [g.name for g in cluster.node_groups if MANAGER in g.node_processes and g.count]
        waits = bool(managers) and MANAGER not in group.node_processes
        setup_script = common_configs.value(_SETUP_SCRIPT, cluster, group)
        setup = Setup(
            scripts={"setup": _with_shebang(setup_script)} if setup_script else {},
            units=[unit for process in group.node_processes if (unit := _unit(cluster, group, process))],
            files=_files(cluster, group),
            environment={"MOORAGE_MANAGERS": _MANAGERS} if waits else {},
        )
        addresses = {_MANAGERS: managers} if waits else {}
        return UserData(text=cloud_config(cluster, group, setup), addresses=addresses)

    def info(self, cluster: Cluster) -> dict[str, Any]:
        managers = [i for g in cluster.node_groups if MANAGER in g.node_processes for i in g.instances]
        return (
            {"Generic": {"Managers": ", ".join(i.internal_ip or i.instance_name for i in managers)}} if managers else {}
        )


def _unit(cluster: Cluster, group: NodeGroup, process: str) -> Unit | None:
    """A process without a script has no service."""
    if not common_configs.value(_START[process], cluster, group):
        return None
    has_stop = bool(common_configs.value(_STOP[process], cluster, group))
    text = _UNIT.format(
        process=process, environment=ENVIRONMENT, library=LIBRARY,
        stop=f"ExecStop={LIBRARY}/{process}-stop\n" if has_stop else "",
        timeout_s=common_configs.value(_STOP_TIMEOUT, cluster, group),
    )  # fmt: skip
    return Unit(name=f"moorage-{process}", text=text)


def _files(cluster: Cluster, group: NodeGroup) -> dict[str, str]:
    made = {}
    for process in group.node_processes:
        for word, configs in (("start", _START), ("stop", _STOP)):
            if script := common_configs.value(configs[process], cluster, group):
                made[f"{LIBRARY}/{process}-{word}"] = _with_shebang(script)
    return made


def _with_shebang(script: str) -> str:
    text = script if script.startswith("#!") else f"#!/bin/bash\n{script}"
    return text if text.endswith("\n") else f"{text}\n"
