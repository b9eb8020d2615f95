"""A hypervisor whose guests are rows in a SQLite file of its own, with scripted latency and faults.

The file is apart from the control plane's database, so a test can compare the two, and it survives a kill.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from moorage import errors
from moorage.compute.model.guest import Disk, Guest, HeldGuest, HostState, Identity, RescueImage
from moorage.compute.ports import Capabilities
from moorage.connections import ConnectionInfo
from moorage.drivers.sim.faults import Faults
from moorage.drivers.sim.first_boots import FirstBoots
from moorage.store.database import open_engine, sqlite_url

_metadata = sa.MetaData()
guests = sa.Table(
    "guests", _metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("power", sa.Integer, nullable=False),
    sa.Column("disks", sa.Text, nullable=False, comment="JSON list of volume ids, boot order first"),
    sa.Column("boots", sa.Integer, nullable=False),
    sa.Column("addresses", sa.Text, nullable=False, comment="JSON: volume id to where storage serves it"),
)  # fmt: skip

_HIS = guests.c.id == sa.bindparam("guest_id")
_BOOTS, _DROP, _ADD = sa.select(guests.c.boots).where(_HIS), guests.delete().where(_HIS), guests.insert()
RUNNING, PAUSED, SHUTDOWN, SUSPENDED, NOSTATE = 1, 3, 4, 7, 0


class SimDriver:
    """Implements ``compute.ports.Hypervisor``."""

    name = "sim"
    capabilities = Capabilities(
        volume_protocols=frozenset({"file", "fibre_channel"}),
        local_disks=True,
        pause=True,
        suspend=True,
        swap_volume=True,
        rescue=True,
        resize=True,
        console=True,
    )

    def __init__(
        self, path: Path, host: str = "sim-1", latency_s: float = 0.0, copy: Callable[[Disk, Disk], None] | None = None,
        *, reports_first_boot: bool = False, vcpus: int = 10_000, memory_mib: int = 64 << 20,
    ) -> None:  # fmt: skip
        """``copy`` brings the bytes of one connected disk onto another; without it a swap moves only the record.

        ``reports_first_boot``: guests send the reports that their user data asks for.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = open_engine(sqlite_url(path), "BEGIN IMMEDIATE", waits=False)
        self._turn = threading.Lock()
        self._host = host
        self._state = HostState(
            name=host, hypervisor_type="sim", version=1, vcpus=vcpus, memory_mib=memory_mib, disk_gib=1 << 20
        )
        self._latency_s = latency_s
        self._copy = copy
        self._first_boots = FirstBoots(self._engine, self._turn, is_on=reports_first_boot)
        self.faults = Faults(self._engine)
        with self._engine.begin() as tx:
            _metadata.create_all(tx)

    def hosts(self) -> list[HostState]:
        return [self._state]

    def reserve_identity(self, guest: Guest) -> Identity:
        with self.faults.around("reserve_identity", guest.id, self._latency_s):
            connector = {"host": guest.id, "wwpns": [_wwpn(guest.id, port) for port in (0, 1)]}
        return Identity(connector=connector, host=self._host)

    def boot(self, guest: Guest, disks: list[Disk]) -> None:
        with self.faults.around("boot", guest.id, self._latency_s):
            self._put(guest, disks, RUNNING, booted=True)

    def power_on(self, guest: Guest, disks: list[Disk]) -> None:
        with self.faults.around("power_on", guest.id, self._latency_s):
            self._put(guest, disks, RUNNING, booted=True)

    def power_off(self, guest: Guest, *, is_graceful: bool = True) -> None:  # noqa: ARG002 - there is no system to ask
        with self.faults.around("power_off", guest.id, self._latency_s):
            self._set_power(guest, SHUTDOWN)

    def reboot(self, guest: Guest, disks: list[Disk], hard: bool) -> None:
        """A soft one leaves the definition as it is, disks included, as on a real hypervisor."""
        with self.faults.around("reboot_hard" if hard else "reboot", guest.id, self._latency_s):
            self._put(guest, disks, RUNNING, booted=True, kept={} if hard else self._addresses(guest))

    def pause(self, guest: Guest) -> None:
        with self.faults.around("pause", guest.id, self._latency_s):
            self._set_power(guest, PAUSED)

    def unpause(self, guest: Guest) -> None:
        with self.faults.around("unpause", guest.id, self._latency_s):
            self._set_power(guest, RUNNING)

    def suspend(self, guest: Guest) -> None:
        with self.faults.around("suspend", guest.id, self._latency_s):
            self._set_power(guest, SUSPENDED)

    def resume(self, guest: Guest, disks: list[Disk]) -> None:
        with self.faults.around("resume", guest.id, self._latency_s):
            self._put(guest, disks, RUNNING, booted=False)

    def plug(self, guest: Guest, disk: Disk) -> None:
        with self.faults.around("plug", guest.id, self._latency_s):
            self._change_disks(guest, lambda held: {**held, disk.volume_id: _address(disk.connection_info)})

    def unplug(self, guest: Guest, disk: Disk) -> None:
        with self.faults.around("unplug", guest.id, self._latency_s):
            self._change_disks(guest, lambda held: {v: where for v, where in held.items() if v != disk.volume_id})

    def grow(self, guest: Guest, disk: Disk, size_gib: int) -> None:  # noqa: ARG002 - it has no size here
        """Nothing to tell: no content is behind a simulated guest."""
        with self.faults.around("grow", guest.id, self._latency_s):
            pass

    def swap(self, guest: Guest, old: Disk, new: Disk) -> None:
        """A simulated guest writes nothing, so one copy is enough before it is moved over."""
        with self.faults.around("swap", guest.id, self._latency_s):
            place = _address(new.connection_info)
            if self._addresses(guest).get(new.volume_id) == place:
                return
            if self._copy is not None:
                self._copy(old, new)
            self._change_disks(
                guest,
                lambda held: dict((new.volume_id, place) if v == old.volume_id else (v, at) for v, at in held.items()),
            )

    def rescue(self, guest: Guest, disks: list[Disk], image: RescueImage | None) -> None:  # noqa: ARG002
        with self.faults.around("rescue", guest.id, self._latency_s):
            self._put(guest, disks, RUNNING, booted=True)

    def read_disk(self, guest: Guest, target: Path) -> None:
        """A simulated guest's local root has no content, and so has its image."""
        with self.faults.around("read_disk", guest.id, self._latency_s):
            target.write_bytes(b"")

    def console(self, guest: Guest) -> str:
        """A boot log made of what is on record for the guest."""
        with self._engine.connect() as tx:
            row = tx.execute(sa.select(guests).where(guests.c.id == guest.id)).one_or_none()
        if row is None:
            raise errors.Refused(f"Guest {guest.id} does not exist")
        found = [f"[    0.{n + 1:06d}] disk {n}: volume {volume}" for n, volume in enumerate(json.loads(row.disks))]
        lines = [
            f"[    0.000000] {row.name}: simulated guest {row.id}, boot {row.boots}",
            *found,
            f"{row.name} login: ",
        ]
        return "\n".join(lines)

    def destroy(self, guest: Guest) -> None:
        with self.faults.around("destroy", guest.id, self._latency_s), self._turn, self._engine.begin() as tx:
            tx.execute(_DROP, {"guest_id": guest.id})
            self._first_boots.forget(tx, guest)

    def release_identity(self, guest: Guest) -> None:
        """The WWPNs are computed from the server's id: nothing holds them."""

    def rest_identity(self, guest: Guest) -> bool:
        """Never kept: it is made of the guest's name."""
        self.release_identity(guest)
        return False

    def power_state(self, guest: Guest) -> int:
        with self._engine.connect() as tx:
            power = tx.scalar(sa.select(guests.c.power).where(guests.c.id == guest.id))
        return NOSTATE if power is None else int(power)

    def guests_of(self, server_ids: list[str]) -> list[HeldGuest]:
        with self.faults.around("inventory", "*", 0.0):
            return self._held(guests.c.id.in_(server_ids), len(server_ids))

    def guests_after(self, server_id: str, limit: int) -> list[HeldGuest]:
        with self.faults.around("inventory", "*", 0.0):
            return self._held(guests.c.id > server_id, limit)

    def _held(self, condition: sa.ColumnElement[bool], limit: int) -> list[HeldGuest]:
        """A suspended guest counts as running: it expects its disks as it left them."""
        with self._engine.connect() as tx:
            rows = list(tx.execute(sa.select(guests).where(condition).order_by(guests.c.id).limit(limit)))
        return [
            HeldGuest(
                server_id=row.id, is_running=row.power not in (SHUTDOWN, NOSTATE), volume_ids=json.loads(row.disks)
            )
            for row in rows
        ]

    def close(self) -> None:
        self._first_boots.close()
        self._engine.dispose()

    def _put(
        self, guest: Guest, disks: list[Disk], power: int, booted: bool, kept: dict[str, str] | None = None
    ) -> None:  # fmt: skip
        addresses = kept or {disk.volume_id: _address(disk.connection_info) for disk in disks}
        with self._turn, self._engine.begin() as tx:
            boots = tx.scalar(_BOOTS, {"guest_id": guest.id}) or 0
            tx.execute(_DROP, {"guest_id": guest.id})
            tx.execute(_ADD, {
                "id": guest.id, "name": guest.name, "power": power, "disks": json.dumps(list(addresses)),
                "boots": boots + int(booted), "addresses": json.dumps(addresses),
            })  # fmt: skip
            if booted:
                self._first_boots.note(tx, guest)
        self._first_boots.wake()

    def _change_disks(self, guest: Guest, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        with self._turn, self._engine.begin() as tx:
            held = tx.scalar(sa.select(guests.c.addresses).where(guests.c.id == guest.id))
            if held is None:
                raise errors.Refused(f"Guest {guest.id} does not exist")
            changed = change(json.loads(held))
            values = {"disks": json.dumps(list(changed)), "addresses": json.dumps(changed)}
            tx.execute(guests.update().where(guests.c.id == guest.id).values(**values))

    def _addresses(self, guest: Guest) -> dict[str, str]:
        with self._engine.connect() as tx:
            held = tx.scalar(sa.select(guests.c.addresses).where(guests.c.id == guest.id))
        return dict(json.loads(held)) if held else {}

    def _set_power(self, guest: Guest, power: int) -> None:
        with self._turn, self._engine.begin() as tx:
            changed = tx.execute(guests.update().where(guests.c.id == guest.id).values(power=power))
            if not changed.rowcount:
                raise errors.Refused(f"Guest {guest.id} does not exist")


def _address(connection: ConnectionInfo) -> str:
    """Where storage serves a disk: the same volume has another one in another backend."""
    data = connection.get("data", {})
    return str(data.get("device_path") or f"{data.get('target_wwn')}/{data.get('target_lun')}")


def _wwpn(server_id: str, port: int) -> str:
    digest = hashlib.sha256(f"{server_id}/{port}".encode()).hexdigest()
    return f"c05076{digest[:10]}"
