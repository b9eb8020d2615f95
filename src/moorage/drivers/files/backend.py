"""How are volumes served as raw files in a directory?

A file needs no access control of its own: connecting only tells the path. So a server that is gone leaves nothing
behind, and ``delete`` has no mask that could hold it back.
"""

from __future__ import annotations

from pathlib import Path

from moorage.volumes.content import ContentStore
from moorage.volumes.ports import ConnectionInfo, Connector, Pool


class FileVolumes(ContentStore):
    """The ``files`` storage backend: ``<directory>/volumes/<volume id>``. Implements ``VolumeBackend``."""

    protocol = "file"

    def __init__(self, name: str, directory: Path) -> None:
        super().__init__(directory)
        self.name = name

    def delete(self, volume_id: str) -> None:
        """Remove the volume's file; absent is success."""
        self.delete_volume(volume_id)

    def connect(self, volume_id: str, connector: Connector) -> ConnectionInfo:  # noqa: ARG002 - every host may open it
        """The absolute path of the volume's file."""
        path = self.require_volume(volume_id)
        data = {"device_path": str(path), "format": "raw", "volume_id": volume_id}
        return {"driver_volume_type": self.protocol, "data": data}

    def disconnect(self, volume_id: str, connector: Connector) -> None:
        """Nothing to take back."""

    def pool(self) -> Pool:
        """Capacity of the file system the directory is on."""
        return self.capacity(self.name)
