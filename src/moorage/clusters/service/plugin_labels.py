"""Which plugins and versions may a project use? The plugin's own labels, and what the project changed of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage.clusters.plugins.port import Plugin
from moorage.clusters.refusals import InvalidData, InvalidReference
from moorage.store import Tx
from moorage.store.tables.clusters import cluster_plugin_labels as table

_DESCRIPTIONS = {
    "enabled": "Plugin or its version is enabled and can be used by user.",
    "hidden": "Existence of plugin or its version is hidden, but still can be used for cluster creation by CLI and "
    "directly by client.",
    "stable": "The plugin stability",
}
_DEFAULT = {"enabled": True, "hidden": False, "stable": True}
_FIXED = ("stable",)
"""Labels that nobody can change."""


def of(tx: Tx, project_id: str, plugin: Plugin) -> tuple[dict[str, Any], dict[str, Any]]:
    """Plugin labels and version labels as clients see them."""
    own, by_version = _stored(tx, project_id, plugin.name)
    versions = {version: _labels(by_version.get(version, {})) for version in plugin.versions()}
    return _labels(own, ("enabled", "hidden")), versions


def check_enabled(tx: Tx, project_id: str, plugin: Plugin, version: str) -> None:
    own, by_version = of(tx, project_id, plugin)
    if not own["enabled"]["status"] or not by_version[version]["enabled"]["status"]:
        raise InvalidReference(f"Plugin {plugin.name} is not enabled")


def change(tx: Tx, project_id: str, plugin: Plugin, wanted: dict[str, Any]) -> None:
    """Set labels of the plugin and of its versions; ``InvalidData`` for one that is unknown or fixed."""
    own, by_version = _stored(tx, project_id, plugin.name)
    own = {**own, **_statuses(wanted.get("plugin_labels") or {})}
    for version, labels in (wanted.get("version_labels") or {}).items():
        if version not in plugin.versions():
            raise InvalidData(f"Unknown plugin version '{version}' of {plugin.name}")
        by_version[version] = {**by_version.get(version, {}), **_statuses(labels)}
    mine = (table.c.project_id == project_id) & (table.c.plugin_name == plugin.name)
    tx.execute(table.delete().where(mine))
    row = {"project_id": project_id, "plugin_name": plugin.name, "plugin_labels": own, "version_labels": by_version}
    tx.execute(table.insert().values(row))


def _stored(tx: Tx, project_id: str, name: str) -> tuple[dict[str, bool], dict[str, dict[str, bool]]]:
    row = tx.execute(
        sa.select(table).where(table.c.project_id == project_id, table.c.plugin_name == name)
    ).one_or_none()
    return ({}, {}) if row is None else (dict(row.plugin_labels or {}), dict(row.version_labels or {}))


def _statuses(labels: dict[str, Any]) -> dict[str, bool]:
    for name in labels:
        if name not in _DEFAULT:
            raise InvalidData(f"Plugin doesn't contain label '{name}'")
        if name in _FIXED:
            raise InvalidData(f"Label '{name}' can't be updated because it's not mutable")
    return {name: label["status"] for name, label in labels.items()}


def _labels(changed: dict[str, bool], names: tuple[str, ...] = ("enabled", "hidden", "stable")) -> dict[str, Any]:
    return {
        name: {
            "status": changed.get(name, _DEFAULT[name]),
            "mutable": name not in _FIXED,
            "description": _DESCRIPTIONS[name],
        }
        for name in names
    }
