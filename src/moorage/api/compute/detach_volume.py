"""DELETE /servers/{id}/os-volume_attachments/{volume_id}."""

from __future__ import annotations

from moorage.api.compute.attach_volume import find_volume, require_shelved_version
from moorage.api.compute.servers import find
from moorage.api.wire import Call, Reply, Route
from moorage.workflows import detach_volume


def detach(call: Call) -> Reply:
    """Mark the attachment; guest and storage let go afterwards."""
    with call.services.store.write() as tx:
        server = find(call, tx)
        require_shelved_version(call, server, detach_volume.ACTION)
        detach_volume.request(tx, call.context, server, find_volume(call, tx, call.params["volume_id"]))
    return Reply(status=202)


ROUTES = [
    Route(method="DELETE", path="/servers/{server_id}/os-volume_attachments/{volume_id}", handler=detach,
          policy="os_compute_api:os-volumes-attachments:delete", summary="Detach a volume from a server."),
]  # fmt: skip
