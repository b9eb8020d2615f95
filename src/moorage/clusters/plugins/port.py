"""What must a plugin say? All of it is pure: a plugin never reaches a node, it writes what the node does on its own.

A plugin is a class without arguments, named by an entry point of the group ``moorage.cluster_plugins``.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from moorage.clusters.model import Cluster, NodeGroup

SIGNAL = "__SIGNAL__"
"""Stands for the command (``curl ...``) that reports to the wait condition; its data are appended."""
INDEX = "__INDEX__"
"""Stands for the node's index in its group."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """One setting that users may make; dashboards build their forms of these. Field names are Sahara's."""

    name: str
    applicable_target: str
    scope: Literal["node", "cluster"]
    config_type: Literal["string", "int", "bool", "enum"]
    default_value: Any
    description: str
    is_optional: bool = True
    priority: int = 2
    """1 shows it on the first page of the form."""
    config_values: list[list[str]] | None = None
    """Pairs of value and label of an enum."""


class UserData(msgspec.Struct, frozen=True, kw_only=True):
    """cloud-init user data with places for what only the stack knows."""

    text: str
    """Holds ``SIGNAL``, ``INDEX`` and the keys of ``addresses``."""
    addresses: dict[str, list[str]] = {}
    """Placeholder → names of node groups, whose nodes' addresses stand there, joined by commas.

    These groups are complete before the first node of this one is made."""


class Plugin(Protocol):
    """One kind of cluster."""

    name: str
    title: str
    description: str

    def versions(self) -> list[str]:
        """The newest last."""

    def node_processes(self, version: str) -> dict[str, list[str]]:
        """Service → its processes."""

    def required_image_tags(self, version: str) -> list[str]:
        """Tags that images of nodes must carry."""

    def configs(self, version: str) -> list[Config]:
        """The plugin's own settings; those of every plugin are added to them."""

    def check(self, cluster: Cluster) -> None:
        """``InvalidReference`` if a cluster of these node groups and configs makes no sense.

        Asked before a cluster is made and, with the counts asked for, before it is scaled."""

    def user_data(self, cluster: Cluster, group: NodeGroup) -> UserData:
        """What the nodes of a group do when they first boot, and how they report."""

    def info(self, cluster: Cluster) -> dict[str, Any]:
        """What users should know of a running cluster, by heading."""
