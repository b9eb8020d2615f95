"""How does the simulated array serve volumes?

Content is written before the volume's row and removed after it: a row always has whole content, and content without
a row is found by the repeated call.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from moorage import errors
from moorage.drivers.fcarray.array_file import ArrayFile, beside
from moorage.drivers.fcarray.faults import striking
from moorage.drivers.fcarray.listing import hosts_after, mappings
from moorage.drivers.fcarray.masking import give_access, hosts_of, take_access
from moorage.volumes.content import ContentStore
from moorage.volumes.ports import ConnectionInfo, Connector, Mapping, Pool


class FcArray:
    """The ``fcarray`` storage backend. Implements ``VolumeBackend``; its state is the array file ``path``."""

    protocol = "fibre_channel"

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._file = ArrayFile(path)
        self._content = ContentStore(beside(path))

    def create(self, volume_id: str, size_gib: int) -> None:
        """Make an empty volume, or find it."""
        with striking(self._file, "create"):
            self._content.create(volume_id, size_gib)
            self._add_volume(volume_id)

    def write_image(self, volume_id: str, image: Path, disk_format: str) -> None:
        """Replace the volume's content; a crash in the middle keeps what was there before."""
        with striking(self._file, "write_image"):
            self._require(volume_id)
            self._content.write_image(volume_id, image, disk_format)

    def read_image(self, volume_id: str, target: Path) -> None:
        """Write the volume's content to ``target`` as a sparse raw image."""
        with striking(self._file, "read_image"):
            self._require(volume_id)
            self._content.read_image(volume_id, target)

    def clone(self, volume_id: str, source_id: str, size_gib: int) -> None:
        """Make a volume with another volume's content, or find it."""
        with striking(self._file, "clone"):
            self._content.clone(volume_id, source_id, size_gib)
            self._add_volume(volume_id)

    def create_from_snapshot(self, volume_id: str, snapshot_id: str, size_gib: int) -> None:
        """Make a volume with a snapshot's content, or find it."""
        with striking(self._file, "create_from_snapshot"):
            self._content.create_from_snapshot(volume_id, snapshot_id, size_gib)
            self._add_volume(volume_id)

    def extend(self, volume_id: str, size_gib: int) -> None:
        """Grow the volume; hosts see the new size under the same LUN."""
        with striking(self._file, "extend"):
            self._require(volume_id)
            self._content.extend(volume_id, size_gib)
            row = (size_gib, volume_id)
            with self._file.transaction() as db:
                db.execute("UPDATE volumes SET size_gib = MAX(size_gib, ?) WHERE volume_id = ?", row)

    def delete(self, volume_id: str) -> None:
        """Remove the volume; ``Refused`` while it is masked to a host."""
        with striking(self._file, "delete"):
            with self._file.transaction() as db:
                if hosts := hosts_of(db, volume_id):
                    raise errors.Refused(f"volume {volume_id} is masked to {', '.join(hosts)}")
                db.execute("DELETE FROM volumes WHERE volume_id = ?", (volume_id,))
            self._content.delete_volume(volume_id)

    def create_snapshot(self, snapshot_id: str, volume_id: str) -> None:
        """Copy the volume's present content, or find the copy."""
        with striking(self._file, "create_snapshot"):
            self._content.create_snapshot(snapshot_id, volume_id)
            size_gib = self._content.size_gib(self._content.snapshot_path(snapshot_id))
            row = (snapshot_id, volume_id, size_gib)
            with self._file.transaction() as db:
                db.execute("INSERT OR IGNORE INTO snapshots (snapshot_id, volume_id, size_gib) VALUES (?, ?, ?)", row)

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Remove the snapshot; volumes made from it are copies and stay."""
        with striking(self._file, "delete_snapshot"):
            with self._file.transaction() as db:
                db.execute("DELETE FROM snapshots WHERE snapshot_id = ?", (snapshot_id,))
            self._content.delete_snapshot(snapshot_id)

    def connect(self, volume_id: str, connector: Connector) -> ConnectionInfo:
        """Mask the volume to the connector's host on the lowest free LUN and zone its initiators."""
        with striking(self._file, "connect"), self._file.transaction() as db:
            data = give_access(db, volume_id, connector)
        return {"driver_volume_type": self.protocol, "data": data}

    def disconnect(self, volume_id: str, connector: Connector) -> None:
        """Unmask; the host and its zones go with its last mask."""
        with striking(self._file, "disconnect"), self._file.transaction() as db:
            take_access(db, volume_id, connector)

    def mappings_of(self, hosts: list[str]) -> list[Mapping]:
        """Masks of these hosts, for the audit."""
        with striking(self._file, "mappings"), self._file.reading() as db:
            return mappings(db, hosts)

    def mappings_after(self, host: str, limit: int) -> list[Mapping]:
        with striking(self._file, "mappings"), self._file.reading() as db:
            return mappings(db, hosts_after(db, host, limit))

    def pool(self) -> Pool:
        """Capacity of the file system that holds the content."""
        with striking(self._file, "pool"):
            return self._content.capacity(self.name)

    def close(self) -> None:
        """Release the array file."""
        self._file.close()

    def _require(self, volume_id: str) -> None:
        with self._file.reading() as db:
            if not db.execute("SELECT 1 FROM volumes WHERE volume_id = ?", (volume_id,)).fetchone():
                raise errors.Refused(f"the array has no volume {volume_id}")

    def _add_volume(self, volume_id: str) -> None:
        size_gib = self._content.size_gib(self._content.volume_path(volume_id))
        with self._file.transaction() as db:
            serial = db.execute("SELECT serial FROM array").fetchone()["serial"]
            row = (volume_id, _naa(serial, volume_id), size_gib)
            db.execute("INSERT OR IGNORE INTO volumes (volume_id, naa, size_gib) VALUES (?, ?, ?)", row)


def _naa(serial: str, volume_id: str) -> str:
    """The volume's world-wide name: NAA 6 (registered extended), the vendor's number, 22 digits from the volume id."""
    return "6005076802" + hashlib.sha256(f"{serial}/{volume_id}".encode()).hexdigest()[:22]
