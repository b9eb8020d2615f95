"""Is this a storage port of that machine, and does its adapter work?"""

from __future__ import annotations

from moorage.mock_hmc.errors import not_found
from moorage.mock_hmc.resources import Model


def check(model: Model, cpc_uri: str, uri: str) -> None:
    """Raises 404,2 for an adapter that is not of this machine, 404,6 for a port the adapter has not."""
    adapter = model.get(adapter_of(uri), "adapter")
    if adapter is None or adapter.parent != cpc_uri:
        raise not_found(f"The adapter of {uri}", 2)
    if model.get(uri, "storage-port") is None:
        raise not_found(f"The port {uri}", 6)


def adapter_of(port_uri: str) -> str:
    return port_uri.partition("/storage-ports/")[0]


def is_operating(model: Model, adapter_uri: str) -> bool:
    adapter = model.get(adapter_uri, "adapter")
    return adapter is not None and adapter.props["physical-channel-status"] == "operating"


def of_machine(model: Model, cpc_uri: str) -> list[str]:
    """URIs of all FCP ports of a machine."""
    return [str(uri) for adapter in model.children(cpc_uri, "adapter") for uri in adapter.props["storage-port-uris"]]
