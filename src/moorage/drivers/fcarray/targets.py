"""How are the array's target ports taken down and brought back?"""

from __future__ import annotations

from pathlib import Path

from moorage import errors
from moorage.drivers.fcarray.array_file import ArrayFile
from moorage.drivers.fcarray.wwpn import plain_wwpn


class TargetPorts:
    """Switches the target ports of the array in ``path``, from any process."""

    def __init__(self, path: Path) -> None:
        self._file = ArrayFile(path)

    def wwpns(self) -> list[str]:
        """All target ports, those of fabric 0 first."""
        with self._file.reading() as db:
            return [row["wwpn"] for row in db.execute("SELECT wwpn FROM targets ORDER BY fabric, wwpn")]

    def set_online(self, wwpn: str, is_online: bool) -> None:
        """Take a port's light away or give it back; ``NotFound`` if the array has no such port."""
        with self._file.transaction() as db:
            found = db.execute("UPDATE targets SET is_online = ? WHERE wwpn = ?", (is_online, plain_wwpn(wwpn)))
            if not found.rowcount:
                raise errors.NotFound(f"the array has no target port {wwpn}")
