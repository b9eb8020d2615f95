"""Actions that read a server: an image of it, a backup, its console."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

from moorage import errors
from moorage.api.compute.action import Action, checked
from moorage.api.compute.server_bodies import Metadata, Name
from moorage.api.wire import Call, Reply
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.images.model import Image
from moorage.store import Tx
from moorage.workflows import hold, save_image


class CreateImage(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``createImage``."""

    name: Name
    metadata: Metadata = {}


class CreateBackup(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``createBackup``."""

    name: Name
    backup_type: Annotated[str, msgspec.Meta(max_length=255)]
    rotation: Annotated[int, msgspec.Meta(ge=0)]
    metadata: Metadata = {}


class ConsoleOutput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``os-getConsoleOutput``: how many lines; all for none and for -1."""

    length: int | str | None = None


def _create_image(call: Call, tx: Tx, server: Server, value: Any) -> Reply:
    wanted = checked(call, "createImage", value, CreateImage)
    return _answer(call, save_image.request(tx, call.context, server, wanted.name, wanted.metadata))


def _create_backup(call: Call, tx: Tx, server: Server, value: Any) -> Reply:
    wanted = checked(call, "createBackup", value, CreateBackup)
    image = save_image.request_backup(
        tx, call.context, server, wanted.name, wanted.backup_type, wanted.rotation, wanted.metadata
    )
    return _answer(call, image)


def _answer(call: Call, image: Image) -> Reply:
    """From 2.45 the id stands in the body, before only in the address."""
    if call.at_least(2, 45):
        return Reply(status=202, body={"image_id": image.id})
    return Reply(status=202, headers={"Location": f"{call.host_url}/image/v2/images/{image.id}"})


def _check_console(call: Call, _tx: Tx, server: Server, value: Any) -> None:
    _length(call, value)
    states.check_host(server)
    if not call.services.site.hypervisor.console:
        raise errors.NotImplementedHere(hold.NOT_SUPPORTED)


def _console(call: Call, server: Server, value: Any) -> Reply:
    length = _length(call, value)
    lines = call.services.hypervisor.console(server.guest()).splitlines()
    shown = lines if length is None or length < 0 else lines[len(lines) - min(length, len(lines)) :]
    return Reply(body={"output": "\n".join(shown)})


def _length(call: Call, value: Any) -> int | None:
    length = checked(call, "os-getConsoleOutput", value or {}, ConsoleOutput).length
    if length is None:
        return None
    reason = None
    if not re.fullmatch(r"-?[0-9]{1,9}", str(length)):
        reason = f"{length!r} does not match '^-?[0-9]+$'"
    elif int(length) < -1:
        reason = f"{length!r} is less than the minimum of -1"
    if reason is not None:
        raise errors.BadRequest(f"Invalid input for field/attribute length. Value: {length}. {reason}")
    return int(length)


ACTIONS = {
    "createImage": Action(
        run=_create_image, policy="os_compute_api:servers:create_image",
        summary="Make an image of a server; of a volume-backed one by snapshots of its volumes.",
    ),
    "createBackup": Action(
        run=_create_backup, policy="os_compute_api:os-create-backup",
        summary="Make an image of a server and remove older ones.",
    ),
    "os-getConsoleOutput": Action(
        run=_check_console, answer=_console, policy="os_compute_api:os-console-output",
        summary="Read what a server wrote to its console.",
    ),
}  # fmt: skip
