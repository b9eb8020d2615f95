"""How are volumes served as files in a directory, raw or qcow2?

A file needs no access control of its own: connecting only tells the path. So a server that is gone leaves nothing
behind, and ``delete`` has no mask that could hold it back.
"""

from __future__ import annotations

from pathlib import Path

from moorage.volumes.content import ContentStore
from moorage.volumes.forms import Form
from moorage.volumes.ports import ConnectionInfo, Connector, Pool


class FileVolumes(ContentStore):
    """The storage backends ``files`` and ``qcow2``: ``volumes/<volume id>`` each. Implements ``VolumeBackend``."""

    protocol = "file"

    def __init__(self, name: str, directory: Path, form: Form | None = None) -> None:
        super().__init__(directory, form)
        self.name = name

    def delete(self, volume_id: str) -> None:
        """Remove the volume's file; absent is success."""
        self.delete_volume(volume_id)

    def connect(self, volume_id: str, connector: Connector) -> ConnectionInfo:  # noqa: ARG002 - every host may open it
        """The absolute path of the volume's file."""
        path = self.require_volume(volume_id)
        data = {"device_path": str(path), "format": self._form.name, "volume_id": volume_id}
        return {"driver_volume_type": self.protocol, "data": data}

    def disconnect(self, volume_id: str, connector: Connector) -> None:
        """Nothing to take back."""

    def pool(self) -> Pool:
        """Capacity of the file system the directory is on."""
        return self.capacity(self.name)
