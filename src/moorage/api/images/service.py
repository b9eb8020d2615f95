"""All routes of the image service. Import, tasks, metadefs, locations and cache are not served: 404."""

from __future__ import annotations

from moorage.api.images import data, discovery, images, members, schemas
from moorage.api.wire import Service
from moorage.api.wire.route import Rule

SERVICE = Service(
    name="image",
    prefix="/image",
    root="/v2",
    routes=[*images.ROUTES, *data.ROUTES, *members.ROUTES, *schemas.ROUTES, *discovery.ROUTES],
    rules=[
        Rule(name="publicize_image", default="admin", summary="Make an image public"),
        Rule(name="communitize_image", default="member", summary="Make an image a community image"),
    ],
    documents=discovery.DOCUMENTS,
)
