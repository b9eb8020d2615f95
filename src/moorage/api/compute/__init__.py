"""Compute: one module per noun, assembled into ``SERVICE``."""

from moorage.api.compute import (
    documents,
    extensions,
    flavor_details,
    flavors,
    hypervisors,
    keypairs,
    limits,
    operator_lists,
    quotas,
    server_groups,
    services,
    tenant_usage,
)
from moorage.api.wire import Service

SERVICE = Service(
    name="compute",
    prefix="/compute",
    root="/v2.1",
    versions=documents.VERSIONS,
    documents=documents.DOCUMENTS,
    routes=[
        *flavors.ROUTES, *flavor_details.ROUTES, *keypairs.ROUTES, *limits.ROUTES, *quotas.ROUTES,
        *server_groups.ROUTES, *services.ROUTES, *hypervisors.ROUTES, *tenant_usage.ROUTES, *operator_lists.ROUTES,
        *extensions.ROUTES,
    ],
    rules=[*flavor_details.RULES, *limits.RULES, *server_groups.RULES],
)  # fmt: skip
