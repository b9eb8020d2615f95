"""How do templates and clusters look from outside? As Sahara dumps them: closed sets of fields, in the names of v2."""

from __future__ import annotations

import datetime as dt
from typing import Any

from moorage.clusters.inheritance import fields_of
from moorage.clusters.model import (
    CLUSTER_FIELDS,
    Cluster,
    ClusterFields,
    ClusterTemplate,
    Event,
    Instance,
    NodeFields,
    NodeGroup,
    NodeGroupTemplate,
    Step,
    TemplateNodeGroup,
    Verification,
)

_OWN = ("id", "project_id", "is_default", "is_public", "is_protected", "description", "plugin_name", "plugin_version")


def stamp(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _times(found: Any) -> dict[str, Any]:
    return {"created_at": stamp(found.created_at), "updated_at": stamp(found.updated_at)}


def node_group_template(found: NodeGroupTemplate, *, sizes: bool) -> dict[str, Any]:
    """``sizes``: whether the version asked for knows ``boot_volume_size``."""
    return {**_node(found, sizes), **{name: getattr(found, name) for name in _OWN}, **_times(found)}


def cluster_template(found: ClusterTemplate, *, sizes: bool) -> dict[str, Any]:
    groups = [_template_group(group, sizes) for group in found.node_groups]
    own = {"id": found.id, "project_id": found.project_id, "is_default": found.is_default}
    return {**_cluster_fields(found), **own, "node_groups": groups, **_times(found)}


def cluster(
    found: Cluster, steps: list[dict[str, Any]], verification: Verification | None, *, sizes: bool
) -> dict[str, Any]:
    """Nodes show once their servers exist."""
    groups = [_group(group, sizes) for group in found.node_groups]
    plain = (
        "id",
        "project_id",
        "status",
        "status_description",
        "cluster_template_id",
        "user_keypair_id",
        "info",
        "is_transient",
    )
    rendered = {
        **_cluster_fields(found), **{name: getattr(found, name) for name in plain}, "node_groups": groups,
        "management_public_key": found.public_key, "trust_id": None, "provision_progress": steps, **_times(found),
    }  # fmt: skip
    if verification is not None:
        rendered["verification"] = _verification(verification)
    return rendered


def step(found: Step, project: tuple[str, str], *, with_events: bool) -> dict[str, Any]:
    """``project`` is the name of the project's field and its id."""
    rendered = {
        "id": found.id, "cluster_id": found.cluster_id, project[0]: project[1], "step_name": found.step_name,
        "step_type": found.step_type, "total": found.total, "successful": found.successful, **_times(found),
    }  # fmt: skip
    return {**rendered, "events": [_event(event) for event in found.events]} if with_events else rendered


def _event(found: Event) -> dict[str, Any]:
    plain = ("id", "step_id", "node_group_id", "instance_id", "instance_name", "successful", "event_info")
    return {**{name: getattr(found, name) for name in plain}, **_times(found)}


def _verification(found: Verification) -> dict[str, Any]:
    own = {"id": found.id, "cluster_id": found.cluster_id, "status": found.status, "checks": found.checks}
    return {**own, **_times(found)}


def _node(found: NodeFields, sizes: bool) -> dict[str, Any]:
    fields = fields_of(found)
    if not sizes:
        del fields["boot_volume_size"]
    return fields


def _template_group(found: TemplateNodeGroup, sizes: bool) -> dict[str, Any]:
    own = {"id": found.id, "node_group_template_id": found.node_group_template_id, "count": found.count}
    return {**_node(found, sizes), **own, **_times(found)}


def _group(found: NodeGroup, sizes: bool) -> dict[str, Any]:
    own = {"id": found.id, "node_group_template_id": found.node_group_template_id, "count": found.count}
    instances = [_instance(instance) for instance in found.instances if instance.instance_id is not None]
    return {**_node(found, sizes), **own, "instances": instances, **_times(found)}


def _instance(found: Instance) -> dict[str, Any]:
    plain = (
        "id",
        "instance_id",
        "instance_name",
        "internal_ip",
        "management_ip",
        "storage_devices_number",
        "dns_hostname",
    )
    return {**{name: getattr(found, name) for name in plain}, **_times(found)}


def _cluster_fields(found: ClusterFields) -> dict[str, Any]:
    return {name: getattr(found, name) for name in CLUSTER_FIELDS}


def exported(rendered: dict[str, Any], placeholders: tuple[str, ...]) -> dict[str, Any]:
    """Without what belongs to this cloud: ids and owners go, and references become places to fill in."""
    gone = ("id", "project_id", "tenant_id", "is_default", "created_at", "updated_at")
    kept = {name: value for name, value in rendered.items() if name not in gone}
    return {name: f"{{{name}}}" if name in placeholders else value for name, value in kept.items()}
