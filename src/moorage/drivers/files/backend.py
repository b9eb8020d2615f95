"""How are volumes served as raw files in a directory?

A file needs no access control of its own: connecting only tells the path. So nothing is left behind by a server that
is gone, and ``delete`` has no mask that could hold it back.
"""

from __future__ import annotations

from pathlib import Path

from moorage.volumes.content import ContentStore
from moorage.volumes.ports import ConnectionInfo, Connector, Pool


class FileVolumes:
    """The ``files`` storage backend: ``<directory>/volumes/<volume id>``. Implements ``VolumeBackend``."""

    protocol = "file"

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self._content = ContentStore(directory)
        self.create = self._content.create
        self.write_image = self._content.write_image
