"""Who asks: the caller as proved by a token, and the ids a log line needs."""

from __future__ import annotations

import msgspec


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The authenticated caller of one request."""

    user_id: str
    user_name: str = ""
    user_domain_id: str = "default"
    project_id: str = ""
    """Empty for unscoped, domain-scoped and system-scoped tokens."""
    project_name: str = ""
    project_domain_id: str = "default"
    domain_id: str = ""
    roles: frozenset[str] = frozenset()
    system: bool = False
    is_service: bool = False
    """A valid service token with the service role came along, or the caller holds that role."""
    request_id: str = ""
    token: str = ""

    @property
    def is_admin(self) -> bool:
        return "admin" in self.roles

    @property
    def reach(self) -> str | None:
        """The project whose single resources the caller may reach; None for an admin, who reaches everybody's."""
        return None if self.is_admin else self.project_id


NOBODY = Context(user_id="")
"""The caller of routes that need no token."""
