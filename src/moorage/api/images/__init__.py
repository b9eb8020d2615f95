"""The image service as Glance v2 speaks it."""

from moorage.api.images.service import SERVICE

__all__ = ["SERVICE"]
