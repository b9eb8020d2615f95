"""How is a partition made to boot from its storage group's boot volume by a certain path?

The path is told by fulfilment. The volume must be complete, and be the LUN that storage gave out, before the start.
"""

from __future__ import annotations

import time
from typing import Any

import zhmcclient

from moorage.compute.model.guest import Disk
from moorage.drivers.dpm import boot_path, faults, group_volumes, wwpn
from moorage.drivers.dpm.boot_path import Path
from moorage.drivers.dpm.lifecycle import BootFailed
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.sessions import Hmc

BOOT_VOLUME = "boot-storage-volume"
_PAUSE_S = 0.5


class GroupBoot:
    """One partition, one group, one disk; ``by`` may be called for one path after the other."""

    def __init__(
        self, hmc: Hmc, settings: DpmSettings, partition_uri: str, group_uri: str, volume_uri: str, disk: Disk
    ) -> None:
        self._hmc = hmc
        self._settings = settings
        self._partition_uri = partition_uri
        self._group_uri = group_uri
        self._volume_uri = volume_uri
        self._disk = disk

    def by(self, path: Path) -> None:
        """Raises ``BootFailed`` when the HMC does not take the path, or finds another LUN there."""
        try:
            self._fulfill(path)
        except zhmcclient.HTTPError as error:
            if error.http_status != 409:
                raise
            # A complete volume may not take another path: then it has to be declared anew.
            if not leads_to(self._hmc.get(self._volume_uri), path.lun, [path.target]):
                self._redeclare()
                self._fulfill_anew(path)
        self._await_complete()

    def _fulfill(self, path: Path) -> None:
        body = {
            "world-wide-port-name": path.target,
            "logical-unit-number": path.lun,
            "adapter-port-uri": path.port_uri,
        }
        self._hmc.post(f"{self._volume_uri}/operations/fulfill-fcp-storage-volume", body)

    def _fulfill_anew(self, path: Path) -> None:
        try:
            self._fulfill(path)
        except zhmcclient.HTTPError as error:
            if error.http_status != 409:
                raise
            text = f"the HMC does not take the path ({error.http_status},{error.reason}: {error.message})"
            raise BootFailed(text, []) from error

    def _redeclare(self) -> None:
        fresh = group_volumes.changes([], self._disk, [])
        entries = [{"operation": "delete", "element-uri": self._volume_uri}, *fresh]
        _, uri, body = group_volumes.modify(self._group_uri, entries)
        self._volume_uri = str(self._hmc.post(uri, body)["element-uris"][0])

    def _await_complete(self) -> None:
        """Boot properties and the first look with one request."""
        asked = [("POST", self._partition_uri, self._properties()), ("GET", self._volume_uri, None)]
        answers = self._hmc.submit(asked)
        for (_, uri, _body), answer in zip(asked, answers, strict=True):
            if error := faults.of_answer(answer, uri):
                raise error
        volume, deadline = answers[1]["body"], time.monotonic() + self._settings.fulfillment_timeout_s
        while volume["fulfillment-state"] != "complete":
            if time.monotonic() > deadline:
                raise BootFailed(f"the boot volume is {volume['fulfillment-state']}, not complete", [])
            time.sleep(_PAUSE_S)
            volume = self._hmc.get(self._volume_uri)
        self._check_identity(volume)

    def _check_identity(self, volume: dict[str, Any]) -> None:
        found, wanted = volume.get("uuid"), boot_path.identifier(self._disk)
        if found and wanted and str(found).lower() != wanted:
            raise BootFailed(f"the HMC found LUN {found} there, but volume {self._disk.volume_id} is {wanted}", [])

    def _properties(self) -> dict[str, Any]:
        return {
            "boot-device": "storage-volume",
            BOOT_VOLUME: self._volume_uri,
            "boot-timeout": self._settings.boot_timeout,
        }


def leads_to(volume: dict[str, Any], lun: str, targets: list[str]) -> bool:
    """Whether the volume is complete on this LUN of one of these target ports."""
    is_complete = volume.get("fulfillment-state") == "complete"
    return is_complete and any(
        path["logical-unit-number"].lower() == lun
        and (not targets or wwpn.normal(path["target-world-wide-port-name"]) in targets)
        for path in volume.get("paths") or []
    )
