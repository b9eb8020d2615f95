"""What handlers may reach: built once by ``server.py`` and passed with every call."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec
from starlette.datastructures import Headers

from moorage.api.wire.admission import Admission
from moorage.api.wire.policy import Policy
from moorage.compute.ports import Hypervisor
from moorage.context import Context
from moorage.store import Store
from moorage.volumes.ports import VolumeBackend
from moorage.workflows.site import Site


class Tokens(Protocol):
    """Checks tokens: embedded identity, or a real Keystone."""

    def context_of(self, token: str) -> Context:
        """The caller a token stands for; ``errors.Unauthorized`` if unknown, expired or revoked."""

    def remembered(self, token: str) -> Context | None:
        """The same without waiting for anything; None if it has to be looked up."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of what one request may bring."""

    max_body_bytes: int = 1 << 20
    max_image_bytes: int = 1 << 40
    body_patience_s: float = 30.0
    """How long a body may take to come, images apart."""


class Services(msgspec.Struct, kw_only=True):
    """Everything a handler may need."""

    store: Store
    policy: Policy
    tokens: Tokens
    hypervisor: Hypervisor
    backends: dict[str, VolumeBackend]
    """By name; the first is the default."""
    image_dir: Path
    site: Site
    region: str = "RegionOne"
    availability_zone: str = "nova"
    public_url: str = ""
    """What clients see of this port; empty: taken from each request's ``Host``."""
    limits: Limits = Limits()
    admission: Admission = msgspec.field(default_factory=Admission)

    def host_url(self, headers: Headers, scheme: str) -> str:
        """Scheme, host, port and front prefix as the client sees them."""
        if self.public_url:
            return self.public_url.rstrip("/")
        scheme = headers.get("x-forwarded-proto", scheme)
        host = headers.get("x-forwarded-host") or headers.get("host") or "localhost"
        return f"{scheme}://{host}{headers.get('x-forwarded-prefix', '').rstrip('/')}"
