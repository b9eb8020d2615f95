"""Plugins: what runs on the nodes. They are found through the entry points ``moorage.cluster_plugins``."""

from moorage.clusters.plugins.port import Config, Plugin, UserData

__all__ = ["Config", "Plugin", "UserData"]
