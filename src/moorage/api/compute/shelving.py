"""Actions that shelve a server and bring it back."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from moorage.api.compute.action import Action, form
from moorage.api.wire import Call
from moorage.api.wire.route import Rule
from moorage.compute.model.server import Server
from moorage.store import Tx
from moorage.workflows import shelve, unshelve
from moorage.workflows.unshelve import Place

_TO_HOST = "os_compute_api:os-shelve:unshelve_to_host"
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class UnshelveToZone(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``unshelve`` from 2.77."""

    availability_zone: Text


class UnshelveToHost(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``unshelve`` from 2.91."""

    availability_zone: Text | UnsetType | None = UNSET
    host: Text | UnsetType = UNSET


def _shelve(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    shelve.request(tx, call.context, server, call.services.site)


def _offload(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    shelve.request_offload(tx, call.context, server)


def _unshelve(call: Call, tx: Tx, server: Server, value: Any) -> None:
    place = _place(call, value)
    unshelve.check(call.context, server)
    if place.host is not None:
        call.enforce(_TO_HOST)
    unshelve.request(tx, call.context, server, place, call.services.site)


_to_zone = form("unshelve", UnshelveToZone | None)
_to_host = form("unshelve", UnshelveToHost | None)


def _place(call: Call, value: Any) -> Place:
    """Below 2.77 the value means nothing, as in Nova."""
    if not call.at_least(2, 77):
        return Place()
    if not call.at_least(2, 91):
        zone = _to_zone(call, value)
        return Place() if zone is None else Place(availability_zone=zone.availability_zone)
    wanted = _to_host(call, value) or UnshelveToHost()
    return Place(availability_zone=wanted.availability_zone, host=None if wanted.host is UNSET else str(wanted.host))


ACTIONS = {
    "shelve": Action(
        run=_shelve, policy="os_compute_api:os-shelve:shelve", summary="Stop a server and free its host."
    ),
    "shelveOffload": Action(
        run=_offload, policy="os_compute_api:os-shelve:shelve_offload", default="admin",
        summary="Free the host of a shelved server now.",
    ),
    "unshelve": Action(
        run=_unshelve, check=_place, takes=UnshelveToHost | None, policy="os_compute_api:os-shelve:unshelve",
        summary="Bring a server back."
    ),
}  # fmt: skip
RULES = [Rule(name=_TO_HOST, default="admin", summary="Bring a shelved server back on a named host.")]
