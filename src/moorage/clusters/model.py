"""What is a node group, a template, a cluster, a node? Rows as values; field names are Sahara's (those of v2)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

Configs = dict[str, dict[str, Any]]
"""Target → name → value."""


class NodeFields(msgspec.Struct, frozen=True, kw_only=True):
    """What describes the nodes of a group, wherever the group stands. The defaults are Sahara's."""

    name: str
    flavor_id: str
    node_processes: list[str]
    image_id: str | None = None
    node_configs: Configs = {}
    availability_zone: str | None = None
    floating_ip_pool: str | None = None
    security_groups: list[str] | None = None
    auto_security_group: bool = False
    is_proxy_gateway: bool = False
    use_autoconfig: bool = True
    shares: list[Any] | None = None
    volumes_per_node: int = 0
    volumes_size: int = 0
    volume_type: str | None = None
    volumes_availability_zone: str | None = None
    volume_mount_prefix: str | None = "/volumes/disk"
    volume_local_to_instance: bool = False
    boot_from_volume: bool = False
    boot_volume_type: str | None = None
    boot_volume_availability_zone: str | None = None
    boot_volume_local_to_instance: bool = False
    boot_volume_size: int | None = None
    """GiB; None: the flavor's disk, else what the image needs."""


NODE_FIELDS = NodeFields.__struct_fields__
NODE_DEFAULTS: dict[str, Any] = {
    field.name: field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    for field in msgspec.structs.fields(NodeFields)
    if not field.required
}
BOOT_FIELDS = tuple(name for name in NODE_FIELDS if name.startswith("boot_"))


class NodeGroupTemplate(NodeFields, frozen=True, kw_only=True):
    """A row of ``node_group_templates``."""

    id: str
    project_id: str
    plugin_name: str
    plugin_version: str
    created_at: dt.datetime
    description: str | None = None
    is_default: bool = False
    is_public: bool = False
    is_protected: bool = False
    updated_at: dt.datetime | None = None


class TemplateNodeGroup(NodeFields, frozen=True, kw_only=True):
    """A node group inside a cluster template: a row of ``templates_relations``."""

    id: str
    cluster_template_id: str
    position: int
    count: int
    created_at: dt.datetime
    node_group_template_id: str | None = None
    given: dict[str, Any] = {}
    """Fields named in the request; they outlive changes of the node group template."""
    updated_at: dt.datetime | None = None


class ClusterFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a cluster takes over from its template."""

    name: str
    plugin_name: str
    plugin_version: str
    description: str | None = None
    cluster_configs: Configs = {}
    default_image_id: str | None = None
    anti_affinity: list[str] = []
    neutron_management_network: str | None = None
    shares: list[Any] | None = None
    domain_name: str | None = None
    use_autoconfig: bool = True
    is_public: bool = False
    is_protected: bool = False


CLUSTER_FIELDS = ClusterFields.__struct_fields__


class ClusterTemplate(ClusterFields, frozen=True, kw_only=True):
    """A row of ``cluster_templates`` with its node groups in order."""

    id: str
    project_id: str
    created_at: dt.datetime
    is_default: bool = False
    updated_at: dt.datetime | None = None
    node_groups: list[TemplateNodeGroup] = []


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """One node: a row of ``cluster_instances``."""

    id: str
    cluster_id: str
    node_group_id: str
    node_index: int
    instance_name: str
    created_at: dt.datetime
    instance_id: str | None = None
    """The server's id, once the stack has made it."""
    internal_ip: str | None = None
    management_ip: str | None = None
    boot_volume_id: str | None = None
    """The volume the server boots from. The stack owns it, not the server."""
    storage_devices_number: int = 0
    dns_hostname: str | None = None
    updated_at: dt.datetime | None = None


class NodeGroup(NodeFields, frozen=True, kw_only=True):
    """A node group of a cluster: a row of ``node_groups`` with its instances in order."""

    id: str
    cluster_id: str
    position: int
    count: int
    created_at: dt.datetime
    node_group_template_id: str | None = None
    next_index: int = 0
    removed: list[int] = []
    """Indexes below ``next_index`` that are gone. None is ever used again."""
    root_gib: int | None = None
    """Size of the boot volumes, settled when the group was made: later changes of the flavor do not matter."""
    updated_at: dt.datetime | None = None
    instances: list[Instance] = []

    def indexes(self) -> list[int]:
        """The indexes of the nodes there should be."""
        return [index for index in range(self.next_index) if index not in self.removed]


class Cluster(ClusterFields, frozen=True, kw_only=True):
    """A row of ``clusters`` with its node groups in order."""

    id: str
    project_id: str
    user_id: str
    node_name: str
    """The cluster's name when it was made, which its nodes are called by however it is renamed."""
    status: str
    created_at: dt.datetime
    status_description: str | None = None
    cluster_template_id: str | None = None
    user_keypair_id: str | None = None
    public_key: str | None = None
    is_transient: bool = False
    keeps_boot_volumes: bool = False
    info: dict[str, Any] = {}
    stack_id: str | None = None
    updated_at: dt.datetime | None = None
    node_groups: list[NodeGroup] = []

    def group(self, name: str) -> NodeGroup | None:
        return next((group for group in self.node_groups if group.name == name), None)

    def image_of(self, group: NodeGroup) -> str | None:
        """The image that nodes of a group are made from."""
        return group.image_id or self.default_image_id


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to one node in a provision step: a row of ``cluster_events``."""

    id: str
    step_id: str
    successful: bool
    created_at: dt.datetime
    node_group_id: str | None = None
    instance_id: str | None = None
    instance_name: str | None = None
    event_info: str | None = None
    updated_at: dt.datetime | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """How far an operation got: a row of ``cluster_provision_steps`` with its events."""

    id: str
    cluster_id: str
    step_name: str
    step_type: str
    total: int
    created_at: dt.datetime
    successful: bool | None = None
    updated_at: dt.datetime | None = None
    events: list[Event] = []


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """The last look at a cluster's health: a row of ``cluster_verifications``."""

    id: str
    cluster_id: str
    status: str
    created_at: dt.datetime
    checks: list[dict[str, Any]] = []
    updated_at: dt.datetime | None = None


def instance_name(cluster: str, group: str, index: int) -> str:
    """The server's name, which is also its host name."""
    return f"{cluster}-{group}-{index}".lower()
