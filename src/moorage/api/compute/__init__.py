"""Compute: one module per noun, assembled into ``SERVICE``."""

from moorage.api.compute import (
    actions,
    attach_volume,
    detach_volume,
    documents,
    extensions,
    flavor_details,
    flavors,
    hypervisors,
    instance_actions,
    keypairs,
    limits,
    metadata,
    operator_lists,
    quotas,
    server_console,
    server_groups,
    server_interfaces,
    server_tags,
    servers,
    services,
    swap_volume,
    tenant_usage,
    volume_attachments,
)
from moorage.api.wire import Service

SERVICE = Service(
    name="compute",
    prefix="/compute",
    root="/v2.1",
    versions=documents.VERSIONS,
    documents=documents.DOCUMENTS,
    routes=[
        *servers.ROUTES, *actions.ROUTES, *metadata.ROUTES, *server_tags.ROUTES, *server_console.ROUTES,
        *server_interfaces.ROUTES, *instance_actions.ROUTES, *volume_attachments.ROUTES,
        *attach_volume.ROUTES, *detach_volume.ROUTES, *swap_volume.ROUTES,
        *flavors.ROUTES, *flavor_details.ROUTES, *keypairs.ROUTES, *limits.ROUTES, *quotas.ROUTES,
        *server_groups.ROUTES, *services.ROUTES, *hypervisors.ROUTES, *tenant_usage.ROUTES, *operator_lists.ROUTES,
        *extensions.ROUTES,
    ],
    rules=[
        *servers.RULES, *actions.RULES, *instance_actions.RULES, *flavor_details.RULES, *limits.RULES,
        *server_groups.RULES,
        *swap_volume.RULES,
    ],
)  # fmt: skip
