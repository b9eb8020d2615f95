"""Every service on the port, and the port itself."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from moorage.api.clusters import V1_1 as CLUSTERS_V1_1
from moorage.api.clusters import V2 as CLUSTERS_V2
from moorage.api.compute import SERVICE as COMPUTE
from moorage.api.identity import SERVICE as IDENTITY
from moorage.api.images import SERVICE as IMAGES
from moorage.api.networks import SERVICE as NETWORKS
from moorage.api.operators.endpoints import PATHS
from moorage.api.services import Services
from moorage.api.volumes import SERVICE as VOLUMES
from moorage.api.wait_conditions import SERVICE as WAIT_CONDITIONS
from moorage.api.wire.app import ServiceApp
from moorage.api.wire.route import Service

SERVICES: list[Service] = [
    IDENTITY, IMAGES, VOLUMES, COMPUTE, NETWORKS, WAIT_CONDITIONS, CLUSTERS_V2, CLUSTERS_V1_1,
]  # fmt: skip


class Port:
    """The ASGI application: the first part of the path names the service.

    A framework's mount would answer a service's bare prefix with a redirect, on which clients give up microversions.
    """

    def __init__(self, shared: Services, operators: ASGIApp | None = None) -> None:
        self._apps: dict[str, list[ServiceApp]] = {}
        for service in SERVICES:
            self._apps.setdefault(service.prefix, []).append(ServiceApp(service, shared))
        self._operators = operators

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if (app := self._app(path)) is not None:
            await app(scope, receive, send)
            return
        if self._operators is not None and path in PATHS:
            await self._operators(scope, receive, send)
            return
        found = {"services": [{"name": apps[0].service.name, "path": prefix} for prefix, apps in self._apps.items()]}
        answer = (
            JSONResponse(found) if path == "/" else JSONResponse({"error": {"code": 404, "title": "Not Found"}}, 404)
        )
        await answer(scope, receive, send)

    def _app(self, path: str) -> ServiceApp | None:
        """Of several versions of a service below one prefix, the one whose root the path has; else the first."""
        apps = self._apps.get("/" + path.split("/", 2)[1], [])
        rooted = (app for app in apps if path.startswith(f"{app.service.prefix}{app.service.root}/"))
        return next(rooted, next(iter(apps), None))
