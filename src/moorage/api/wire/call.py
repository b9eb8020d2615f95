"""What a handler is given and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from starlette.datastructures import Headers, QueryParams

from moorage import errors
from moorage.api.wire import body as bodies
from moorage.api.wire.versions import Version
from moorage.context import Context

if TYPE_CHECKING:
    from moorage.api.services import Services

T = TypeVar("T")


class Reply(msgspec.Struct, kw_only=True):
    """A response. ``body`` None sends none; bytes go out as they are with ``content_type``."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = {}
    content_type: str = "application/json"


class Call:
    """One request to one route, already authenticated and allowed by the route's policy."""

    def __init__(
        self,
        *,
        services: Services,
        context: Context,
        version: Version,
        params: Mapping[str, str],
        query: QueryParams,
        headers: Headers,
        raw: bytes,
        host_url: str,
        service_url: str,
        path: str,
    ) -> None:
        self.services = services
        self.context = context
        self.version = version
        self.params = params
        self.query = query
        self.headers = headers
        self.raw = raw
        self.host_url = host_url
        """``http://host:port`` plus any front prefix, without a slash at the end."""
        self.service_url = service_url
        """``host_url`` plus the service's prefix and API version, e.g. ``http://h:8780/compute/v2.1``."""
        self.path = path
        """The path below ``service_url``, with a leading slash."""
        self._allowed: dict[tuple[str, str | None], bool] = {}

    def at_least(self, major: int, minor: int) -> bool:
        """Whether the request's microversion is that one or a later one."""
        return self.version >= (major, minor)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; 400 if it is anything else."""
        return bodies.decode_object(self.raw)

    def body(self, schema: type[T], *, strict: bool = False) -> T:
        """The body checked against a Struct; 400 names the field and the reason.

        Unless ``strict``, numbers and truth values may come as strings.
        """
        return bodies.validate(self.json(), schema, self.version, strict=strict)

    def allowed(self, rule: str, project_id: str | None = None) -> bool:
        """Whether the policy lets the caller do ``rule`` to something of ``project_id`` (default: its own)."""
        key = (rule, project_id)
        if key not in self._allowed:
            self._allowed[key] = self.services.policy.allows(rule, self.context, project_id)
        return self._allowed[key]

    def enforce(self, rule: str, project_id: str | None = None) -> None:
        """403 unless the policy allows ``rule``."""
        if not self.allowed(rule, project_id):
            raise errors.Forbidden(f"Policy doesn't allow {rule} to be performed.")
