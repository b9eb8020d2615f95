"""``/clusters``."""

from __future__ import annotations

from typing import Any

from moorage.api.clusters import answers, fields, schema, views
from moorage.api.clusters.call import body, check_query, is_v2, listed, renamed, rows
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import TEXT, either, one, several
from moorage.clusters.model import Cluster
from moorage.clusters.service import clusters, guard, progress, verifications
from moorage.store import Tx
from moorage.workflows.clusters import create as creation
from moorage.workflows.clusters import delete as deletion
from moorage.workflows.clusters import scale as scaling
from moorage.workflows.clusters import stack
from moorage.workflows.clusters import update as changes

_row = rows("cluster")
_SORTABLE = ("id", "name", "plugin_name", "plugin_version", "status")


def index(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = clusters.listing(tx, call.context)
        rendered = {item.id: _rendered(call, tx, item) for item in found}
    return listed(call, "clusters", found, _SORTABLE, lambda item: rendered[item.id])


def create(call: Call) -> Reply:
    """One cluster, or in v2 as many as ``count`` says."""
    values = body(call, fields.cluster(call.version))
    count = values.pop("count", None)
    with call.services.store.write() as tx:
        made = creation.request(tx, call.context, call.services.site, values, count)
        rendered = [{"cluster": _rendered(call, tx, item)} for item in made]
    return Reply(status=202, body=rendered[0] if count is None else {"clusters": rendered})


def create_several(call: Call) -> Reply:
    """v1.1 answers with the ids alone."""
    values = body(call, fields.cluster(call.version, is_multiple=True))
    count = values.pop("count")
    with call.services.store.write() as tx:
        made = creation.request(tx, call.context, call.services.site, values, count)
    return Reply(status=202, body={"clusters": [item.id for item in made]})


def show(call: Call) -> Reply:
    check_query(call, "show_progress")
    with_events = call.query.get("show_progress", "").lower() == "true"
    with call.services.store.read() as tx:
        found = clusters.get(tx, call.context, call.params["cluster_id"])
        return Reply(body={"cluster": _rendered(call, tx, found, with_events=with_events)})


def scale(call: Call) -> Reply:
    values = body(call, fields.scaling(call.version))
    with call.services.store.write() as tx:
        known = clusters.get(tx, call.context, call.params["cluster_id"])
        guard.check_update(known, call.context, values, is_scale=True)
        scaling.request(tx, call.context, call.services.site, known, values)
        return Reply(status=202, body={"cluster": _rendered(call, tx, clusters.get(tx, call.context, known.id))})


def update(call: Call) -> Reply:
    is_verification = "verification" in schema.read(call.raw)
    values = body(call, fields.VERIFY if is_verification else fields.CLUSTER_UPDATE)
    with call.services.store.write() as tx:
        known = clusters.get(tx, call.context, call.params["cluster_id"])
        guard.check_update(known, call.context, {"is_protected": False} if is_verification else values)
        if is_verification:
            changes.verify(tx, known.id)
        else:
            changes.request(tx, call.context, known, values)
        return Reply(status=202, body={"cluster": _rendered(call, tx, clusters.get(tx, call.context, known.id))})


def delete(call: Call) -> Reply:
    """204 at once; the cluster is gone when everything of it is. Forced, the answer names the stack."""
    values = body(call, fields.CLUSTER_DELETE) if is_v2(call) else {}
    with call.services.store.write() as tx:
        known = clusters.get(tx, call.context, call.params["cluster_id"])
        guard.check_delete(known, call.context)
        deletion.request(
            tx, call.context, known, force=values.get("force", False), keep=values.get("keep_boot_volumes")
        )
    if values.get("force"):
        return Reply(body={"stack_name": stack.name(known)})
    return Reply(status=204)


def _rendered(call: Call, tx: Tx, found: Cluster, *, with_events: bool = False) -> dict[str, Any]:
    project = ("project_id" if is_v2(call) else "tenant_id", found.project_id)
    steps = progress.of_cluster(tx, found.id, with_events=with_events)
    shown = [views.step(step, project, with_events=with_events) for step in steps]
    verification = verifications.find(tx, found.id)
    return renamed(call, views.cluster(found, shown, verification, sizes=call.version >= fields.V2_1))


def routes(*, v2: bool) -> list[Route]:
    path, entry = "/clusters/{cluster_id}", answers.cluster(v2=v2)
    shown = one("cluster", entry)
    made = either(shown, several("clusters", shown)) if v2 else shown
    many = _row(
        "POST",
        "/clusters/multiple",
        create_several,
        "create",
        "Create several clusters",
        answer=several("clusters", TEXT),
    )
    return [
        _row("GET", "/clusters", index, "list", "List clusters", "reader", answer=answers.listed("clusters", entry)),
        _row("POST", "/clusters", create, "create", "Create a cluster, or several", answer=made),
        *([] if v2 else [many]),
        _row("GET", path, show, "get", "Show a cluster", "reader", answer=shown),
        _row("PUT", path, scale, "scale", "Add and remove nodes", answer=shown),
        _row("PATCH", path, update, "update", "Change or verify a cluster", answer=shown),
        _row("DELETE", path, delete, "delete", "Delete a cluster", answer=one("stack_name", TEXT) if v2 else None),
    ]  # fmt: skip
