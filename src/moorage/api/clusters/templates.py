"""``/node-group-templates`` and ``/cluster-templates``: two nouns that are asked for, changed and shown alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from moorage.api.clusters import answers, fields, views
from moorage.api.clusters.call import body, listed, renamed, rows
from moorage.api.clusters.schema import Fields
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import Schema, one
from moorage.api.wire.versions import Version
from moorage.clusters.service import cluster_templates, node_group_templates
from moorage.workflows.clusters import template_checks

_SORTABLE = ("id", "name", "plugin_name", "plugin_version", "created_at", "updated_at")
_NODE_PLACEHOLDERS = ("flavor_id", "security_groups", "image_id", "floating_ip_pool")


class Noun(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of template."""

    name: str
    """``cluster template``"""
    service: Any
    """The module with its rows: ``listing``, ``get``, ``insert``, ``update``, ``delete``."""
    fields: Callable[..., Fields]
    check: Callable[..., None]
    view: Callable[..., dict[str, Any]]
    without_ids: Callable[[dict[str, Any]], dict[str, Any]]
    """How it is shown for another cloud."""
    shown: Callable[..., Schema]
    exported: Callable[..., Schema]

    @property
    def key(self) -> str:
        return self.name.replace(" ", "_")

    def routes(self, *, v2: bool) -> list[Route]:
        """v1.1 updates with PUT, v2 with PATCH."""
        all_, row = "/" + self.name.replace(" ", "-") + "s", rows(self.name.replace(" ", "-"))
        path, noun, entry = all_ + "/{template_id}", self.name, self.shown(v2=v2)
        shown = one(self.key, entry)
        return [
            row("GET", all_, self.index, "list", f"List {noun}s", "reader",
                answer=answers.listed(f"{self.key}s", entry)),
            row("POST", all_, self.create, "create", f"Create a {noun}", answer=shown),
            row("GET", path, self.show, "get", f"Show a {noun}", "reader", answer=shown),
            row("PATCH" if v2 else "PUT", path, self.update, "update", f"Change a {noun}", answer=shown),
            row("DELETE", path, self.delete, "delete", f"Delete a {noun}"),
            row("GET", path + "/export", self.export, "get", f"Show a {noun} for another cloud", "reader",
                answer=one(self.key, self.exported(v2=v2))),
        ]  # fmt: skip

    def index(self, call: Call) -> Reply:
        with call.services.store.read() as tx:
            found = self.service.listing(tx, call.context)
        return listed(call, f"{self.key}s", found, _SORTABLE, lambda item: self._rendered(call, item))

    def create(self, call: Call) -> Reply:
        values = body(call, self.fields(call.version))
        with call.services.store.write() as tx:
            self.check(tx, call.context, call.services.site, values)
            made = self.service.insert(tx, call.context, values)
        return Reply(status=202, body={self.key: self._rendered(call, made)})

    def show(self, call: Call) -> Reply:
        return Reply(body={self.key: self._shown(call)})

    def update(self, call: Call) -> Reply:
        values = body(call, self.fields(call.version, is_update=True))
        with call.services.store.write() as tx:
            known = self.service.get(tx, call.context, call.params["template_id"])
            self.check(tx, call.context, call.services.site, values, known)
            made = self.service.update(tx, call.context, known, values)
        return Reply(status=202, body={self.key: self._rendered(call, made)})

    def delete(self, call: Call) -> Reply:
        with call.services.store.write() as tx:
            known = self.service.get(tx, call.context, call.params["template_id"])
            self.service.delete(tx, call.context, known)
        return Reply(status=204)

    def export(self, call: Call) -> Reply:
        return Reply(body={self.key: self.without_ids(self._shown(call))})

    def _shown(self, call: Call) -> dict[str, Any]:
        with call.services.store.read() as tx:
            return self._rendered(call, self.service.get(tx, call.context, call.params["template_id"]))

    def _rendered(self, call: Call, found: Any) -> dict[str, Any]:
        return renamed(call, self.view(found, sizes=_has_sizes(call.version)))


def _has_sizes(version: Version) -> bool:
    return version >= fields.V2_1


def _node_without_ids(rendered: dict[str, Any]) -> dict[str, Any]:
    return views.exported(rendered, _NODE_PLACEHOLDERS)


def _cluster_without_ids(rendered: dict[str, Any]) -> dict[str, Any]:
    groups = [views.exported(g, (*_NODE_PLACEHOLDERS, "node_group_template_id")) for g in rendered["node_groups"]]
    shown = views.exported(rendered, ("default_image_id", "neutron_management_network"))
    return {**shown, "node_groups": groups}


NODE_GROUP_TEMPLATES = Noun(
    name="node group template", service=node_group_templates, fields=fields.node_group_template,
    check=template_checks.check_node_group_template, view=views.node_group_template, without_ids=_node_without_ids,
    shown=answers.node_group_template, exported=answers.exported_node_group_template,
)  # fmt: skip
CLUSTER_TEMPLATES = Noun(
    name="cluster template", service=cluster_templates, fields=fields.cluster_template,
    check=template_checks.check_cluster_template, view=views.cluster_template, without_ids=_cluster_without_ids,
    shown=answers.cluster_template, exported=answers.exported_cluster_template,
)  # fmt: skip
