"""PUT or POST of a signal: no login, but the token that the guest was given with its user data."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from moorage import errors
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.route import EVERYONE
from moorage.operations import service as operations
from moorage.stacks import signals

_MAX_BYTES = 1 << 16


class SignalBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a guest says; all of it may be left out, which means success."""

    status: Literal["SUCCESS", "FAILURE"] = "SUCCESS"
    reason: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    data: Any = None
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | int | None = None


def signal(call: Call) -> Reply:
    """204 as soon as it is on record; said again it changes nothing. 404 unless the token is one of the handle's."""
    handle_id, token = call.params["handle_id"], call.query.get("token", "")
    with call.services.store.read() as tx:
        signals.require(tx, handle_id, token)
    if len(call.raw) > _MAX_BYTES:
        raise errors.TooLarge(f"The request body is larger than {_MAX_BYTES} bytes.")
    said = call.body(SignalBody, strict=True) if call.raw else SignalBody()
    with call.services.store.write() as tx:
        signals.receive(
            tx, handle_id, token, status=said.status, reason=said.reason, data=said.data,
            signal_id=None if said.id is None else str(said.id),
        )  # fmt: skip
        operations.announce(tx)
    return Reply(status=204)


ROUTES = [
    Route(method=method, path="/{handle_id}", handler=signal, policy="", default=EVERYONE, body=SignalBody,
          summary="Signal a wait condition")
    for method in ("PUT", "POST")
]  # fmt: skip
