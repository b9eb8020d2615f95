"""The plugin ``spark``: a standalone Spark cluster, one master and any number of workers.

Spark is taken from the image if it is there, else from a URL. A worker that is stopped decommissions itself: it moves
its blocks to others before it ends (``sbin/decommission-worker.sh``, Spark 3.1 and later).
"""

from __future__ import annotations

from typing import Any

from moorage.clusters.model import Cluster, NodeGroup
from moorage.clusters.plugins import common_configs
from moorage.clusters.plugins.cloud_config import ENVIRONMENT, Setup, Unit, cloud_config
from moorage.clusters.plugins.port import Config, UserData
from moorage.clusters.refusals import InvalidReference

MASTER, WORKER = "master", "worker"
_MASTERS = "__SPARK_MASTER__"
_HOME = "/opt/spark"
_ARCHIVE = "https://archive.apache.org/dist/spark/spark-{version}/spark-{version}-bin-hadoop3.tgz"
_INSTALL = """\
#!/bin/bash
# Spark may be part of the image; otherwise it is fetched once.
set -e -o pipefail
if [ ! -x {home}/sbin/start-worker.sh ]; then
  mkdir -p {home}
  curl --fail --silent --show-error --location --retry 5 "{url}" | tar xz -C {home} --strip-components=1
fi
address=$(hostname -I | cut -d' ' -f1)
cat >> {environment} <<END
SPARK_LOCAL_IP="$address"
SPARK_MASTER_HOST="$address"
END
cat >> {home}/conf/spark-defaults.conf <<END
spark.decommission.enabled true
spark.storage.decommission.enabled true
spark.storage.decommission.rddBlocks.enabled true
spark.storage.decommission.shuffleBlocks.enabled true
END
chown -R spark: {home}
"""
_UNIT = """\
[Unit]
Description=Spark {process}
Wants=network-online.target
After=network-online.target

[Service]
Type=forking
User=spark
EnvironmentFile={environment}
RuntimeDirectory=spark
RuntimeDirectoryPreserve=yes
PIDFile=/run/spark/spark-moorage-{java_class}-1.pid
ExecStart={home}/sbin/start-{process}.sh{arguments}
ExecStop={home}/sbin/{stop}
TimeoutStopSec={timeout_s}
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
"""


def _number(name: str, default: int, scope: Any, description: str) -> Config:
    return Config(
        name=name, applicable_target="Spark", scope=scope, config_type="int", default_value=default,
        description=description,
    )  # fmt: skip


_URL = Config(
    name="Download URL", applicable_target="Spark", scope="cluster", config_type="string", default_value="",
    description="Archive with Spark for images without it; empty takes the project's own archive",
)  # fmt: skip
_MASTER_PORT = _number("Master port", 7077, "cluster", "Port the workers connect to")
_MASTER_UI_PORT = _number("Master web UI port", 8080, "cluster", "Port of the master's web pages")
_WORKER_UI_PORT = _number("Worker web UI port", 8081, "cluster", "Port of the workers' web pages")
_WORKER_CORES = _number("Worker cores", 0, "node", "Processors a worker offers; 0 offers all")
_WORKER_MEMORY = _number("Worker memory", 0, "node", "MiB a worker offers; 0 leaves it to Spark")
_DECOMMISSION = _number("Decommission timeout", 300, "cluster", "Seconds a worker has to hand over its blocks")


class SparkPlugin:
    """Implements ``port.Plugin``."""

    name = "spark"
    title = "Apache Spark"
    description = "A standalone Spark cluster whose workers decommission gracefully."

    def versions(self) -> list[str]:
        return ["3.5.5", "4.0.1"]

    def node_processes(self, version: str) -> dict[str, list[str]]:  # noqa: ARG002 - the same in all versions
        return {"Spark": [MASTER, WORKER]}

    def required_image_tags(self, version: str) -> list[str]:
        return ["spark", version]

    def configs(self, version: str) -> list[Config]:  # noqa: ARG002 - the same in all versions
        return [_URL, _MASTER_PORT, _MASTER_UI_PORT, _WORKER_UI_PORT, _WORKER_CORES, _WORKER_MEMORY, _DECOMMISSION]

    def check(self, cluster: Cluster) -> None:
        """Workers know one master, by its address."""
        masters = sum(group.count for group in cluster.node_groups if MASTER in group.node_processes)
        if masters != 1:
            raise InvalidReference(f"A Spark cluster must have exactly one master; this one would have {masters}")

    def user_data(self, cluster: Cluster, group: NodeGroup) -> UserData:
        has_master = MASTER in group.node_processes
        masters = [] if has_master else [g.name for g in cluster.node_groups if MASTER in g.node_processes and g.count]
        setup = Setup(
            scripts={"spark": _install(cluster)},
            units=[_unit(cluster, process, has_master) for process in sorted(group.node_processes)],
            environment=_environment(cluster, group),
            users=[{"name": "spark", "system": True, "homedir": _HOME, "no_create_home": True, "lock_passwd": True}],
        )
        return UserData(text=cloud_config(cluster, group, setup), addresses={_MASTERS: masters} if masters else {})

    def info(self, cluster: Cluster) -> dict[str, Any]:
        master = next((i for g in cluster.node_groups if MASTER in g.node_processes for i in g.instances), None)
        if master is None:
            return {}
        host = master.management_ip or master.internal_ip or master.instance_name
        port, ui_port = (common_configs.value(config, cluster) for config in (_MASTER_PORT, _MASTER_UI_PORT))
        return {"Spark": {"Master URL": f"spark://{host}:{port}", "Web UI": f"http://{host}:{ui_port}"}}


def _install(cluster: Cluster) -> str:
    url = common_configs.value(_URL, cluster) or _ARCHIVE.format(version=cluster.plugin_version)
    return _INSTALL.format(home=_HOME, url=url, environment=ENVIRONMENT)


def _environment(cluster: Cluster, group: NodeGroup) -> dict[str, str]:
    cores, memory = (common_configs.value(config, cluster, group) for config in (_WORKER_CORES, _WORKER_MEMORY))
    known = {
        "SPARK_HOME": _HOME, "SPARK_PID_DIR": "/run/spark", "SPARK_IDENT_STRING": "moorage",
        "SPARK_MASTER_PORT": str(common_configs.value(_MASTER_PORT, cluster)),
        "SPARK_MASTER_WEBUI_PORT": str(common_configs.value(_MASTER_UI_PORT, cluster)),
        "SPARK_WORKER_WEBUI_PORT": str(common_configs.value(_WORKER_UI_PORT, cluster)),
        "SPARK_WORKER_OPTS": "-Dspark.decommission.enabled=true",
    }  # fmt: skip
    limits = {"SPARK_WORKER_CORES": str(cores) if cores else "", "SPARK_WORKER_MEMORY": f"{memory}m" if memory else ""}
    return {**known, **{name: text for name, text in limits.items() if text}}


def _unit(cluster: Cluster, process: str, has_master: bool) -> Unit:
    master = "${SPARK_MASTER_HOST}" if has_master else _MASTERS
    is_worker = process == WORKER
    text = _UNIT.format(
        process=process, environment=ENVIRONMENT, home=_HOME,
        java_class=f"org.apache.spark.deploy.{process}.{process.capitalize()}",
        arguments=f" spark://{master}:${{SPARK_MASTER_PORT}}" if is_worker else "",
        stop="decommission-worker.sh --block-until-exit" if is_worker else "stop-master.sh",
        timeout_s=common_configs.value(_DECOMMISSION, cluster) if is_worker else 30,
    )  # fmt: skip
    return Unit(name=f"spark-{process}", text=text)
