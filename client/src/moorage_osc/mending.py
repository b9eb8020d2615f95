"""What does saharaclient expect of osc-lib and the compute client that they no longer do?

Its modules get a stand-in for ``osc_lib.utils`` that knows both ways, and its scale command waits by itself.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from cliff import columns
from osc_lib import exceptions
from osc_lib import utils as osc_utils

_MODULES = [
    "saharaclient.osc.utils",
    *(
        f"saharaclient.osc.{version}.{noun}"
        for version in ("v1", "v2")
        for noun in ("cluster_templates", "clusters", "images", "node_group_templates", "plugins")
    ),
]
_PAUSE_S = 5.0


class Utils:
    """``osc_lib.utils`` as saharaclient knew it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(osc_utils, name)

    @staticmethod
    def get_item_properties(item: Any, fields: Any, *args: Any, formatters: Any = None, **options: Any) -> Any:
        """Formatters may be plain functions."""
        made = {name: _as_column(formatter) for name, formatter in (formatters or {}).items()}
        return osc_utils.get_item_properties(item, fields, *args, formatters=made, **options)

    @staticmethod
    def find_resource(manager: Any, name_or_id: str, **options: Any) -> Any:
        """The compute client is the SDK's: its ``flavors`` is a method."""
        proxy = getattr(manager, "__self__", None)
        if proxy is not None and hasattr(proxy, "find_flavor"):
            return proxy.find_flavor(name_or_id, ignore_missing=False)
        return osc_utils.find_resource(manager, name_or_id, **options)


def _as_column(formatter: Any) -> Any:
    if isinstance(formatter, type):
        return formatter

    class Column(columns.FormattableColumn[Any]):
        """Text for people, the value itself for scripts."""

        def human_readable(self) -> str:
            return str(formatter(self._value) or "")

    return Column


def _waiting(take_action: Callable[..., Any]) -> Callable[..., Any]:
    """The scale command's part that asks; whoever wants to wait does so here."""

    @functools.wraps(take_action)
    def scale(self: Any, client: Any, parsed_args: Any) -> Any:
        wants_to_wait, parsed_args.wait = parsed_args.wait, False
        data = take_action(self, client, parsed_args)
        return _wait(client, data["id"]) if wants_to_wait else data

    return scale


def _wait(client: Any, cluster_id: str) -> dict[str, Any]:
    while True:
        cluster: dict[str, Any] = client.clusters.get(cluster_id).to_dict()
        status = cluster["status"].lower()
        if status == "error" or (status == "active" and cluster.get("status_description")):
            raise exceptions.CommandError(f"Scaling failed: {cluster['status_description']}")
        if status == "active":
            return cluster
        time.sleep(_PAUSE_S)


def apply() -> None:
    """Mend the modules of saharaclient that are installed; doing it twice is doing it once."""
    for name in _MODULES:
        module: Any = import_module(name)
        if hasattr(module, "osc_utils") and not isinstance(module.osc_utils, Utils):
            module.osc_utils = Utils()
    clusters: Any = import_module("saharaclient.osc.v1.clusters")
    if not hasattr(clusters.ScaleCluster._take_action, "__wrapped__"):  # noqa: SLF001 - mending is reaching in
        clusters.ScaleCluster._take_action = _waiting(clusters.ScaleCluster._take_action)  # noqa: SLF001
