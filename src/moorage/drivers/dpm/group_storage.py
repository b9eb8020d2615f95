"""How does a server on a CPC with storage groups (z14 and later) get its WWPNs and boot?

One non-shared group for each server, made before the partition and removed after the last volume was unmapped. The
partition comes at boot; it boots from the group's boot volume, whose path the HMC is told before each start.
"""

from __future__ import annotations

from typing import Any

import zhmcclient

from moorage import errors
from moorage.compute.ports import Disk, Guest
from moorage.drivers.dpm import boot_path, faults, group_paths, groups, statuses, wwpn
from moorage.drivers.dpm.group_paths import Path
from moorage.drivers.dpm.groups import Group, Groups
from moorage.drivers.dpm.lifecycle import Lifecycle
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.partitions import Partition, Partitions
from moorage.drivers.dpm.sessions import Hmc

_ATTACHED = "storage-group-uris"


class GroupStorage:
    """Implements ``storage.Storage``."""

    def __init__(self, settings: DpmSettings, host: str, lifecycle: Lifecycle, port_uris: list[str]) -> None:
        self.partitions = Partitions(settings, host, _ATTACHED)
        self._cpc_uri = f"/api/cpcs/{settings.cpc_object_id}"
        self._settings = settings
        self._lifecycle = lifecycle
        self._port_uris = port_uris
        self._groups = Groups(self._cpc_uri, len(port_uris))

    def reserve(self, hmc: Hmc, guest: Guest) -> tuple[list[str], dict[str, Any]]:
        """The limits are checked here too: nothing is to be made for a server that could not boot."""
        self.partitions.check_limits(guest)
        group = self._group(hmc, guest)
        return group.wwpns, {"group": group.uri, "volume": group.volume}

    def boot(self, hmc: Hmc, guest: Guest, disks: list[Disk]) -> None:
        disk = boot_path.boot_disk(disks)
        group = self._stored(guest) or self._group(hmc, guest)
        partition = self._settled(hmc, self.partitions.find_or_create(hmc, guest))
        if partition.status in statuses.RUNNING:
            if self._is_booted_from(hmc, group, disk):
                return
            self._lifecycle.stop(hmc, partition.uri)
            partition = self.partitions.reread(hmc, partition.uri)
        self._start(hmc, group, partition, disk)

    def power_on(self, hmc: Hmc, guest: Guest, disks: list[Disk]) -> None:
        partition = self._settled(hmc, self.partitions.require(hmc, guest))
        if partition.status not in statuses.RUNNING:
            group = self._stored(guest) or self._group(hmc, guest)
            self._start(hmc, group, partition, boot_path.boot_disk(disks))

    def destroy(self, hmc: Hmc, guest: Guest) -> None:
        """The group is detached first: what a deletion would do to its WWPNs is not documented."""
        partition = self.partitions.find(hmc, guest)
        if partition is None:
            return
        if attached := partition.properties[_ATTACHED]:
            self._lifecycle.stop(hmc, partition.uri)
        for uri in attached:
            self._detach(hmc, guest, partition.uri, uri)
        self._lifecycle.delete(hmc, partition.uri)

    def release(self, hmc: Hmc, guest: Guest) -> None:
        uri = self._groups.find(hmc, self.partitions.name(guest))
        if uri is not None:
            groups.delete(hmc, uri)

    def held(self, hmc: Hmc) -> list[str]:
        return sorted(server for name in self._groups.names(hmc) if (server := self.partitions.server_of(name)))

    def _start(self, hmc: Hmc, group: Group, partition: Partition, disk: Disk) -> None:
        """From any settled status but running."""
        if group.uri not in partition.properties[_ATTACHED]:
            self._attach(hmc, partition.uri, group.uri)
        initiators = dict(zip(group.wwpns, self._port_uris, strict=False))
        paths = group_paths.candidates(disk, initiators, self._settings.target_wwpn_ignore_list)
        resources_uri = f"{group.uri}/virtual-storage-resources"
        path, listed = group_paths.hmc_check(hmc, self._cpc_uri, disk, paths, resources_uri)
        self._place(hmc, initiators, [each["element-uri"] for each in listed["virtual-storage-resources"]])
        self._fulfill(hmc, group.volume, path)
        boot = {
            "boot-device": "storage-volume",
            "boot-storage-volume": group.volume,
            "boot-timeout": self._settings.boot_timeout,
        }
        self._lifecycle.start(hmc, partition.uri, boot, is_any_boot_fine=False, known=partition)

    def _place(self, hmc: Hmc, initiators: dict[str, str], uris: list[str]) -> None:
        """Each WWPN on the adapter port its paths were checked through."""
        present = {
            wwpn.normal(each["world-wide-port-name-info"]["world-wide-port-name"]): each
            for each in groups.read_all(hmc, uris)
        }
        if missing := sorted(set(initiators) - set(present)):
            raise errors.Refused(f"the partition has no virtual storage resource with WWPN {', '.join(missing)}")
        moves: list[tuple[str, str, dict[str, Any] | None]] = [
            ("POST", present[name]["element-uri"], {"adapter-port-uri": port})
            for name, port in initiators.items()
            if present[name]["adapter-port-uri"] != port
        ]
        if not moves:
            return
        for (_, uri, _body), answer in zip(moves, hmc.submit(moves), strict=True):
            if error := faults.of_answer(answer, uri):
                raise error

    def _fulfill(self, hmc: Hmc, volume: str, path: Path) -> None:
        body = {
            "world-wide-port-name": path.target,
            "logical-unit-number": path.lun,
            "adapter-port-uri": path.port_uri,
        }
        try:
            hmc.post(f"{volume}/operations/fulfill-fcp-storage-volume", body)
        except zhmcclient.HTTPError as error:
            # A complete volume may not take a path again; the one it has must then lead to the same LUN.
            if error.http_status != 409 or not _leads_to(hmc.get(volume), path.lun, [path.target]):
                raise

    def _is_booted_from(self, hmc: Hmc, group: Group, disk: Disk) -> bool:
        targets = [wwpn.normal(target) for target in disk.connection_info["data"].get("target_wwn") or []]
        return _leads_to(hmc.get(group.volume), boot_path.lun(disk), targets)

    def _attach(self, hmc: Hmc, partition_uri: str, group_uri: str) -> None:
        try:
            hmc.post(f"{partition_uri}/operations/attach-storage-group", {"storage-group-uri": group_uri})
        except zhmcclient.HTTPError as error:
            if (
                error.http_status != 409
                or group_uri not in self.partitions.reread(hmc, partition_uri).properties[_ATTACHED]
            ):
                raise

    def _detach(self, hmc: Hmc, guest: Guest, partition_uri: str, group_uri: str) -> None:
        try:
            hmc.post(f"{partition_uri}/operations/detach-storage-group", {"storage-group-uri": group_uri})
        except zhmcclient.HTTPError:
            left = self.partitions.find(hmc, guest)
            if left is not None and group_uri in left.properties[_ATTACHED]:
                raise

    def _settled(self, hmc: Hmc, partition: Partition) -> Partition:
        """A start begun by an earlier attempt that did not live to see the result is waited for."""
        if partition.status in statuses.STOPPED | statuses.RUNNING | statuses.HALTED:
            return partition
        self._lifecycle.settle(hmc, partition)
        return self.partitions.reread(hmc, partition.uri)

    def _group(self, hmc: Hmc, guest: Guest) -> Group:
        name = self.partitions.name(guest)
        return self._groups.find_or_create(hmc, name, f"Moorage server {guest.id}")

    def _stored(self, guest: Guest) -> Group | None:
        handles: dict[str, Any] = guest.identity.get("driver") or {}
        wwpns = (guest.identity.get("connector") or {}).get("wwpns")
        if not wwpns or not handles.get("group") or not handles.get("volume"):
            return None
        return Group(str(handles["group"]), list(wwpns), str(handles["volume"]))


def _leads_to(volume: dict[str, Any], lun: str, targets: list[str]) -> bool:
    """Whether the volume is complete on this LUN of one of these target ports."""
    is_complete = volume.get("fulfillment-state") == "complete"
    return is_complete and any(
        path["logical-unit-number"].lower() == lun
        and (not targets or wwpn.normal(path["target-world-wide-port-name"]) in targets)
        for path in volume.get("paths") or []
    )
