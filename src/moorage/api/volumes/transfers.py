"""``/os-volume-transfer``, from 3.55 also ``/volume-transfers``: give a volume to another project."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from moorage.api.volumes import views
from moorage.api.volumes.fields import Name, Truth, Uuid, stripped, truth
from moorage.api.volumes.query import page_of, scope_of
from moorage.api.volumes.volumes import find as find_volume
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import BOOLEAN, LINKS, NULL, NULLABLE_TEXT, TEXT, closed, each, one, page
from moorage.api.wire.body import since
from moorage.api.wire.paging import next_link
from moorage.store.tables.volumes import transfers as table
from moorage.volumes.model import Transfer
from moorage.volumes.service import paging, transfers


class New(msgspec.Struct, forbid_unknown_fields=True):
    volume_id: Uuid
    name: Name | None = None
    no_snapshots: Annotated[Truth, since(3, 55)] = False


class NewBody(msgspec.Struct, forbid_unknown_fields=True):
    transfer: New


class Accept(msgspec.Struct, forbid_unknown_fields=True):
    auth_key: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class AcceptBody(msgspec.Struct, forbid_unknown_fields=True):
    accept: Accept


def _summary(call: Call, row: Transfer) -> dict[str, Any]:
    links = views.links(call, f"/os-volume-transfer/{row.id}")
    return {"id": row.id, "volume_id": row.volume_id, "name": row.name, "links": links}


def _detail(call: Call, row: Transfer) -> dict[str, Any]:
    shown = _summary(call, row) | {"created_at": views.time(row.created_at)}
    if call.at_least(3, 55):
        shown["no_snapshots"] = row.no_snapshots
    if call.at_least(3, 57):
        shown |= {"destination_project_id": None, "source_project_id": row.project_id, "accepted": False}
    return shown


def index(call: Call) -> Reply:
    return _listed(call, detailed=False)


def detail(call: Call) -> Reply:
    return _listed(call, detailed=True)


def _listed(call: Call, *, detailed: bool) -> Reply:
    page, owner = page_of(call, table), scope_of(call)
    query = sa.select(table) if owner is None else sa.select(table).where(table.c.project_id == owner)
    with call.services.store.read() as tx:
        found = [Transfer(**row._mapping) for row in paging.rows(tx, query, table, page, "Transfer")]
    shown = [_detail(call, row) if detailed else _summary(call, row) for row in found]
    links = next_link(call, "transfers", found, page.limit, found[-1].id if found else None)
    return Reply(body={"transfers": shown, **links})


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = transfers.get(tx, call.params["transfer_id"], call.context.reach)
    return Reply(body={"transfer": _detail(call, found)})


def create(call: Call) -> Reply:
    new = call.body(NewBody).transfer
    with call.services.store.write() as tx:
        volume = find_volume(call, tx, new.volume_id)
        made, key = transfers.create(
            tx, volume, stripped(new.name), no_snapshots=truth("no_snapshots", new.no_snapshots)
        )
    return Reply(status=202, body={"transfer": _detail(call, made) | {"auth_key": key}})


def accept(call: Call) -> Reply:
    key = call.body(AcceptBody).accept.auth_key
    with call.services.store.write() as tx:
        taken, _ = transfers.accept(tx, call.context, call.params["transfer_id"], key)
    return Reply(status=202, body={"transfer": _summary(call, taken)})


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        transfers.withdraw(tx, transfers.get(tx, call.params["transfer_id"], call.context.reach))
    return Reply(status=202)


_NAMED = each(TEXT, "id", "volume_id") | {"name": NULLABLE_TEXT, "links": LINKS}
_TIMED = _NAMED | {"created_at": TEXT}
_LATER = each(BOOLEAN, "no_snapshots", "accepted") | {"destination_project_id": NULL, "source_project_id": TEXT}
_SUMMARY = closed(_NAMED)
_DETAIL = closed(_TIMED, _LATER)
_CREATED = closed(_TIMED | {"auth_key": TEXT}, _LATER)


def _routes(path: str, since_version: tuple[int, int] | None) -> list[Route]:
    shown, taken, made = one("transfer", _DETAIL), one("transfer", _SUMMARY), one("transfer", _CREATED)
    rows: list[tuple[str, str, Any, str, str, Any, str, Any]] = [
        ("GET", "", index, "get_all_transfers", "reader", None, "List transfers", page("transfers", _SUMMARY)),
        ("GET", "/detail", detail, "get_all_transfers", "reader", None, "List transfers with details",
         page("transfers", _DETAIL)),
        ("GET", "/{transfer_id}", show, "get_transfer", "reader", None, "Show a transfer", shown),
        ("POST", "", create, "create_transfer", "member", NewBody, "Offer a volume to another project", made),
        ("POST", "/{transfer_id}/accept", accept, "accept_transfer", "member", AcceptBody, "Take a volume over", taken),
        ("DELETE", "/{transfer_id}", delete, "delete_transfer", "member", None, "Take an offer back", None),
    ]  # fmt: skip
    return [
        Route(method=method, path=path + rest, handler=handler, policy=f"volume:{policy}", default=default,
              min=since_version, body=body, summary=summary, answer=answer)
        for method, rest, handler, policy, default, body, summary, answer in rows
    ]  # fmt: skip


ROUTES = [*_routes("/os-volume-transfer", None), *_routes("/volume-transfers", (3, 55))]
