"""The stack that a cluster is: a HOT document and the nested templates it refers to."""

from moorage.clusters.rendering.cluster import Rendered, render

__all__ = ["Rendered", "render"]
