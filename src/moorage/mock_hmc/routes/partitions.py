"""Partitions: list, create, properties, delete, and the operations that run as jobs."""

from __future__ import annotations

from typing import Any

from moorage import ids
from moorage.mock_hmc import guest, lifecycle, listing, os_messages, partition_fields
from moorage.mock_hmc.errors import bad_request, not_found
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.partition_fields import FIELDS
from moorage.mock_hmc.requests import NO_CONTENT, Reply, Request
from moorage.mock_hmc.routes import attachments
from moorage.mock_hmc.routes.cpcs import has_storage_management
from moorage.mock_hmc.store import Resource
from moorage.mock_hmc.validation import check_create, check_update

_OPERATIONS = ("start", "stop", "psw-restart")
_UNIQUE = ("name", "short-name", "partition-id")


def list_of_cpc(hmc: Hmc, request: Request) -> Reply:
    cpc = _cpc(hmc, request)
    filters, shown = ("name", "status", "type"), ("object-uri", "name", "status", "type")
    return Reply(200, {"partitions": listing.short(request, hmc.model.children(cpc.uri, "partition"), filters, shown)})


def create(hmc: Hmc, request: Request) -> Reply:
    """201; 400,5/6/7 a field is wrong, 400,8 the name is in use on this machine, 404,1 no such machine."""
    cpc = _cpc(hmc, request)
    body = check_create(request.body, FIELDS, partition_fields.REQUIRED)
    props = partition_fields.initial(body, ids.new(), cpc.uri)
    _check_unique(hmc, cpc, props, None)
    _check_capacity(cpc, props)
    partition = hmc.model.put(Resource(props["object-uri"], "partition", cpc.uri, props))
    hmc.core.notifications.added(partition)
    return Reply(201, {"object-uri": partition.uri})


def show(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, listing.full(request, hmc.find(request.path, "partition")))


def update(hmc: Hmc, request: Request) -> Reply:
    """204; 400 as for create, 404,2 the boot device named does not exist, 409,1 in a transition."""
    partition = hmc.find(request.path, "partition")
    body = check_update(request.body, FIELDS)
    lifecycle.require(partition, "update")
    cpc = hmc.find(partition.parent, "cpc")
    props = {**partition.props, **body}
    _check_unique(hmc, cpc, body, partition.uri)
    _check_capacity(cpc, props)
    _check_boot_device(hmc, partition, body)
    if "maximum-memory" in body or "initial-memory" in body:
        body["reserved-memory"] = props["maximum-memory"] - props["initial-memory"]
    if "acceptable-status" in body:
        body["has-unacceptable-status"] = props["status"] not in props["acceptable-status"]
    hmc.core.update(partition, body)
    return NO_CONTENT


def delete(hmc: Hmc, request: Request) -> Reply:
    """204, and the HBAs with their WWPNs are gone for good; 409,1 in other statuses, 409,8 attached (a switch)."""
    partition = hmc.find(request.path, "partition")
    lifecycle.require(partition, "delete")
    for hba in hmc.model.children(partition.uri, "hba"):
        hmc.model.remove(hba.uri)
        hmc.core.notifications.removed(hba)
    for nic in hmc.model.children(partition.uri, "nic"):
        hmc.model.remove(nic.uri)
        hmc.core.notifications.removed(nic)
    guest.forget(hmc.model, partition)
    attachments.detach_deleted(hmc, partition)
    os_messages.forget(hmc.model, partition)
    hmc.model.remove(partition.uri)
    hmc.core.notifications.removed(partition)
    return NO_CONTENT


def operate(hmc: Hmc, request: Request) -> Reply:
    """202 with the URI of the job; 409,1 if the status does not allow it, 404,1 for operations not simulated."""
    operation = request.ids["operation"]
    if operation not in _OPERATIONS:
        raise not_found(f"The operation '{operation}'")
    partition = hmc.find(f"/api/partitions/{request.ids['partition']}", "partition")
    return Reply(202, {"job-uri": hmc.lifecycle.begin(operation, partition, request.session)})


def list_os_messages(hmc: Hmc, request: Request) -> Reply:
    """200; 404,1 before SE 2.14, 409,332 while there is no message interface."""
    partition = hmc.find(f"/api/partitions/{request.ids['partition']}", "partition")
    query = request.query("begin-sequence-number", "end-sequence-number")
    first, last = (_number(query, f"{end}-sequence-number") for end in ("begin", "end"))
    cpc = hmc.find(partition.parent, "cpc")
    return Reply(200, {"os-messages": os_messages.listed(hmc.model, partition, cpc, first or 0, last)})


def _number(query: dict[str, list[str]], name: str) -> int | None:
    text = query.get(name, [""])[-1]
    if text and not text.isdigit():
        raise bad_request(7, f"'{name}' must be a number.")
    return int(text) if text else None


def _cpc(hmc: Hmc, request: Request) -> Resource:
    return hmc.find(f"/api/cpcs/{request.ids['cpc']}", "cpc")


def _check_unique(hmc: Hmc, cpc: Resource, props: dict[str, Any], own_uri: str | None) -> None:
    for other in hmc.model.children(cpc.uri, "partition"):
        for name in _UNIQUE:
            if other.uri != own_uri and props.get(name) is not None and props[name] == other.props[name]:
                raise hmc.name_in_use(f"The {name} '{props[name]}' is in use by another partition.")


def _check_capacity(cpc: Resource, props: dict[str, Any]) -> None:
    ifls, cps = props["ifl-processors"], props["cp-processors"]
    if ifls + cps == 0:
        raise bad_request(5, "One of 'ifl-processors' and 'cp-processors' is required and must not be 0.")
    if ifls > cpc.props["processor-count-ifl"] or cps > cpc.props["processor-count-general-purpose"]:
        raise bad_request(7, "The machine has not that many processors.")
    if props["initial-memory"] > props["maximum-memory"]:
        raise bad_request(7, "'initial-memory' is greater than 'maximum-memory'.")
    if props["maximum-memory"] > cpc.props["storage-customer"]:
        raise bad_request(7, "The machine has not that much memory.")


def _check_boot_device(hmc: Hmc, partition: Resource, body: dict[str, Any]) -> None:
    uri = body.get("boot-storage-device")
    if uri is not None:
        hba = hmc.model.get(uri, "hba")
        if hba is None or hba.parent != partition.uri:
            raise not_found(f"The HBA {uri} of this partition", 2)
    uri = body.get("boot-storage-volume")
    if uri is not None:
        volume = hmc.model.get(uri, "storage-volume")
        if volume is None or volume.parent not in partition.props["storage-group-uris"]:
            raise not_found(f"The storage volume {uri} in an attached group", 2)
    has_groups = has_storage_management(hmc.find(partition.parent, "cpc"))
    if body.get("boot-device") == ("storage-adapter" if has_groups else "storage-volume"):
        raise bad_request(7, f"The machine has no boot device '{body['boot-device']}'.")
