"""The block storage service as Cinder v3 speaks it, up to microversion 3.71."""

from __future__ import annotations

from moorage.api.volumes import (
    actions,
    attachments,
    availability_zones,
    extensions,
    limits,
    messages,
    metadata,
    pools,
    qos,
    quotas,
    services,
    snapshot_actions,
    snapshots,
    transfers,
    type_access,
    type_specs,
    types,
    volume_create,
    volumes,
)
from moorage.api.volumes.documents import DOCUMENTS, VERSIONS
from moorage.api.wire.route import Service

SERVICE = Service(
    name="volume",
    prefix="/volume",
    root="/v3",
    versions=VERSIONS,
    documents=DOCUMENTS,
    routes=[
        *volumes.ROUTES, *volume_create.ROUTES, *metadata.ROUTES, *actions.ROUTES, *attachments.ROUTES,
        *snapshots.ROUTES, *snapshot_actions.ROUTES, *types.ROUTES, *type_specs.ROUTES, *type_access.ROUTES,
        *quotas.ROUTES, *limits.ROUTES, *services.ROUTES, *pools.ROUTES, *transfers.ROUTES, *qos.ROUTES,
        *messages.ROUTES, *extensions.ROUTES, *availability_zones.ROUTES,
    ],
    rules=[
        *volumes.RULES, *volume_create.RULES, *actions.RULES, *attachments.RULES, *snapshot_actions.RULES,
        *types.RULES, *type_access.RULES,
    ],
)  # fmt: skip

__all__ = ["SERVICE"]
