"""Settings of every plugin, and how any setting is read and checked."""

from __future__ import annotations

from typing import Any

from moorage.clusters import sizes
from moorage.clusters.model import Cluster, Configs, NodeGroup
from moorage.clusters.plugins.port import Config
from moorage.clusters.refusals import InvalidReference

GENERAL = sizes.CONFIG_TARGET
WAIT_TIMEOUT = Config(
    name="Heat Wait Condition timeout", applicable_target=GENERAL, scope="cluster", config_type="int",
    default_value=3600, description="Seconds until a node that has not reported counts as failed",
)  # fmt: skip
DISK_TIMEOUT = Config(
    name="Timeout for disk preparing", applicable_target=GENERAL, scope="cluster", config_type="int",
    default_value=300, description="Seconds a node waits for its data volumes",
)  # fmt: skip
ENABLE_XFS = Config(
    name="Enable XFS", applicable_target=GENERAL, scope="cluster", config_type="bool", default_value=True,
    description="Format data volumes with XFS; otherwise with ext4",
)  # fmt: skip
ENABLE_NTP = Config(
    name="Enable NTP service", applicable_target=GENERAL, scope="cluster", config_type="bool", default_value=True,
    description="Have the nodes set their clocks by NTP",
)  # fmt: skip
NTP_SERVER = Config(
    name="URL of NTP server", applicable_target=GENERAL, scope="cluster", config_type="string", default_value="",
    description="NTP server of the nodes; empty leaves it to the image",
)  # fmt: skip
BOOT_VOLUME_SIZE = Config(
    name=sizes.CONFIG_NAME, applicable_target=GENERAL, scope="node", config_type="int", default_value=0, priority=1,
    description="GiB of the volume a node boots from, where boot from volume is on; 0 takes the flavor's disk, or "
    "what the image needs where the flavor has none",
)  # fmt: skip
KEEP_BOOT_VOLUMES = Config(
    name="Keep boot volumes", applicable_target=GENERAL, scope="cluster", config_type="bool", default_value=False,
    description="Leave the boot volumes of the nodes behind when the cluster is deleted",
)  # fmt: skip

COMMON = [WAIT_TIMEOUT, DISK_TIMEOUT, ENABLE_XFS, ENABLE_NTP, NTP_SERVER, BOOT_VOLUME_SIZE, KEEP_BOOT_VOLUMES]


def value(config: Config, cluster: Cluster, group: NodeGroup | None = None) -> Any:
    """The setting in force: the node group's, else the cluster's, else the default."""
    configs = [cluster.cluster_configs] if group is None else [group.node_configs, cluster.cluster_configs]
    for given in configs:
        if (found := given.get(config.applicable_target, {}).get(config.name)) is not None:
            return _read(config, found)
    return config.default_value


def check(known: list[Config], given: Configs) -> None:
    """``InvalidReference`` if a target or name is not known, or a value is not of its type."""
    by_target: dict[str, dict[str, Config]] = {}
    for config in known:
        by_target.setdefault(config.applicable_target, {})[config.name] = config
    for target, values in given.items():
        if target not in by_target:
            raise InvalidReference(f"Plugin doesn't contain applicable target '{target}'")
        for name, found in values.items():
            if name not in by_target[target]:
                raise InvalidReference(
                    f"Plugin's applicable target '{target}' doesn't contain config with name '{name}'"
                )
            _read(by_target[target][name], found)


def _read(config: Config, found: Any) -> Any:
    """The value in its type; forms send numbers and truth values as text."""
    text = str(found)
    if config.config_type == "int" and not isinstance(found, bool) and text.isascii() and text.isdigit():
        return int(text)
    if config.config_type == "bool" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if config.config_type == "enum" and text in [pair[0] for pair in config.config_values or []]:
        return text
    if config.config_type == "string":
        return text
    raise InvalidReference(f"Config '{config.name}' must be of type {config.config_type}, not '{found}'")
