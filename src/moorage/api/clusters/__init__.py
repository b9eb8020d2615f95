"""The data-processing API: Sahara's v1.1, and v2 with boot volumes wherever a node group stands."""

from moorage.api.clusters.service import V1_1, V2

__all__ = ["V1_1", "V2"]
