"""Cluster templates and the node groups in them, as rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from moorage import clock, ids
from moorage.clusters.inheritance import cluster_values, node_values
from moorage.clusters.model import NODE_FIELDS, ClusterTemplate, NodeGroupTemplate, TemplateNodeGroup
from moorage.clusters.refusals import InvalidReference, ReferenceNotFound, UpdateFailed
from moorage.clusters.service import guard, node_group_templates
from moorage.clusters.service.records import record
from moorage.context import Context
from moorage.store import Tx
from moorage.store.tables.clusters import cluster_templates as table
from moorage.store.tables.clusters import clusters, templates_relations

KIND = "Cluster template"


def listing(tx: Tx, context: Context) -> list[ClusterTemplate]:
    return _built(tx, tx.execute(sa.select(table).where(guard.of_project(table, context))).all())


def find(tx: Tx, template_id: str) -> ClusterTemplate | None:
    return next(iter(_built(tx, tx.execute(sa.select(table).where(table.c.id == template_id)).all())), None)


def get(tx: Tx, context: Context, template_id: str) -> ClusterTemplate:
    return guard.visible(find(tx, template_id), context, template_id)


def referenced(tx: Tx, context: Context, template_id: str) -> ClusterTemplate:
    """The template that a request for a cluster names; 400 where ``get`` is 404."""
    found = find(tx, template_id)
    if found is None or not (found.project_id == context.project_id or found.is_public or context.is_admin):
        raise ReferenceNotFound(f"Cluster template with id '{template_id}' not found")
    return found


def node_group_template(tx: Tx, context: Context, given: dict[str, Any]) -> NodeGroupTemplate | None:
    """The template that a node group of a request names; None for one that is spelled out."""
    template_id = given.get("node_group_template_id")
    if template_id is None:
        return None
    found = node_group_templates.find(tx, template_id)
    if found is None or not (found.project_id == context.project_id or found.is_public or context.is_admin):
        raise ReferenceNotFound(f"NodeGroup template with id '{template_id}' not found")
    return found


def insert(tx: Tx, context: Context, values: dict[str, Any]) -> ClusterTemplate:
    """``NameTaken`` if the project has one of that name."""
    guard.check_name(tx, table, context.project_id, values["name"], KIND)
    template_id, now = ids.new(), clock.now()
    row = cluster_values(values, None)
    tx.execute(table.insert().values(id=template_id, project_id=context.project_id, created_at=now, **row))
    _insert_groups(tx, context, template_id, values.get("node_groups") or [])
    return get(tx, context, template_id)


def update(tx: Tx, context: Context, template: ClusterTemplate, values: dict[str, Any]) -> ClusterTemplate:
    """Change what is given; a list of node groups replaces the old one. ``UpdateFailed`` while clusters use it."""
    guard.check_update(template, context, values)
    if "name" in values:
        guard.check_name(tx, table, template.project_id, values["name"], KIND, own_id=template.id)
    if users := clusters_of(tx, template.id):
        raise UpdateFailed(
            f"ClusterTemplate with id '{template.id}' could not be updated. "
            f"It is in use by clusters: {', '.join(users)}"
        )
    whole = cluster_values(values, None)
    own = {name: whole[name] for name in values if name in whole}
    tx.execute(table.update().where(table.c.id == template.id).values(updated_at=clock.now(), **own))
    if values.get("node_groups") is not None:
        _forget_groups(tx, template.id)
        _insert_groups(tx, context, template.id, values["node_groups"])
    return get(tx, context, template.id)


def delete(tx: Tx, context: Context, template: ClusterTemplate) -> None:
    """``InvalidReference`` while clusters use it."""
    guard.check_delete(template, context)
    if users := clusters_of(tx, template.id):
        raise InvalidReference(f"Cluster template {template.id} in use by {', '.join(users)}")
    _forget_groups(tx, template.id)
    tx.execute(table.delete().where(table.c.id == template.id))


def clusters_of(tx: Tx, template_id: str) -> list[str]:
    """Names of the clusters made from a template."""
    query = sa.select(clusters.c.name).where(clusters.c.cluster_template_id == template_id)
    return list(tx.scalars(query.order_by(clusters.c.name)))


def _insert_groups(tx: Tx, context: Context, template_id: str, groups: list[dict[str, Any]]) -> None:
    guard.check_group_names([group["name"] for group in groups])
    for position, given in enumerate(groups):
        template = node_group_template(tx, context, given)
        own = {name: value for name, value in given.items() if name in NODE_FIELDS}
        tx.execute(
            templates_relations.insert().values(
                id=ids.new(), cluster_template_id=template_id, position=position, count=given["count"], given=own,
                node_group_template_id=given.get("node_group_template_id"), created_at=clock.now(),
                **node_values(given, template),
            )
        )  # fmt: skip


def _forget_groups(tx: Tx, template_id: str) -> None:
    tx.execute(templates_relations.delete().where(templates_relations.c.cluster_template_id == template_id))


def _built(tx: Tx, rows: Iterable[Any]) -> list[ClusterTemplate]:
    rows = list(rows)
    relation = templates_relations.c
    query = sa.select(templates_relations).where(relation.cluster_template_id.in_([row.id for row in rows]))
    groups: dict[str, list[TemplateNodeGroup]] = {}
    for row in tx.execute(query.order_by(relation.position)):
        groups.setdefault(row.cluster_template_id, []).append(record(TemplateNodeGroup, row))
    return [record(ClusterTemplate, row, node_groups=groups.get(row.id, [])) for row in rows]
