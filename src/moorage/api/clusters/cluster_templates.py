"""``/cluster-templates``."""

from __future__ import annotations

from typing import Any

from moorage.api.clusters import fields, views
from moorage.api.clusters.call import body, listed, renamed, rows
from moorage.api.wire import Call, Reply, Route
from moorage.clusters.model import ClusterTemplate
from moorage.clusters.service import cluster_templates
from moorage.workflows.clusters import template_checks

_row = rows("cluster-template")
_SORTABLE = ("id", "name", "plugin_name", "plugin_version", "created_at", "updated_at")
_PLACEHOLDERS = ("default_image_id", "neutron_management_network")
_NODE_PLACEHOLDERS = ("flavor_id", "security_groups", "image_id", "floating_ip_pool", "node_group_template_id")


def index(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = cluster_templates.listing(tx, call.context)
    return listed(call, "cluster_templates", found, _SORTABLE, lambda item: _rendered(call, item))


def create(call: Call) -> Reply:
    values = body(call, fields.cluster_template(call.version))
    with call.services.store.write() as tx:
        template_checks.check_cluster_template(tx, call.context, call.services.site, values)
        made = cluster_templates.insert(tx, call.context, values)
    return Reply(status=202, body={"cluster_template": _rendered(call, made)})


def show(call: Call) -> Reply:
    return Reply(body={"cluster_template": _rendered(call, _get(call))})


def update(call: Call) -> Reply:
    values = body(call, fields.cluster_template(call.version, is_update=True))
    with call.services.store.write() as tx:
        known = cluster_templates.get(tx, call.context, call.params["template_id"])
        template_checks.check_cluster_template(tx, call.context, call.services.site, values, known)
        made = cluster_templates.update(tx, call.context, known, values)
    return Reply(status=202, body={"cluster_template": _rendered(call, made)})


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        known = cluster_templates.get(tx, call.context, call.params["template_id"])
        cluster_templates.delete(tx, call.context, known)
    return Reply(status=204)


def export(call: Call) -> Reply:
    rendered = views.exported(_rendered(call, _get(call)), _PLACEHOLDERS)
    groups = [views.exported(group, _NODE_PLACEHOLDERS) for group in rendered["node_groups"]]
    return Reply(body={"cluster_template": {**rendered, "node_groups": groups}})


def _get(call: Call) -> ClusterTemplate:
    with call.services.store.read() as tx:
        return cluster_templates.get(tx, call.context, call.params["template_id"])


def _rendered(call: Call, found: ClusterTemplate) -> dict[str, Any]:
    return renamed(call, views.cluster_template(found, sizes=call.version >= fields.V2_1))


def routes(update_method: str) -> list[Route]:
    """v1.1 updates with PUT, v2 with PATCH."""
    one = "/cluster-templates/{template_id}"
    return [
        _row("GET", "/cluster-templates", index, "list", "List cluster templates", "reader"),
        _row("POST", "/cluster-templates", create, "create", "Create a cluster template"),
        _row("GET", one, show, "get", "Show a cluster template", "reader"),
        _row(update_method, one, update, "update", "Change a cluster template"),
        _row("DELETE", one, delete, "delete", "Delete a cluster template"),
        _row("GET", one + "/export", export, "get", "Show a cluster template for another cloud", "reader"),
    ]  # fmt: skip
