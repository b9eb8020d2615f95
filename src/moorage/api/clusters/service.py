"""The route tables of both versions."""

from __future__ import annotations

from moorage.api.clusters import clusters, images, jobs, plugins
from moorage.api.clusters.discovery import DOCUMENTS, VERSIONS
from moorage.api.clusters.templates import CLUSTER_TEMPLATES, NODE_GROUP_TEMPLATES
from moorage.api.wire import Route, Service
from moorage.api.wire.faults import SAHARA

_PREFIX, _SUFFIX = "/data-processing", ".json"


def _routes(*, v2: bool) -> list[Route]:
    return [
        *NODE_GROUP_TEMPLATES.routes(v2=v2),
        *CLUSTER_TEMPLATES.routes(v2=v2),
        *clusters.routes(v2=v2),
        *images.routes(v2=v2),
        *plugins.routes(v2=v2),
        *jobs.routes(v2=v2),
    ]


V1_1 = Service(name=SAHARA, prefix=_PREFIX, root="/v1.1", suffix=_SUFFIX, routes=_routes(v2=False))
V2 = Service(
    name=SAHARA, prefix=_PREFIX, root="/v2", suffix=_SUFFIX, versions=VERSIONS, documents=DOCUMENTS,
    routes=_routes(v2=True), older=(V1_1,),
)  # fmt: skip
