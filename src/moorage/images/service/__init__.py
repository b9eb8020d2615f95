"""The rules of images. Every function takes the transaction it works in; files are touched in ``content`` only."""

from moorage.images.content import facts_of, path_of
from moorage.images.service.ingest import activate, claim, ensure, release
from moorage.images.service.lookup import get_visible
from moorage.images.service.recover import recover

__all__ = ["activate", "claim", "ensure", "facts_of", "get_visible", "path_of", "recover", "release"]
