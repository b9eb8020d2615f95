"""What an owner may do to a volume itself: grow it, mark it, change its type."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from moorage import errors
from moorage.api.volumes.action import Action, parsed
from moorage.api.volumes.fields import SizeGib, Truth, truth
from moorage.api.wire import Call
from moorage.api.wire.route import Rule
from moorage.store import Tx
from moorage.volumes.model import Volume
from moorage.volumes.service import types, volumes
from moorage.workflows import extend_volume, migrate_volume

_EXTEND_ATTACHED = "volume:extend_attached_volume"


class Extend(msgspec.Struct, forbid_unknown_fields=True):
    new_size: SizeGib


class Bootable(msgspec.Struct, forbid_unknown_fields=True):
    bootable: Truth


class ReadOnly(msgspec.Struct, forbid_unknown_fields=True):
    readonly: Truth


class Retype(msgspec.Struct, forbid_unknown_fields=True):
    new_type: str
    migration_policy: Literal["on-demand", "never"] | None = None


def _extend(call: Call, tx: Tx, volume: Volume, value: Any) -> None:
    wanted = parsed(call, "os-extend", value, Extend)
    is_online = call.at_least(3, 42) and volume.status == "in-use"
    if is_online:
        call.enforce(_EXTEND_ATTACHED, volume.project_id)
    extend_volume.request(tx, call.context, volume, wanted.new_size, in_use=is_online)


def _set_bootable(call: Call, tx: Tx, volume: Volume, value: Any) -> None:
    wanted = parsed(call, "os-set_bootable", value, Bootable)
    volumes.update(tx, volume.id, bootable=truth("bootable", wanted.bootable))


def _set_readonly(call: Call, tx: Tx, volume: Volume, value: Any) -> None:
    wanted = truth("readonly", parsed(call, "os-update_readonly_flag", value, ReadOnly).readonly)
    if volume.status != "available":
        raise errors.BadRequest(
            f"Invalid volume: Volume {volume.id} status must be available to update readonly flag, "
            f"but current status is: {volume.status}."
        )
    volumes.update(tx, volume.id, readonly=wanted)


def _retype(call: Call, tx: Tx, volume: Volume, value: Any) -> None:
    wanted = parsed(call, "os-retype", value, Retype)
    kind = types.usable(tx, call.context, wanted.new_type)
    may_move = wanted.migration_policy == "on-demand"
    migrate_volume.request_retype(tx, call.context, volume, kind, may_move=may_move)


ACTIONS: dict[str, Action] = {
    "os-extend": Action(run=_extend, takes=Extend, policy="volume:extend", summary="Grow a volume"),
    "os-set_bootable": Action(
        run=_set_bootable, takes=Bootable, policy="volume:update", status=200,
        summary="Mark a volume as bootable or not"
    ),
    "os-update_readonly_flag": Action(
        run=_set_readonly, takes=ReadOnly, policy="volume:update_readonly_flag",
        summary="Allow or forbid writing to a volume"
    ),
    "os-retype": Action(run=_retype, takes=Retype, policy="volume:retype", summary="Change a volume's type"),
}  # fmt: skip
RULES = [
    Rule(name=_EXTEND_ATTACHED, default="member", summary="Grow a volume that is attached"),
]
