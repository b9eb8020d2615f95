"""Every table, one module per noun. Importing this package fills ``metadata``."""

from moorage.store.tables import (
    attachments,
    audit,
    clusters,
    compute,
    identity,
    images,
    networks,
    operations,
    stacks,
    volumes,
)
from moorage.store.tables.columns import metadata

__all__ = [
    "attachments", "audit", "clusters", "compute", "identity", "images", "metadata", "networks", "operations", "stacks",
    "volumes",
]  # fmt: skip
