"""The way of a request: match, version, token, policy, body, handler, answer.

Handlers are plain functions and run in threads; only reading the body and routes marked ``stream`` are asynchronous.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import re
from collections.abc import AsyncIterator
from typing import Any, cast
from urllib.parse import unquote

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from moorage import errors, ids
from moorage.api.services import Services
from moorage.api.wire import faults, openapi
from moorage.api.wire.auth import authenticate, recognise
from moorage.api.wire.call import Call, Reply
from moorage.api.wire.intake import check_kind, raw_path, read_body
from moorage.api.wire.matching import RouteTree, in_version, segments
from moorage.api.wire.observation import observed
from moorage.api.wire.route import EVERYONE, Handler, Route, Service, StreamHandler
from moorage.api.wire.threads import Threads
from moorage.api.wire.versions import MalformedVersion, NotAcceptable, Version, dotted
from moorage.context import NOBODY, Context
from moorage.store import outage
from moorage.telemetry.scope import scope as ids_of

_log = logging.getLogger(__name__)
_PROJECT = re.compile(r"^[0-9a-f]{32}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_LOGGED = frozenset({"server_id", "volume_id", "attachment_id", "snapshot_id", "image_id", "cluster_id"})
"""Parameters of paths that log lines name."""
RETRY_AFTER_S = "1"
"""When to come back after 429 and 503: soon, as most of what keeps others out takes milliseconds."""


class NoSuchPath(errors.NotFound):
    """404: no route, whatever its parameters."""

    def __init__(self) -> None:
        super().__init__("The resource could not be found.")


class MethodNotAllowed(errors.Rejected):
    """405: the path exists, but not with this method."""


class ServiceApp:
    """One OpenStack service as an ASGI application below its prefix."""

    def __init__(self, service: Service, services: Services) -> None:
        self.service = service
        self.services = services
        self._threads = Threads(is_sqlite=services.store.is_sqlite)
        self._documents = RouteTree(service.documents)
        self._routes = RouteTree(service.routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        request.state.request_id = request_id = f"req-{ids.new()}"
        with contextlib.ExitStack() as held:
            request.state.held = held
            response = await self._response(request, request_id)
            if response is not None:
                await response(scope, receive, send)

    async def _response(self, request: Request, request_id: str) -> Response | None:
        """The answer, whatever happens; None if the client is gone."""
        with observed(self.service.name, request, request_id) as observation:
            try:
                response = await self._answer(request, request_id)
            except ClientDisconnect:
                return None
            except errors.MoorageError as error:
                response = self._fault(request, error)
            except Exception as problem:
                response = self._broken(request, request_id, problem)
            response.headers["x-openstack-request-id"] = request_id
            if self.service.name == "compute":
                response.headers["x-compute-request-id"] = request_id
            observation.answered(response)
            return response

    async def _answer(self, request: Request, request_id: str) -> Response:
        path = raw_path(request)[len(self.service.prefix) :]
        if path == "/openapi.json":
            return await run_in_threadpool(self._described, request)
        if found := self._documents.find(segments(path)):
            route, params = self._choose(found, request.method, None)
            request.state.route = self.service.prefix + route.path
            call = self._call(request, NOBODY, (0, 0), params, b"", path)
            return _encode(await run_in_threadpool(cast(Handler, route.handler), call))
        if not path.startswith(self.service.root + "/"):
            raise NoSuchPath
        return await self._answer_route(request, request_id, path[len(self.service.root) :])

    async def _answer_route(self, request: Request, request_id: str, path: str) -> Response:
        found, path, project = self._find(path)
        version = self.service.versions.negotiate(request.headers) if self.service.versions else (0, 0)
        request.state.version = version
        if not found:
            async with self._turn(request, request_id) as known:
                await self._authenticate(request, request_id, known)
            raise NoSuchPath
        route, params = self._choose(found, request.method, version)
        request.state.route = self.service.prefix + self.service.root + route.path
        with ids_of(**{name.removesuffix("_id"): params[name] for name in _LOGGED & params.keys()}):
            response = await self._answer_chosen(request, request_id, route, params, path, project)
        self._mark(response, version)
        return response

    async def _answer_chosen(
        self, request: Request, request_id: str, route: Route, params: dict[str, str], path: str, project: str | None
    ) -> Response:
        version: Version = request.state.version
        raw = b"" if route.stream else await read_body(request, self.services)
        async with self._turn(request, request_id) as known:
            context = NOBODY
            if route.default != EVERYONE:
                context = await self._authenticate(request, request_id, known)
                self._check_project(project, context)
            call = self._call(request, context, version, params, raw, path)
            if not route.stream:
                check_kind(request, raw)
                return _encode(await self._threads.run(route, functools.partial(_run, call, route)))
            await run_in_threadpool(_authorise, call, route)
        request.state.held.enter_context(self.services.admission.stream())
        return await cast(StreamHandler, route.handler)(call, request)

    @contextlib.asynccontextmanager
    async def _turn(self, request: Request, request_id: str) -> AsyncIterator[Context | None]:
        """The request's turn, with its caller if the token was checked a moment ago and not revoked meanwhile."""
        known = recognise(self.services, request.headers, request_id)
        async with self.services.admission.turn(_caller(request, known)) as has_waited:
            yield recognise(self.services, request.headers, request_id) if has_waited else known

    def _find(self, path: str) -> tuple[list[tuple[Route, dict[str, str]]], str, str | None]:
        """Routes at the path, which may begin with a project id as older clients build it."""
        path = path.removesuffix(self.service.suffix)
        parts = [unquote(part) for part in segments(path)]
        if any("\0" in part for part in parts):
            return [], path, None
        if len(parts) > 1 and _PROJECT.match(parts[0]) and (found := self._routes.find(parts[1:])):
            return found, path[len(parts[0]) + 1 :], parts[0]
        return self._routes.find(parts), path, None

    def _choose(
        self, found: list[tuple[Route, dict[str, str]]], method: str, version: Version | None
    ) -> tuple[Route, dict[str, str]]:
        wanted = "GET" if method == "HEAD" and not any(r.method == "HEAD" for r, _ in found) else method
        known = [(r, p) for r, p in found if version is None or in_version(r, version)]
        if not known:
            raise NoSuchPath
        for route, params in known:
            if route.method == wanted:
                return route, params
        if version is not None and any(r.method == wanted for r, _ in found):
            raise NoSuchPath
        raise MethodNotAllowed("The method is not allowed for this resource.")

    async def _authenticate(self, request: Request, request_id: str, known: Context | None) -> Context:
        if known is not None:
            return known
        return await run_in_threadpool(authenticate, self.services, request.headers, request_id)

    def _check_project(self, project: str | None, context: Context) -> None:
        if project is None or project == context.project_id:
            return
        message = (
            f"Malformed request URL: URL's project_id '{project}' doesn't match Context's project_id "
            f"'{context.project_id}'"
        )
        raise errors.Unauthorized(message) if self.service.name == faults.SAHARA else errors.BadRequest(message)

    def _call(
        self, request: Request, context: Context, version: Version, params: dict[str, str], raw: bytes, path: str
    ) -> Call:
        if any("\0" in name + value for name, value in request.query_params.multi_items()):
            raise errors.BadRequest("Invalid input for query parameters: NUL characters are not allowed")
        host = self.services.host_url(request.headers, request.url.scheme)
        return Call(
            services=self.services, context=context, version=version, params=params, query=request.query_params,
            headers=request.headers, raw=raw, host_url=host,
            service_url=host + self.service.prefix + self.service.root, path=path,
        )  # fmt: skip

    def _fault(self, request: Request, error: errors.MoorageError) -> Response:
        status = 405 if isinstance(error, MethodNotAllowed) else faults.status_of(error, self.service.name)
        response = self._problem(request, status, error.message, error)
        if response.status_code == 401:
            host = self.services.host_url(request.headers, request.url.scheme)
            response.headers["WWW-Authenticate"] = f'Keystone uri="{host}/identity"'
        if isinstance(error, errors.OverQuota) and response.status_code == 413:
            response.headers["Retry-After"] = "0"
        if response.status_code in (429, 503):
            response.headers["Retry-After"] = RETRY_AFTER_S
        self._mark(response, getattr(request.state, "version", None))
        return response

    def _broken(self, request: Request, request_id: str, problem: Exception) -> Response:
        """A disk that is full, or a bug."""
        if (unavailable := outage.meaning(problem)) is not None:
            return self._fault(request, unavailable)
        _log.error("%s %s %s failed", request_id, request.method, request.url.path, exc_info=problem)
        return self._problem(request, 500, faults.UNEXPECTED)

    def _problem(
        self, request: Request, status: int, message: str, error: errors.MoorageError | None = None
    ) -> Response:
        if self.service.name == faults.SAHARA and status != 401:
            return _encode(Reply(status=status, body=self._sahara(request, status, message, error)))
        form = "auth" if status == 401 else self.service.name
        return _encode(Reply(status=status, body=faults.render(form, status, message)))

    def _sahara(self, request: Request, status: int, message: str, error: errors.MoorageError | None) -> dict[str, Any]:
        if isinstance(error, NoSuchPath):
            return faults.no_such_path(message)
        body = faults.sahara(status, message, error, request.state.request_id)
        if isinstance(error, NotAcceptable | MalformedVersion) and self.service.versions:
            low, high = self.service.versions.min, self.service.versions.max
            body |= {"min_version": dotted(low), "max_version": dotted(high)}
        return body

    def _described(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed("The method is not allowed for this resource.")
        request.state.route = f"{self.service.prefix}/openapi.json"
        host = self.services.host_url(request.headers, request.url.scheme)
        return _encode(Reply(body={**openapi.document(self.service), "servers": [{"url": host}]}))

    def _mark(self, response: Response, version: Version | None) -> None:
        if self.service.versions and version is not None:
            response.headers.update(self.service.versions.headers(version))
        elif self.service.name == "identity":
            response.headers["Vary"] = "X-Auth-Token"


def _caller(request: Request, known: Context | None) -> str:
    """Whose turn a request takes: its project's, as far as that is known without asking."""
    if known is not None and known.project_id:
        return known.project_id
    return request.headers.get("x-auth-token") or (request.client.host if request.client else "")


def _run(call: Call, route: Route) -> Reply:
    _authorise(call, route)
    return cast(Handler, route.handler)(call)


def _authorise(call: Call, route: Route) -> None:
    if route.default != EVERYONE:
        call.enforce(route.policy)


@functools.singledispatch
def _plain(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")


def _encode(reply: Reply) -> Response:
    content = reply.body
    if content is not None and not isinstance(content, bytes):
        content = msgspec.json.encode(content, enc_hook=_plain)
    headers = dict(reply.headers)
    if content is None:
        headers.setdefault("Content-Length", "0")
        if reply.status in (204, 304):
            headers.pop("Content-Length")
        return Response(status_code=reply.status, headers=headers)
    return Response(content, reply.status, headers, media_type=reply.content_type)
