"""Which plugins are there, and does one know a version, a process, a setting?"""

from __future__ import annotations

import functools
from collections import Counter
from importlib.metadata import entry_points

from moorage.clusters.model import Configs
from moorage.clusters.plugins import common_configs
from moorage.clusters.plugins.port import Config, Plugin
from moorage.clusters.refusals import InvalidData, InvalidReference

GROUP = "moorage.cluster_plugins"


@functools.cache
def plugins() -> dict[str, Plugin]:
    """Every installed plugin by name."""
    made = [entry.load()() for entry in entry_points(group=GROUP)]
    return {plugin.name: plugin for plugin in sorted(made, key=lambda plugin: plugin.name)}


def named(name: str) -> Plugin:
    if name not in plugins():
        raise InvalidReference(f"Sahara doesn't contain plugin with name '{name}'")
    return plugins()[name]


def of_version(name: str, version: str) -> Plugin:
    """The plugin; ``InvalidReference`` if there is none or it has no such version."""
    plugin = named(name)
    if version not in plugin.versions():
        raise InvalidReference(f"Requested plugin '{name}' doesn't support version '{version}'")
    return plugin


def configs_of(plugin: Plugin, version: str) -> list[Config]:
    """All settings of a plugin: those of every plugin, and its own."""
    return [*common_configs.COMMON, *plugin.configs(version)]


def check_configs(plugin: Plugin, version: str, given: Configs) -> None:
    common_configs.check(configs_of(plugin, version), given)


def check_processes(plugin: Plugin, version: str, processes: list[str]) -> None:
    """``InvalidData`` for duplicates, ``InvalidReference`` for unknown ones."""
    if twice := [name for name, count in Counter(processes).items() if count > 1]:
        raise InvalidData(f"Duplicates in node processes have been detected: {twice}")
    known = {process for group in plugin.node_processes(version).values() for process in group}
    if unknown := sorted(set(processes) - known):
        raise InvalidReference(f"Plugin doesn't support the following node processes: {unknown}")
