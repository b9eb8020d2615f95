"""``/node-group-templates``."""

from __future__ import annotations

from typing import Any

from moorage.api.clusters import fields, views
from moorage.api.clusters.call import body, listed, renamed, rows
from moorage.api.wire import Call, Reply, Route
from moorage.clusters.model import NodeGroupTemplate
from moorage.clusters.service import node_group_templates
from moorage.workflows.clusters import template_checks

_row = rows("node-group-template")
_SORTABLE = ("id", "name", "plugin_name", "plugin_version", "created_at", "updated_at")
_PLACEHOLDERS = ("flavor_id", "security_groups", "image_id", "floating_ip_pool")


def index(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = node_group_templates.listing(tx, call.context)
    return listed(call, "node_group_templates", found, _SORTABLE, lambda item: _rendered(call, item))


def create(call: Call) -> Reply:
    values = body(call, fields.node_group_template(call.version))
    with call.services.store.write() as tx:
        template_checks.check_node_group_template(tx, call.context, call.services.site, values)
        made = node_group_templates.insert(tx, call.context, values)
    return Reply(status=202, body={"node_group_template": _rendered(call, made)})


def show(call: Call) -> Reply:
    return Reply(body={"node_group_template": _rendered(call, _get(call))})


def update(call: Call) -> Reply:
    values = body(call, fields.node_group_template(call.version, is_update=True))
    with call.services.store.write() as tx:
        known = node_group_templates.get(tx, call.context, call.params["template_id"])
        template_checks.check_node_group_template(tx, call.context, call.services.site, values, known)
        made = node_group_templates.update(tx, call.context, known, values)
    return Reply(status=202, body={"node_group_template": _rendered(call, made)})


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        known = node_group_templates.get(tx, call.context, call.params["template_id"])
        node_group_templates.delete(tx, call.context, known)
    return Reply(status=204)


def export(call: Call) -> Reply:
    return Reply(body={"node_group_template": views.exported(_rendered(call, _get(call)), _PLACEHOLDERS)})


def _get(call: Call) -> NodeGroupTemplate:
    with call.services.store.read() as tx:
        return node_group_templates.get(tx, call.context, call.params["template_id"])


def _rendered(call: Call, found: NodeGroupTemplate) -> dict[str, Any]:
    return renamed(call, views.node_group_template(found, sizes=call.version >= fields.V2_1))


def routes(update_method: str) -> list[Route]:
    """v1.1 updates with PUT, v2 with PATCH."""
    one = "/node-group-templates/{template_id}"
    return [
        _row("GET", "/node-group-templates", index, "list", "List node group templates", "reader"),
        _row("POST", "/node-group-templates", create, "create", "Create a node group template"),
        _row("GET", one, show, "get", "Show a node group template", "reader"),
        _row(update_method, one, update, "update", "Change a node group template"),
        _row("DELETE", one, delete, "delete", "Delete a node group template"),
        _row("GET", one + "/export", export, "get", "Show a node group template for another cloud", "reader"),
    ]  # fmt: skip
