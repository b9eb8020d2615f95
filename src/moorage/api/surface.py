"""Every service on the port."""

from __future__ import annotations

from moorage.api.compute import SERVICE as COMPUTE
from moorage.api.identity import SERVICE as IDENTITY
from moorage.api.images import SERVICE as IMAGES
from moorage.api.volumes import SERVICE as VOLUMES
from moorage.api.wire.route import Service

SERVICES: list[Service] = [IDENTITY, IMAGES, VOLUMES, COMPUTE]
