"""What else must a stopped partition have before it starts? Its network interfaces, and the drive its system reads.

Whether a system booted from storage sees the mounted image is not documented; until that is known the networks are told
by ``boot-os-specific-parameters`` as well.
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from moorage import errors
from moorage.compute import config_drive
from moorage.compute.model.guest import ConfigDrive, Guest
from moorage.drivers.dpm import faults
from moorage.drivers.dpm.nics import NIC_URIS, PARAMETERS, Nics
from moorage.drivers.dpm.partitions import Partition
from moorage.drivers.dpm.sessions import Hmc

_IMAGE = "boot-iso-image-name"
PROPERTIES = (NIC_URIS, PARAMETERS, _IMAGE)
"""Read with the partition, at no request of their own."""
_FILE = "openstack/latest/meta_data.json"
"""The HMC wants the name of a file to load; the image is not booted from."""


class Outfit:
    """Brings partitions to what their guests are to have. Every part is looked for first."""

    def __init__(self, cpc_uri: str, *, sets_mac: bool, mounts_config_drive: bool) -> None:
        self._nics = Nics(cpc_uri, sets_mac=sets_mac)
        self._mounts = mounts_config_drive

    def provide(self, hmc: Hmc, guest: Guest, partition: Partition) -> None:
        """One request for all NICs, one for the drive; none if all is there. The partition is stopped."""
        asked = self._nics.requests(hmc, guest, partition) if guest.nics else []
        for (_, uri, _body), answer in zip(asked, hmc.submit(asked) if asked else [], strict=True):
            error = faults.of_answer(answer, uri)
            if error is not None and not faults.is_about_the_request(error):
                # Made by an earlier request that took effect late: the next look finds it.
                raise errors.Unknown(f"a NIC of server {guest.id} is there already: {error.message}")
            if error is not None:
                raise error
        drive = guest.config_drive
        if self._mounts and drive is not None and config_drive.is_needed(drive):
            self._mount(hmc, partition, drive)

    def _mount(self, hmc: Hmc, partition: Partition, drive: ConfigDrive) -> None:
        name = image_name(drive)
        if partition.properties.get(_IMAGE) == name:
            return
        query = f"image-name={quote(name)}&ins-file-name={quote(_FILE, safe='')}"
        hmc.upload(f"{partition.uri}/operations/mount-iso-image?{query}", config_drive.iso(drive))


def image_name(drive: ConfigDrive) -> str:
    """Made of the drive's contents: the same name is the same drive."""
    digest = hashlib.sha256()
    for path, content in sorted(config_drive.files(drive).items()):
        digest.update(f"{path}:{len(content)}:".encode() + content)
    return f"config-{digest.hexdigest()[:16]}.iso"
