"""Every table, one module per noun. Importing this package fills ``metadata``."""

from moorage.store.tables import attachments, audit, clusters, compute, identity, images, operations, volumes
from moorage.store.tables.columns import metadata

__all__ = ["attachments", "audit", "clusters", "compute", "identity", "images", "metadata", "operations", "volumes"]
