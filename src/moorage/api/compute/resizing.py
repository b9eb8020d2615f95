"""Actions that change a server's flavor, keep the change or take it back."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from moorage.api.compute.action import Action, checked
from moorage.api.compute.server_create import disk_config
from moorage.api.wire import Call, Reply
from moorage.compute.model.server import Server
from moorage.store import Tx
from moorage.workflows import resize


class Resize(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``resize``."""

    flavorRef: Annotated[str, msgspec.Meta(min_length=1)]  # noqa: N815
    OS_DCF_diskConfig: str = msgspec.field(default="MANUAL", name="OS-DCF:diskConfig")


def _resize(call: Call, tx: Tx, server: Server, value: Any) -> None:
    wanted = checked(call, "resize", value, Resize)
    disk_config(wanted.OS_DCF_diskConfig)
    flavor_ref = wanted.flavorRef.rstrip("/").rsplit("/", 1)[-1]
    resize.request(tx, call.context, server, flavor_ref, call.services.site)


def _confirm(call: Call, tx: Tx, server: Server, _value: Any) -> Reply:
    resize.request_confirm(tx, call.context, server)
    return Reply(status=204)


def _revert(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    resize.request_revert(tx, call.context, server)


ACTIONS = {
    "resize": Action(run=_resize, policy="os_compute_api:servers:resize", summary="Give a server another flavor."),
    "confirmResize": Action(
        run=_confirm, policy="os_compute_api:servers:confirm_resize", summary="Keep a server's new flavor."
    ),
    "revertResize": Action(
        run=_revert, policy="os_compute_api:servers:revert_resize", summary="Give a server its former flavor back."
    ),
}
