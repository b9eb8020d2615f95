"""The identity API, Keystone v3."""

from moorage.api.identity.service import SERVICE

__all__ = ["SERVICE"]
