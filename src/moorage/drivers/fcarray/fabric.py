"""Does a LUN answer an initiator through a target port? What a simulated machine asks before it boots."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

from moorage import errors
from moorage.drivers.fcarray.array_file import beside, read_only
from moorage.drivers.fcarray.lun import plain_lun, scsi_lun
from moorage.drivers.fcarray.wwpn import plain_wwpn
from moorage.volumes.content import ContentStore

_SEEN = """
SELECT zones.target, masks.lun, volumes.naa, volumes.size_gib FROM initiators
JOIN masks USING (host_id) JOIN volumes USING (volume_id) JOIN zones ON zones.initiator = initiators.wwpn
JOIN targets ON targets.wwpn = zones.target AND targets.is_online
WHERE initiators.wwpn = ? ORDER BY zones.target, masks.lun
"""


class SeenLun(NamedTuple):
    """A LUN on one path."""

    target: str
    lun16: str
    naa: str
    size_gib: int


class Fabric:
    """The storage network as the array file shows it at each question. Only reads; safe from any thread or process."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def reason_unreachable(self, initiator: str, target: str, lun16: str) -> str | None:
        """Why the LUN does not answer, or None if it does.

        Port names may have upper case, colons or ``0x``. ``lun16`` is 16 hex digits in SCSI order, see ``scsi_lun``.
        """
        try:
            with read_only(self._path) as db:
                return _obstacle(db, plain_wwpn(initiator), plain_wwpn(target), plain_lun(lun16))
        except FileNotFoundError as error:
            return str(error)
        except errors.Unknown as error:
            return error.message

    def luns_seen(self, initiator: str) -> list[SeenLun]:
        """Every LUN that answers the initiator, on each target port it answers through."""
        try:
            with read_only(self._path) as db:
                rows = db.execute(_SEEN, (plain_wwpn(initiator),)).fetchall()
        except (FileNotFoundError, errors.Unknown):
            return []
        return [SeenLun(row["target"], scsi_lun(row["lun"]), row["naa"], row["size_gib"]) for row in rows]

    def content_behind(self, paths: dict[str, list[str]], lun: int) -> Path:
        """The file with the bytes of a LUN, by the paths (initiator: targets) to it; ``Refused`` if none answers."""
        reasons = ["there is no path"]
        for initiator, target in ((i, t) for i, targets in paths.items() for t in targets):
            reason = self.reason_unreachable(initiator, target, scsi_lun(lun))
            if reason is None:
                return self._content_of(plain_wwpn(initiator), lun)
            reasons.append(reason)
        raise errors.Refused(f"LUN {lun}: {reasons[-1]}")

    def _content_of(self, initiator: str, lun: int) -> Path:
        query = "SELECT volume_id FROM masks JOIN initiators USING (host_id) WHERE wwpn = ? AND lun = ?"
        with read_only(self._path) as db:
            found = db.execute(query, (initiator, lun)).fetchone()
        if found is None:
            raise errors.Refused(f"LUN {lun} is no longer masked to {initiator}")
        return ContentStore(beside(self._path)).volume_path(found["volume_id"])


def open_fabric(path: Path) -> Fabric:
    """The storage network of the array in ``path``, which may be made later."""
    return Fabric(path)


def _obstacle(db: sqlite3.Connection, initiator: str, target: str, lun16: str) -> str | None:
    port = db.execute("SELECT is_online FROM targets WHERE wwpn = ?", (target,)).fetchone()
    if port is None:
        return f"the array has no target port {target}"
    if not port["is_online"]:
        return f"target port {target} is offline"
    if not db.execute("SELECT 1 FROM zones WHERE initiator = ? AND target = ?", (initiator, target)).fetchone():
        return f"no zone joins initiator {initiator} and target port {target}"
    query = "SELECT lun FROM masks JOIN initiators USING (host_id) WHERE wwpn = ? ORDER BY lun"
    luns = [scsi_lun(row["lun"]) for row in db.execute(query, (initiator,))]
    if not luns:
        return f"no volume is masked to initiator {initiator}"
    if lun16 not in luns:
        return f"initiator {initiator} has no LUN {lun16}, only {', '.join(luns)}"
    return None
