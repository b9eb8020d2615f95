"""Actions that change a server's flavor, keep the change or take it back."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage.api.compute import server_fields as fields
from moorage.api.compute.action import Action, form
from moorage.api.wire import Call, Reply
from moorage.compute.model.server import Server
from moorage.store import Tx
from moorage.workflows import resize


class Resize(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``resize``."""

    flavorRef: fields.FlavorRef  # noqa: N815
    OS_DCF_diskConfig: fields.DiskConfig = msgspec.field(default="MANUAL", name="OS-DCF:diskConfig")


_form = form("resize", Resize)


def _resize(call: Call, tx: Tx, server: Server, value: Any) -> None:
    flavor_ref = str(_form(call, value).flavorRef).rstrip("/").rsplit("/", 1)[-1]
    resize.request(tx, call.context, server, flavor_ref, call.services.site)


def _confirm(call: Call, tx: Tx, server: Server, _value: Any) -> Reply:
    resize.request_confirm(tx, call.context, server)
    return Reply(status=204)


def _revert(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    resize.request_revert(tx, call.context, server)


ACTIONS = {
    "resize": Action(
        run=_resize,
        check=_form,
        takes=Resize,
        policy="os_compute_api:servers:resize",
        summary="Give a server another flavor.",
    ),
    "confirmResize": Action(
        run=_confirm, policy="os_compute_api:servers:confirm_resize", summary="Keep a server's new flavor."
    ),
    "revertResize": Action(
        run=_revert, policy="os_compute_api:servers:revert_resize", summary="Give a server its former flavor back."
    ),
}
