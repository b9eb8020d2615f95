"""Where does a field of a node group or cluster come from?

Defaults, then the node group template, then what the node group of the cluster template names, then (the node groups
being copied whole) what the request for the cluster names. The last one wins, also when it is null; configs are merged
per target and name. The copy is taken when the cluster is made.
"""

from __future__ import annotations

from typing import Any

import msgspec

from moorage.clusters.model import (
    CLUSTER_FIELDS,
    NODE_DEFAULTS,
    NODE_FIELDS,
    ClusterTemplate,
    Configs,
    NodeFields,
)

_NOT_NULL = {"node_configs": dict, "volumes_size": int, "volumes_per_node": int}
"""Fields whose null means the empty value."""
_COPIED = ("description", "default_image_id", "anti_affinity", "neutron_management_network", "shares", "domain_name")


def node_values(given: dict[str, Any], template: NodeFields | None = None) -> dict[str, Any]:
    """All fields of a node group: what a request gives, on top of a template if there is one."""
    base = NODE_DEFAULTS if template is None else fields_of(template)
    own = {name: _value(name, value) for name, value in given.items() if name in NODE_FIELDS}
    configs = merged(base.get("node_configs") or {}, own.get("node_configs") or {})
    return {**base, **own, "node_configs": configs}


def fields_of(node: NodeFields) -> dict[str, Any]:
    """The fields that groups and templates share, as plain values."""
    return {name: getattr(node, name) for name in NODE_FIELDS}


def _value(name: str, value: Any) -> Any:
    """Null resets flags and numbers to their defaults."""
    if value is not None:
        return str(value) if name == "flavor_id" else value
    if name in _NOT_NULL:
        return _NOT_NULL[name]()
    default = NODE_DEFAULTS.get(name)
    return default if isinstance(default, bool) else None


def cluster_values(given: dict[str, Any], template: ClusterTemplate | None) -> dict[str, Any]:
    """All fields of a cluster but its node groups. Name and protection are never inherited."""
    base = {} if template is None else {name: getattr(template, name) for name in _COPIED}
    own = {name: value for name, value in given.items() if name in CLUSTER_FIELDS and _is_given(name, value)}
    inherited = {} if template is None else template.cluster_configs
    return {**base, **own, "cluster_configs": merged(inherited, given.get("cluster_configs") or {})}


def _is_given(name: str, value: Any) -> bool:
    """Null leaves flags and lists at their defaults."""
    return value is not None or (name in _COPIED and name != "anti_affinity")


def merged(below: Configs, above: Configs) -> Configs:
    """Per target and name; what is above wins."""
    return {target: {**below.get(target, {}), **above.get(target, {})} for target in {**below, **above}}


def plain(value: msgspec.Struct) -> dict[str, Any]:
    return msgspec.structs.asdict(value)
