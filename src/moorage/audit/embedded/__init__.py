"""The three sides of an audit when compute and block storage are this program's own."""

from __future__ import annotations

from moorage.audit.embedded.views import EmbeddedViews

__all__ = ["EmbeddedViews"]
