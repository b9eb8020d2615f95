"""Moorage: an OpenStack-compatible control plane for servers that live on block volumes."""

__version__ = "0.1.0"
