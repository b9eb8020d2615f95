"""Node group templates as rows."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import clock, ids
from moorage.clusters.inheritance import node_values
from moorage.clusters.model import NodeGroupTemplate
from moorage.clusters.refusals import InvalidReference, UpdateFailed
from moorage.clusters.service import guard
from moorage.clusters.service.records import record
from moorage.context import Context
from moorage.store import Tx
from moorage.store.tables.clusters import cluster_templates, clusters, node_groups, templates_relations
from moorage.store.tables.clusters import node_group_templates as table

KIND = "NodeGroup template"


def listing(tx: Tx, context: Context) -> list[NodeGroupTemplate]:
    return [
        record(NodeGroupTemplate, row) for row in tx.execute(sa.select(table).where(guard.of_project(table, context)))
    ]


def find(tx: Tx, template_id: str) -> NodeGroupTemplate | None:
    row = tx.execute(sa.select(table).where(table.c.id == template_id)).one_or_none()
    return None if row is None else record(NodeGroupTemplate, row)


def get(tx: Tx, context: Context, template_id: str) -> NodeGroupTemplate:
    """``Missing`` if there is none or the caller may not see it."""
    return guard.visible(find(tx, template_id), context, template_id)


def insert(tx: Tx, context: Context, values: dict[str, Any]) -> NodeGroupTemplate:
    """``NameTaken`` if the project has one of that name."""
    guard.check_name(tx, table, context.project_id, values["name"], KIND)
    template_id = ids.new()
    row = {**_own(values), **node_values(values)}
    tx.execute(table.insert().values(id=template_id, project_id=context.project_id, created_at=clock.now(), **row))
    return get(tx, context, template_id)


def update(tx: Tx, context: Context, template: NodeGroupTemplate, values: dict[str, Any]) -> NodeGroupTemplate:
    """Change what is given. ``UpdateFailed`` while a cluster template that uses it has clusters."""
    guard.check_update(template, context, values)
    if "name" in values:
        guard.check_name(tx, table, template.project_id, values["name"], KIND, own_id=template.id)
    if users := _clusters_by_template(tx, template.id):
        raise UpdateFailed(
            f"NodeGroupTemplate with id '{template.id}' could not be updated. Cluster templates that use it have "
            f"clusters: {', '.join(users)}"
        )
    changed = node_values(values)  # nulls become what they mean
    own = {name: changed[name] for name in values if name in changed}
    tx.execute(table.update().where(table.c.id == template.id).values(updated_at=clock.now(), **_own(values), **own))
    made = get(tx, context, template.id)
    _refresh_users(tx, made)
    return made


def _refresh_users(tx: Tx, template: NodeGroupTemplate) -> None:
    """Cluster templates see the change; their node groups keep their names and what they name themselves."""
    query = sa.select(templates_relations).where(templates_relations.c.node_group_template_id == template.id)
    for row in tx.execute(query).all():
        values = {**node_values(row.given or {}, template), "name": row.name}
        same = templates_relations.c.id == row.id
        tx.execute(templates_relations.update().where(same).values(updated_at=clock.now(), **values))


def delete(tx: Tx, context: Context, template: NodeGroupTemplate) -> None:
    """``InvalidReference`` while templates or clusters use it."""
    guard.check_delete(template, context)
    in_templates = _names(tx, cluster_templates, templates_relations.c.cluster_template_id, template.id)
    in_clusters = _names(tx, clusters, node_groups.c.cluster_id, template.id)
    if in_templates or in_clusters:
        raise InvalidReference(
            f"Node group template {template.id} is in use by cluster templates: {', '.join(in_templates) or 'N/A'}; "
            f"and clusters: {', '.join(in_clusters) or 'N/A'}"
        )
    tx.execute(table.delete().where(table.c.id == template.id))


def _names(tx: Tx, users: sa.Table, reference: sa.Column[str], template_id: str) -> list[str]:
    using = sa.select(reference).where(reference.table.c.node_group_template_id == template_id)
    return list(tx.scalars(sa.select(users.c.name).where(users.c.id.in_(using)).order_by(users.c.name)))


def _clusters_by_template(tx: Tx, template_id: str) -> list[str]:
    templates = sa.select(templates_relations.c.cluster_template_id).where(
        templates_relations.c.node_group_template_id == template_id
    )
    query = sa.select(clusters.c.name).where(clusters.c.cluster_template_id.in_(templates))
    return list(tx.scalars(query.order_by(clusters.c.name)))


def _own(values: dict[str, Any]) -> dict[str, Any]:
    """What only templates have."""
    plain = ("plugin_name", "plugin_version", "description")
    flags = ("is_public", "is_protected")
    return {name: values[name] for name in plain if name in values} | {
        name: bool(values[name]) for name in flags if name in values
    }
