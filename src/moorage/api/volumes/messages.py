"""``/messages`` (3.3): what went wrong after a request was accepted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage.api.volumes import views
from moorage.api.volumes.query import filters_of, page_of
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import LINKS, NULLABLE_TEXT, TEXT, closed, each, one, page
from moorage.api.wire.paging import next_link
from moorage.store.tables.volumes import messages as table
from moorage.volumes.model import Message
from moorage.volumes.service import messages, paging

_FILTERS = {
    "resource_uuid": table.c.resource_uuid, "resource_type": table.c.resource_type, "event_id": table.c.event_id,
    "request_id": table.c.request_id, "message_level": table.c.level,
}  # fmt: skip


def _view(call: Call, row: Message) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": row.id, "event_id": row.event_id, "user_message": row.user_message, "message_level": row.level,
        "created_at": views.time(row.created_at), "guaranteed_until": views.time(row.guaranteed_until),
        "request_id": row.request_id, "links": views.links(call, f"/messages/{row.id}"),
    }  # fmt: skip
    named = {"resource_type": row.resource_type, "resource_uuid": row.resource_uuid}
    return shown | {key: value for key, value in named.items() if value}


def index(call: Call) -> Reply:
    page = page_of(call, table)
    query = sa.select(table).where(table.c.project_id == call.context.project_id)
    for name, value in filters_of(call, tuple(_FILTERS)).items():
        query = query.where(_FILTERS[name] == value if name in _FILTERS else sa.false())
    with call.services.store.read() as tx:
        found = [Message(**row._mapping) for row in paging.rows(tx, query, table, page, "Message")]
    links = next_link(call, "messages", found, page.limit, found[-1].id if found else None)
    return Reply(body={"messages": [_view(call, row) for row in found], **links})


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = messages.get(tx, call.params["message_id"], call.context.reach)
    return Reply(body={"message": _view(call, found)})


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        messages.delete(tx, messages.get(tx, call.params["message_id"], call.context.reach).id)
    return Reply(status=204)


_MESSAGE = closed(
    each(TEXT, "id", "event_id", "user_message", "message_level", "created_at") | {"links": LINKS}
    | each(NULLABLE_TEXT, "guaranteed_until", "request_id"),
    each(TEXT, "resource_type", "resource_uuid"),
)  # fmt: skip
ROUTES = [
    Route(method="GET", path="/messages", handler=index, policy="message:get_all", default="reader", min=(3, 3),
          summary="List messages", answer=page("messages", _MESSAGE)),
    Route(method="GET", path="/messages/{message_id}", handler=show, policy="message:get", default="reader",
          min=(3, 3), summary="Show a message", answer=one("message", _MESSAGE)),
    Route(method="DELETE", path="/messages/{message_id}", handler=delete, policy="message:delete", min=(3, 3),
          summary="Delete a message"),
]  # fmt: skip
