"""How does a server on a CPC with storage groups (z14 and later) get its WWPNs and boot?

One non-shared group for each server, made before the partition and removed after the last volume was unmapped. The
partition comes at boot; it boots from the group's boot volume, whose path the HMC is told before each start.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import zhmcclient

from moorage import errors
from moorage.compute.model.guest import Disk, Guest
from moorage.drivers.dpm import boot_path, faults, group_volumes, groups, outfit, path_check, statuses, wwpn
from moorage.drivers.dpm.failover import Failover, Start
from moorage.drivers.dpm.group_boot import BOOT_VOLUME, GroupBoot, leads_to
from moorage.drivers.dpm.group_volumes import Declared
from moorage.drivers.dpm.groups import Group, Groups
from moorage.drivers.dpm.lifecycle import Lifecycle
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.partitions import Partition, Partitions
from moorage.drivers.dpm.path_check import Checked
from moorage.drivers.dpm.sessions import Hmc

_ATTACHED = "storage-group-uris"


class _Seen(NamedTuple):
    """What the HMC shows of an attached group, with one request."""

    checked: Checked
    resource_uris: list[str]
    volumes: list[Declared]


class GroupStorage:
    """Implements ``storage.Storage``."""

    def __init__(
        self, settings: DpmSettings, host: str, lifecycle: Lifecycle, failover: Failover, port_uris: list[str]
    ) -> None:
        self.partitions = Partitions(settings, host, (_ATTACHED, BOOT_VOLUME, *outfit.PROPERTIES))
        self._cpc_uri = f"/api/cpcs/{settings.cpc_object_id}"
        self._settings = settings
        self._lifecycle = lifecycle
        self._failover = failover
        self._port_uris = port_uris
        self._outfit = outfit.Outfit(self._cpc_uri, sets_mac=True, mounts_config_drive=settings.mount_config_drive)
        self._groups = Groups(self._cpc_uri, len(port_uris))

    def reserve(self, hmc: Hmc, guest: Guest) -> tuple[list[str], dict[str, Any]]:
        """The limits are checked here too: nothing is to be made for a server that could not boot."""
        self.partitions.check_limits(guest)
        group = self._group(hmc, guest)
        return group.wwpns, {"group": group.uri}

    def boot(self, hmc: Hmc, guest: Guest, disks: list[Disk]) -> None:
        disk = boot_path.boot_disk(disks)
        found = self.partitions.find_or_create(hmc, guest)
        partition = self._lifecycle.settled(hmc, found, self.partitions.properties)
        if partition.status in statuses.RUNNING and self._is_booted_from(hmc, partition, disk):
            self._failover.take_up(hmc, guest.id, partition)
            return
        self._start(hmc, guest, partition, disk, disks)

    def power_on(self, hmc: Hmc, guest: Guest, disks: list[Disk]) -> None:
        found = self.partitions.require(hmc, guest)
        partition = self._lifecycle.settled(hmc, found, self.partitions.properties)
        if partition.status in statuses.RUNNING:
            self._failover.take_up(hmc, guest.id, partition)
        else:
            self._start(hmc, guest, partition, boot_path.boot_disk(disks), disks)

    def plug(self, hmc: Hmc, guest: Guest, disk: Disk) -> None:
        """Declare the LUN; no call of the HMC reaches the guest, which has to scan for it."""
        group = self._stored(guest) or self._group(hmc, guest)
        group_volumes.add(hmc, group.uri, disk)

    def unplug(self, hmc: Hmc, guest: Guest, disk: Disk) -> None:
        """Withdraw the LUN's declaration; the guest has to let go of it before."""
        group = self._stored(guest)
        uri = group.uri if group else self._groups.find(hmc, self.partitions.name(guest))
        if uri is None:
            return
        try:
            group_volumes.take_away(hmc, uri, disk)
        except zhmcclient.HTTPError as error:
            if not faults.is_missing(error):
                raise

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

    def rest(self, hmc: Hmc, guest: Guest) -> bool:
        """Keep the group for the server's return, if the settings say so and it is there."""
        if not self._settings.keep_groups_of_shelved:
            return False
        return self._groups.find(hmc, self.partitions.name(guest)) is not None

    def _start(self, hmc: Hmc, guest: Guest, partition: Partition, disk: Disk, disks: list[Disk]) -> None:
        if partition.status not in statuses.RUNNING:
            self._failover.take_up(hmc, guest.id, partition)
        if partition.status not in statuses.STOPPED:
            self._lifecycle.stop(hmc, partition.uri)
        group = self._stored(guest) or self._group(hmc, guest)
        if group.uri not in partition.properties.get(_ATTACHED, []):
            self._attach(hmc, partition.uri, group.uri)
        initiators = dict(zip(group.wwpns, self._port_uris, strict=False))
        seen = self._look(hmc, group, initiators, disk)
        volume = self._set_up(hmc, group, initiators, seen, disk, disks)
        self._outfit.provide(hmc, guest, partition)
        way = GroupBoot(hmc, self._settings, partition.uri, group.uri, volume, disk)
        self._failover.run(hmc, Start(guest.id, partition.uri, seen.checked.usable, seen.checked.dead, way.by))

    def _look(self, hmc: Hmc, group: Group, initiators: dict[str, str], disk: Disk) -> _Seen:
        """Check all paths, and list the group's virtual storage resources and volumes."""
        paths = boot_path.candidates(disk, initiators, self._settings.target_wwpn_ignore_list)
        resources_uri = f"{group.uri}/virtual-storage-resources"
        asked = [("GET", resources_uri, None), group_volumes.request(group.uri)]
        checks = [path_check.request(self._cpc_uri, path) for path in paths]
        resources, volumes, *answers = hmc.submit([*asked, *checks])
        for (_, uri, _body), answer in zip(asked, (resources, volumes), strict=True):
            if error := faults.of_answer(answer, uri):
                raise error
        uris = [str(each["element-uri"]) for each in resources["body"]["virtual-storage-resources"]]
        checked = path_check.sorted_out(paths, answers)
        return _Seen(checked, uris, group_volumes.listed(volumes["body"]))

    def _set_up(
        self, hmc: Hmc, group: Group, initiators: dict[str, str], seen: _Seen, disk: Disk, disks: list[Disk]
    ) -> str:
        """Each WWPN on the port its paths were checked through, and exactly the server's disks declared.

        Returns the boot volume's URI.
        """
        present = {
            wwpn.normal(each["world-wide-port-name-info"]["world-wide-port-name"]): each
            for each in groups.read_all(hmc, seen.resource_uris)
        }
        if missing := sorted(set(initiators) - set(present)):
            raise errors.Refused(f"the partition has no virtual storage resource with WWPN {', '.join(missing)}")
        asked: list[tuple[str, str, dict[str, Any] | None]] = [
            ("POST", present[name]["element-uri"], {"adapter-port-uri": port})
            for name, port in initiators.items()
            if present[name]["adapter-port-uri"] != port
        ]
        if entries := group_volumes.changes(seen.volumes, disk, disks):
            asked.append(group_volumes.modify(group.uri, entries))
        answers = hmc.submit(asked) if asked else []
        for (_, uri, _body), answer in zip(asked, answers, strict=True):
            if error := faults.of_answer(answer, uri):
                raise error
        return group_volumes.boot_volume(seen.volumes) or str(answers[-1]["body"]["element-uris"][0])

    def _is_booted_from(self, hmc: Hmc, partition: Partition, disk: Disk) -> bool:
        uri = partition.properties.get(BOOT_VOLUME)
        return bool(uri) and leads_to(hmc.get(str(uri)), boot_path.lun(disk), boot_path.targets(disk))

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

    def _group(self, hmc: Hmc, guest: Guest) -> Group:
        name = self.partitions.name(guest)
        return self._groups.find_or_create(hmc, name, f"Moorage server {guest.id}")

    def _stored(self, guest: Guest) -> Group | None:
        handles: dict[str, Any] = guest.identity.get("driver") or {}
        wwpns = (guest.identity.get("connector") or {}).get("wwpns")
        if not wwpns or not handles.get("group"):
            return None
        return Group(str(handles["group"]), list(wwpns))
