"""``/plugins``: what kinds of clusters are there, and which settings do they have?"""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.clusters import fields
from moorage.api.clusters.call import body, rows
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import BOOLEAN, INTEGER, TAGS, TEXT, array, closed, each, mapping, one, several, untyped
from moorage.clusters.plugins import registry
from moorage.clusters.plugins.port import Config, Plugin
from moorage.clusters.refusals import Missing
from moorage.clusters.service import plugin_labels

_row = rows("plugin")


def index(call: Call) -> Reply:
    return Reply(body={"plugins": [_rendered(call, plugin) for plugin in registry.plugins().values()]})


def show(call: Call) -> Reply:
    return Reply(body={"plugin": _rendered(call, _plugin(call))})


def show_version(call: Call) -> Reply:
    plugin, version = _plugin(call), call.params["version"]
    if version not in plugin.versions():
        raise _missing({"plugin_name": plugin.name, "version": version})
    details = {
        "node_processes": plugin.node_processes(version),
        "required_image_tags": plugin.required_image_tags(version),
        "configs": [_config(config) for config in registry.configs_of(plugin, version)],
    }
    return Reply(body={"plugin": {**_rendered(call, plugin), **details}})


def update(call: Call) -> Reply:
    wanted = body(call, fields.PLUGIN)
    plugin = _plugin(call)
    with call.services.store.write() as tx:
        plugin_labels.change(tx, call.context.project_id, plugin, wanted)
    return Reply(status=202, body={"plugin": _rendered(call, plugin)})


def convert(call: Call) -> Reply:
    """No plugin here reads templates of another tool."""
    raise errors.BadRequest(f"Requested plugin '{_plugin(call).name}' doesn't support converting config files")


def _plugin(call: Call) -> Plugin:
    name = call.params["plugin_name"]
    if name not in registry.plugins():
        raise _missing({"plugin_name": name})
    return registry.named(name)


def _missing(what: dict[str, str]) -> Missing:
    return Missing(f"Object with {what} not found")


def _rendered(call: Call, plugin: Plugin) -> dict[str, Any]:
    with call.services.store.read() as tx:
        own, by_version = plugin_labels.of(tx, call.context.project_id, plugin)
    return {
        "name": plugin.name, "title": plugin.title, "description": plugin.description, "versions": plugin.versions(),
        "plugin_labels": own, "version_labels": by_version,
    }  # fmt: skip


def _config(config: Config) -> dict[str, Any]:
    names = (
        "name", "applicable_target", "scope", "config_type", "default_value", "is_optional", "priority", "description",
        "config_values",
    )  # fmt: skip
    return {name: getattr(config, name) for name in names}


_LABELS = mapping(closed({"description": TEXT, "mutable": BOOLEAN, "status": BOOLEAN}))
_FIELDS = each(TEXT, "name", "title", "description") | {
    "versions": TAGS, "plugin_labels": _LABELS, "version_labels": mapping(_LABELS),
}  # fmt: skip
_PLUGIN = closed(_FIELDS)
_CONFIG = closed(
    each(TEXT, "name", "applicable_target", "scope", "config_type", "description")
    | {"is_optional": BOOLEAN, "priority": INTEGER} | untyped("default_value", "config_values")
)  # fmt: skip
_DETAILS = {"node_processes": mapping(TAGS), "required_image_tags": TAGS, "configs": array(_CONFIG)}


def routes(*, v2: bool) -> list[Route]:
    path, shown = "/plugins/{plugin_name}", one("plugin", _PLUGIN)
    converting = _row(
        "POST",
        path + "/{version}/convert-config/{name}",
        convert,
        "convert-config",
        "Refused: no plugin converts configurations",
    )
    return [
        _row("GET", "/plugins", index, "list", "List plugins", "reader", answer=several("plugins", _PLUGIN)),
        _row("GET", path, show, "get", "Show a plugin", "reader", answer=shown),
        _row("GET", path + "/{version}", show_version, "get-version", "Show the settings of a version", "reader",
             answer=one("plugin", closed(_FIELDS | _DETAILS))),
        _row("PATCH", path, update, "update", "Enable, disable or hide a plugin or its versions", "admin",
             answer=shown),
        *([] if v2 else [converting]),
    ]  # fmt: skip
