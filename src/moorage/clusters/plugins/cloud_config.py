"""What does every node do at its first boot? Prepare its disks, set up its processes, and report how that went.

Nobody logs in to a node: cloud-init writes scripts and systemd units, so a node that is rebooted or unshelved comes
back by itself, and one that is shut down stops its processes in order.
"""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from moorage.clusters.model import Cluster, NodeGroup
from moorage.clusters.plugins import common_configs
from moorage.clusters.plugins.port import INDEX, SIGNAL

LIBRARY = "/usr/local/lib/moorage"
ENVIRONMENT = "/etc/moorage/node.env"

_SETUP = """\
#!/bin/bash
# Runs once, at the first boot: whatever fails is reported with the end of the log.
set -eE -o pipefail
exec > >(tee -a /var/log/moorage-setup.log) 2>&1
failed() {{
  reason=$(tail -n 5 /var/log/moorage-setup.log | tr -cd '[:alnum:] .,:/_-' | tail -c 400)
  {library}/report "{{\\"status\\": \\"FAILURE\\", \\"reason\\": \\"$(hostname): $reason\\"}}"
}}
trap failed ERR
set -a
. {environment}
set +a
shopt -s nullglob
for part in {library}/setup.d/*; do
  echo "moorage: $part"
  "$part"
done
systemctl daemon-reload
{units}
{library}/report "{{\\"status\\": \\"SUCCESS\\", \\"reason\\": \\"$(hostname) is set up\\"}}"
"""
_REPORT = f"""\
#!/bin/bash
# Tells the stack how the setup went; asks again for a while if nobody answers.
signal() {{
  {SIGNAL} --fail --silent --show-error "$@"
}}
for attempt in $(seq 60); do
  signal --data-binary "$1" && exit 0
  sleep 5
done
exit 1
"""
_DISKS = """\
#!/bin/bash
# Formats and mounts every disk that is neither in use nor the config drive.
set -e
unused() {{
  lsblk -dnpo NAME,TYPE,LABEL | awk '$2 == "disk" && $3 != "config-2" {{print $1}}' | while read -r disk; do
    [ -n "$(lsblk -no MOUNTPOINT "$disk" | tr -d '[:space:]')" ] || [ "$(lsblk -no NAME "$disk" | wc -l)" -gt 1 ] \\
      || echo "$disk"
  done
}}
for waited in $(seq {timeout_s}); do
  [ "$(unused | wc -l)" -ge {count} ] && break
  sleep 1
done
number=0
for disk in $(unused | head -n {count}); do
  number=$((number + 1))
  blkid "$disk" > /dev/null || {format} "$disk"
  mkdir -p "{prefix}$number"
  echo "UUID=$(blkid -s UUID -o value "$disk") {prefix}$number auto defaults,nofail 0 2" >> /etc/fstab
  mount "{prefix}$number"
done
[ "$number" -eq {count} ]
"""


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A systemd service."""

    name: str
    text: str


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin adds: scripts that run once in order, units that run from then on, other files, accounts."""

    scripts: dict[str, str] = {}
    units: list[Unit] = []
    files: dict[str, str] = {}
    environment: dict[str, str] = {}
    users: list[dict[str, Any]] = []


def cloud_config(cluster: Cluster, group: NodeGroup, setup: Setup) -> str:
    """The user data: a cloud-config document whose texts hold the placeholders of ``port``."""
    scripts = {**_disk_script(cluster, group), **setup.scripts}
    files = [
        _file(ENVIRONMENT, _environment(cluster, group, setup), "0644"),
        _file(f"{LIBRARY}/report", _REPORT, "0700"),
        _file(f"{LIBRARY}/setup", _setup(setup), "0700"),
        *(_file(f"{LIBRARY}/setup.d/{n:02}-{name}", text, "0755") for n, (name, text) in enumerate(scripts.items())),
        *(_file(f"/etc/systemd/system/{unit.name}.service", unit.text, "0644") for unit in setup.units),
        *(_file(path, text, "0755") for path, text in setup.files.items()),
    ]
    document: dict[str, Any] = {"write_files": files, "runcmd": [[f"{LIBRARY}/setup"]]}
    if setup.users:
        document["users"] = ["default", *setup.users]
    if common_configs.value(common_configs.ENABLE_NTP, cluster):
        server = common_configs.value(common_configs.NTP_SERVER, cluster)
        document["ntp"] = {"enabled": True, **({"servers": [server]} if server else {})}
    return "#cloud-config\n" + yaml.dump(document, Dumper=_Blocks, sort_keys=False, width=1 << 20)


def _setup(setup: Setup) -> str:
    units = "\n".join(f"systemctl enable --now {unit.name}.service" for unit in setup.units)
    return _SETUP.format(library=LIBRARY, environment=ENVIRONMENT, units=units)


def _environment(cluster: Cluster, group: NodeGroup, setup: Setup) -> str:
    known = {
        "MOORAGE_CLUSTER": cluster.name, "MOORAGE_NODE_GROUP": group.name, "MOORAGE_NODE_INDEX": INDEX,
        "MOORAGE_PROCESSES": ",".join(group.node_processes), **setup.environment,
    }  # fmt: skip
    return "".join(f"{name}={_quoted(text)}\n" for name, text in known.items())


def _quoted(text: str) -> str:
    """As shells and systemd both read it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")
    return f'"{escaped}"'


def _disk_script(cluster: Cluster, group: NodeGroup) -> dict[str, str]:
    if not group.volumes_per_node:
        return {}
    is_xfs = common_configs.value(common_configs.ENABLE_XFS, cluster)
    script = _DISKS.format(
        timeout_s=common_configs.value(common_configs.DISK_TIMEOUT, cluster), count=group.volumes_per_node,
        format="mkfs.xfs -f" if is_xfs else "mkfs.ext4 -F", prefix=group.volume_mount_prefix or "/volumes/disk",
    )  # fmt: skip
    return {"disks": script}


def _file(path: str, content: str, permissions: str) -> dict[str, str]:
    return {"path": path, "permissions": permissions, "content": content}


class _Blocks(yaml.SafeDumper):
    """Texts of several lines stand as blocks, so that a placeholder may become anything without a line end."""


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Blocks.add_representer(str, _block)
