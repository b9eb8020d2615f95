"""Actions that read a server: an image of it, a backup, its console."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import errors
from moorage.api.compute import server_fields as fields
from moorage.api.compute.action import Action, form
from moorage.api.wire import Call, Reply
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.images.model import Image
from moorage.store import Tx
from moorage.workflows import hold, save_image


class CreateImage(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``createImage``."""

    name: fields.Name
    metadata: fields.Metadata = {}


class CreateBackup(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``createBackup``."""

    name: fields.Name
    backup_type: fields.Text255
    rotation: fields.Rotation
    metadata: fields.Metadata = {}


class ConsoleOutput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``os-getConsoleOutput``: how many lines; all for none and for -1."""

    length: fields.Lines = None


_image_form = form("createImage", CreateImage)
_backup_form = form("createBackup", CreateBackup)
_console_form = form("os-getConsoleOutput", ConsoleOutput)


def _create_image(call: Call, tx: Tx, server: Server, value: Any) -> Reply:
    wanted = _image_form(call, value)
    return _answer(call, save_image.request(tx, call.context, server, wanted.name, wanted.metadata))


def _create_backup(call: Call, tx: Tx, server: Server, value: Any) -> Reply:
    wanted = _backup_form(call, value)
    image = save_image.request_backup(
        tx, call.context, server, wanted.name, wanted.backup_type, int(wanted.rotation), wanted.metadata
    )
    return _answer(call, image)


def _answer(call: Call, image: Image) -> Reply:
    """From 2.45 the id stands in the body, before only in the address."""
    if call.at_least(2, 45):
        return Reply(status=202, body={"image_id": image.id})
    return Reply(status=202, headers={"Location": f"{call.host_url}/image/v2/images/{image.id}"})


def _check_console(call: Call, _tx: Tx, server: Server, _value: Any) -> None:
    states.check_host(server)
    if not call.services.site.hypervisor.console:
        raise errors.NotImplementedHere(hold.NOT_SUPPORTED)


def _console(call: Call, server: Server, value: Any) -> Reply:
    given = _console_form(call, value).length
    length = -1 if given is None else int(given)
    lines = call.services.hypervisor.console(server.guest()).splitlines()
    shown = lines if length < 0 else lines[len(lines) - min(length, len(lines)) :]
    return Reply(body={"output": "\n".join(shown)})


ACTIONS = {
    "createImage": Action(
        run=_create_image, check=_image_form, takes=CreateImage, policy="os_compute_api:servers:create_image",
        summary="Make an image of a server; of a volume-backed one by snapshots of its volumes.",
    ),
    "createBackup": Action(
        run=_create_backup, check=_backup_form, takes=CreateBackup, policy="os_compute_api:os-create-backup",
        summary="Make an image of a server and remove older ones.",
    ),
    "os-getConsoleOutput": Action(
        run=_check_console, check=_console_form, takes=ConsoleOutput,
        answer=_console, policy="os_compute_api:os-console-output",
        summary="Read what a server wrote to its console.",
    ),
}  # fmt: skip
