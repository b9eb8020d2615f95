"""Networking v2.0: the configured networks as clients see them, and ports on them."""

from __future__ import annotations

from moorage.api.networks import documents, extensions, networks, nothing, ports, quotas, subnets
from moorage.api.wire import Service

SERVICE = Service(
    name="network",
    prefix="/network",
    root="/v2.0",
    documents=documents.DOCUMENTS,
    routes=[
        *networks.ROUTES, *subnets.ROUTES, *ports.ROUTES, *nothing.ROUTES, *quotas.ROUTES, *extensions.ROUTES,
    ],
    rules=[*networks.RULES, *ports.RULES],
)  # fmt: skip
