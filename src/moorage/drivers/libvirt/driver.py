"""How do servers become QEMU guests on hosts with libvirt?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moorage import errors
from moorage.compute.model.guest import Disk, Guest, GuestState, HeldGuest, HostState, Identity, RescueImage
from moorage.compute.ports import Capabilities
from moorage.compute.unsupported import Unsupported
from moorage.drivers.libvirt import binding, domain_xml, lifecycle, sources
from moorage.drivers.libvirt.domain_xml import Media
from moorage.drivers.libvirt.hints import Hints
from moorage.drivers.libvirt.hosts import Host
from moorage.drivers.libvirt.instances import Instances
from moorage.drivers.libvirt.inventory import Inventory
from moorage.drivers.libvirt.lifecycle import Lifecycle
from moorage.drivers.libvirt.options import LibvirtSettings
from moorage.drivers.libvirt.placement import Placement
from moorage.drivers.libvirt.plugs import Plugs
from moorage.drivers.libvirt.states import StateWatch
from moorage.drivers.libvirt.swap import Swap

_INITIATOR = "iqn.2010-10.org.openstack"


class LibvirtDriver(Unsupported):
    """The ``libvirt`` hypervisor. Implements ``moorage.compute.ports.Hypervisor``; safe to use from many threads."""

    name = "libvirt"
    capabilities = Capabilities(
        volume_protocols=sources.kinds(), local_disks=False, pause=True, suspend=True, swap_volume=True, resize=True,
        console=True, rescue_of_volumes=True, shares_processors=True,
    )  # fmt: skip

    def __init__(self, settings: LibvirtSettings) -> None:
        binding.library()
        self._settings = settings
        self._hints = Hints()
        self._hosts = {
            name: Host(name, uri, settings, self._hints, self._note_change) for name, uri in settings.hosts.items()
        }
        self._states = StateWatch(self._hosts.values())
        self._inventory = Inventory(self._hosts.values())
        self._placement = Placement(settings, self._hosts)
        self._lifecycle = Lifecycle(settings, self._hints)
        self._plugs = Plugs(settings, self._hints)
        self._instances = Instances(settings)

    def close(self) -> None:
        """Guests go on; the driver cannot be used afterwards."""
        self._states.stop()
        for host in self._hosts.values():
            host.close()

    def hosts(self) -> list[HostState]:
        return self._placement.states()

    def reserve_identity(self, guest: Guest) -> Identity:
        """Each guest is an initiator of its own: QEMU reaches storage itself, not its host."""
        host = self._placement.host_of(guest) or self._placement.chosen(guest)
        connector = {"host": guest.id, "initiator": f"{_INITIATOR}:{guest.id}", "wwpns": []}
        return Identity(connector=connector, host=host.name)

    def release_identity(self, guest: Guest) -> None:
        """Nothing holds an initiator's name."""

    def rest_identity(self, guest: Guest) -> bool:
        """Never kept: a guest that comes back may find its place on another host."""
        self.release_identity(guest)
        return False

    def boot(self, guest: Guest, disks: list[Disk]) -> None:
        self.power_on(guest, disks)

    def power_on(self, guest: Guest, disks: list[Disk]) -> None:
        with self._connected(guest, "start") as (host, connection):
            domain = host.find(connection, guest.id)
            if domain is None or not domain.isActive():
                self._start(host, connection, guest, disks)

    def power_off(self, guest: Guest, *, is_graceful: bool = True) -> None:
        with self._guest(guest, "stop") as domain:
            self._lifecycle.stop(domain, is_graceful=is_graceful)

    def reboot(self, guest: Guest, disks: list[Disk], hard: bool) -> None:
        """A guest that does not shut down in time for a soft reboot is rebooted hard, as Nova does."""
        with self._connected(guest, "reboot") as (host, connection):
            domain = host.find(connection, guest.id)
            if domain is not None and not hard and self._has_shut_down(domain):
                lifecycle.begin(domain)
                return
            if domain is not None:
                self._lifecycle.stop(domain, is_graceful=False)
            self._start(host, connection, guest, disks)

    def pause(self, guest: Guest) -> None:
        with self._guest(guest, "pause") as domain:
            self._lifecycle.pause(domain)

    def unpause(self, guest: Guest) -> None:
        with self._guest(guest, "unpause") as domain:
            self._lifecycle.unpause(domain)

    def suspend(self, guest: Guest) -> None:
        with self._guest(guest, "suspend") as domain:
            self._lifecycle.save(domain)

    def resume(self, guest: Guest, disks: list[Disk]) -> None:
        """From its saved memory; booted if that is lost."""
        with self._connected(guest, "resume") as (host, connection):
            domain = host.find(connection, guest.id)
            if domain is not None and lifecycle.power_of(domain) == lifecycle.SUSPENDED:
                lifecycle.begin(domain)
            elif domain is None or not domain.isActive():
                self._start(host, connection, guest, disks)

    def plug(self, guest: Guest, disk: Disk) -> None:
        with self._guest(guest, f"attach of volume {disk.volume_id} to") as domain:
            self._plugs.plug(domain, disk)

    def unplug(self, guest: Guest, disk: Disk) -> None:
        with self._connected(guest, f"detach of volume {disk.volume_id} from") as (host, connection):
            domain = host.find(connection, guest.id)
            if domain is not None:
                self._plugs.unplug(domain, disk)

    def grow(self, guest: Guest, disk: Disk, size_gib: int) -> None:
        with self._guest(guest, f"extend of volume {disk.volume_id} of") as domain:
            self._plugs.grow(domain, disk, size_gib)

    def swap(self, guest: Guest, old: Disk, new: Disk) -> None:
        with self._guest(guest, f"swap of volume {old.volume_id} of") as domain:
            Swap(self._settings, self._hints, domain, old, new).run()

    def rescue(self, guest: Guest, disks: list[Disk], image: RescueImage | None) -> None:
        """From a copy of the image on a disk of its own; the server's disks stay where they are, behind it."""
        if image is None:
            raise errors.Refused(f"server {guest.id} has no local root disk to be rescued beside")
        with self._connected(guest, "rescue") as (host, connection):
            domain = host.find(connection, guest.id)
            if domain is not None and domain.isActive():
                return
            media = self._instances.prepare_rescue(guest, image)
            self._define_and_run(host, connection, guest, disks, media)

    def console(self, guest: Guest) -> str:
        return self._instances.console(guest)

    def destroy(self, guest: Guest) -> None:
        """On its host; for a server that has none on record any more, on each host that answers."""
        placed = self._placement.host_of(guest)
        for host in [placed] if placed is not None else self._hosts.values():
            try:
                self._remove(host, guest)
            except errors.Unknown:
                if placed is not None:
                    raise
        self._instances.remove(guest)

    def power_state(self, guest: Guest) -> int:
        if self._placement.host_of(guest) is None:
            return lifecycle.NOSTATE
        with self._connected(guest, "look at") as (host, connection):
            domain = host.find(connection, guest.id)
            return lifecycle.NOSTATE if domain is None else lifecycle.power_of(domain)

    def guests_of(self, server_ids: list[str]) -> list[HeldGuest]:
        return self._inventory.guests_of(server_ids)

    def guests_after(self, server_id: str, limit: int) -> list[HeldGuest]:
        return self._inventory.guests_after(server_id, limit)

    def watch(self, tell: Callable[[GuestState], None]) -> None:
        """Tells what has become of a guest at each of libvirt's lifecycle events."""
        self._states.start(tell)

    def states_of(self, server_ids: list[str]) -> list[GuestState]:
        return self._inventory.states_of(server_ids)

    def _note_change(self, host: Host, server_id: str) -> None:
        self._states.note(host, server_id)

    def _remove(self, host: Host, guest: Guest) -> None:
        with host.lease(f"removal of server {guest.id}") as connection:
            domain = host.find(connection, guest.id)
            if domain is not None:
                self._lifecycle.remove(domain)

    def _has_shut_down(self, domain: Any) -> bool:
        return self._lifecycle.shut_down(domain, self._settings.wait_soft_reboot_seconds)

    def _start(self, host: Host, connection: Any, guest: Guest, disks: list[Disk]) -> None:
        self._define_and_run(host, connection, guest, disks, self._instances.prepare(guest))

    def _define_and_run(self, host: Host, connection: Any, guest: Guest, disks: list[Disk], media: Media) -> None:
        virt_type = host.virt_type(connection)
        self._lifecycle.start(connection, domain_xml.render(guest, disks, media, self._settings, virt_type))

    @contextmanager
    def _connected(self, guest: Guest, what: str) -> Iterator[tuple[Host, Any]]:
        """The guest's host and its connection; errors name the action and the server."""
        host = self._placement.host_of(guest)
        if host is None:
            raise errors.Refused(f"server {guest.id} has no host")
        with host.lease(f"{what} server {guest.id}") as connection:
            yield host, connection

    @contextmanager
    def _guest(self, guest: Guest, what: str) -> Iterator[Any]:
        """The guest's settled domain; ``Refused`` if there is none."""
        with self._connected(guest, what) as (host, connection):
            domain = host.find(connection, guest.id)
            if domain is None:
                raise errors.Refused(f"server {guest.id} has no guest on {host.name}")
            yield domain
