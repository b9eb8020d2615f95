"""What operators may do to a volume: reset its status, delete it by force, move it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from moorage import errors
from moorage.api.volumes import views
from moorage.api.volumes.action import Action, Done, parsed
from moorage.api.volumes.fields import Name, Truth, Uuid, truth
from moorage.api.wire import Call
from moorage.api.wire.body import since
from moorage.attachments import service as attachments
from moorage.store import Tx
from moorage.volumes import states
from moorage.volumes.model import Volume
from moorage.volumes.service import lifecycle, migrations, volumes
from moorage.workflows import delete_volume, migrate_volume

_PREFIX = "volume_extension:volume_admin_actions:"


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    status: str | None = None
    attach_status: str | None = None
    migration_status: str | None = None


class Migrate(msgspec.Struct, forbid_unknown_fields=True):
    host: Name | None = None
    force_host_copy: Truth = False
    lock_volume: Truth = False
    cluster: Annotated[Name | None, since(3, 16)] = None


class Complete(msgspec.Struct, forbid_unknown_fields=True):
    new_volume: Uuid
    error: Truth | None = False


class ExtendComplete(msgspec.Struct, forbid_unknown_fields=True):
    error: Truth | None = False


def _reset(call: Call, tx: Tx, volume: Volume, value: Any) -> None:
    wanted = parsed(call, "os-reset_status", value, Reset)
    given: dict[str, str | None] = {k: v.lower() for k, v in msgspec.structs.asdict(wanted).items() if v is not None}
    if not given:
        raise errors.BadRequest("Must specify 'status', 'attach_status' or 'migration_status' for update.")
    _check_value("status", given.get("status"), states.RESETTABLE)
    _check_value("attach_status", given.get("attach_status"), states.ATTACH_RESETTABLE)
    if given.get("status") in ("deleting", "error_deleting"):
        raise errors.BadRequest(f"Cannot reset-state to {given['status']}")
    found = attachments.of_volume(tx, volume.id)
    if given.get("status") == states.IN_USE and not found:
        raise errors.BadRequest("Cannot reset-state to in-use because volume does not have any attachments.")
    if given.get("attach_status") == "detached" and any(a.bdm_uuid or a.connector for a in found):
        # Cinder forgets the attachments here; what a server holds or storage has mapped must not be forgotten.
        raise errors.BadRequest(
            f"Cannot reset attach_status to detached: volume {volume.id} is attached. Detach it from its server, "
            "or end the attachment."
        )
    if given.get("attach_status") == "detached":
        for attachment in found:
            attachments.remove(tx, attachment.id)
    lifecycle.reset_status(tx, volume, given)


def _check_value(name: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise errors.BadRequest(f"Volume {name}: {value} is invalid, valid statuses are: {allowed}.")


def _force_delete(call: Call, tx: Tx, volume: Volume, _value: Any) -> None:
    delete_volume.request(tx, call.context, volume, force=True)


def _migrate(call: Call, tx: Tx, volume: Volume, value: Any) -> None:
    wanted = parsed(call, "os-migrate_volume", value, Migrate)
    if wanted.host is None or wanted.cluster is not None:
        raise errors.BadRequest("Invalid input received: os-migrate_volume needs a host; there are no clusters.")
    backend = _backend_at(call, wanted.host)
    is_locked = truth("lock_volume", wanted.lock_volume)
    migrate_volume.request(tx, call.context, volume, backend, is_locked=is_locked)


def _backend_at(call: Call, host: str) -> str:
    """The backend that ``get_pools`` lists under this name, with or without the pool behind ``#``."""
    for name in call.services.backends:
        if host in (views.pool_name(name), views.pool_name(name).rpartition("#")[0]):
            return name
    raise errors.BadRequest(f"Invalid host: No available service named '{host}'")


def _complete(call: Call, tx: Tx, volume: Volume, value: Any) -> Done:
    wanted = parsed(call, "os-migrate_volume_completion", value, Complete)
    saved = migrations.confirm(volume, volumes.get(tx, wanted.new_volume))
    return Done(status=200, body={"save_volume_id": saved})


def _extend_complete(call: Call, _tx: Tx, volume: Volume, value: Any) -> Done:
    parsed(call, "os-extend_volume_completion", value, ExtendComplete)
    raise errors.BadRequest(
        "Invalid volume: Volume is not being extended."
        if volume.status != states.EXTENDING
        else "Invalid volume: Required volume admin metadata is malformed or missing."
    )


ACTIONS: dict[str, Action] = {
    "os-reset_status": Action(
        run=_reset, takes=Reset, policy=_PREFIX + "reset_status", default="admin",
        summary="Set a volume's status by hand"
    ),
    "os-force_delete": Action(
        run=_force_delete, policy=_PREFIX + "force_delete", default="admin",
        summary="Delete a volume whatever its state",
    ),
    "os-migrate_volume": Action(
        run=_migrate, takes=Migrate, policy=_PREFIX + "migrate_volume", default="admin",
        summary="Move a volume to another backend"
    ),
    "os-migrate_volume_completion": Action(
        run=_complete, takes=Complete, policy=_PREFIX + "migrate_volume_completion",
        default="service_or_admin", status=200,
        summary="Complete moving a volume",
    ),
    "os-extend_volume_completion": Action(
        run=_extend_complete, takes=ExtendComplete, policy=_PREFIX + "extend_volume_completion",
        default="service_or_admin", min=(3, 71),
        summary="Complete growing an attached volume",
    ),
}  # fmt: skip
