"""The route tables of both versions."""

from __future__ import annotations

from moorage.api.clusters import cluster_templates, clusters, images, jobs, node_group_templates, plugins
from moorage.api.clusters.discovery import DOCUMENTS, VERSIONS
from moorage.api.wire import Service
from moorage.api.wire.faults import SAHARA

_PREFIX, _SUFFIX = "/data-processing", ".json"

V2 = Service(
    name=SAHARA, prefix=_PREFIX, root="/v2", suffix=_SUFFIX, versions=VERSIONS, documents=DOCUMENTS,
    routes=[
        *node_group_templates.routes("PATCH"),
        *cluster_templates.routes("PATCH"),
        *clusters.routes(v2=True),
        *images.routes(v2=True),
        *plugins.routes(v2=True),
        *jobs.routes(v2=True),
    ],
)  # fmt: skip
V1_1 = Service(
    name=SAHARA, prefix=_PREFIX, root="/v1.1", suffix=_SUFFIX,
    routes=[
        *node_group_templates.routes("PUT"),
        *cluster_templates.routes("PUT"),
        *clusters.routes(v2=False),
        *images.routes(v2=False),
        *plugins.routes(v2=False),
        *jobs.routes(v2=False),
    ],
)  # fmt: skip
