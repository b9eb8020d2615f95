"""The console, the sessions on it, and the inventory of everything below it."""

from __future__ import annotations

from typing import Any

from moorage.mock_hmc import listing
from moorage.mock_hmc.errors import bad_request
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.requests import NO_CONTENT, Reply, Request
from moorage.mock_hmc.store import Resource
from moorage.mock_hmc.validation import check_object

VERSION = {"api-major-version": 4, "api-minor-version": 10, "hmc-version": "2.16.0", "hmc-name": "MOCKHMC"}
_CONSOLE = Resource(
    "/api/console",
    "console",
    "",
    {
        "object-uri": "/api/console",
        "object-id": "console",
        "parent": None,
        "class": "console",
        "name": VERSION["hmc-name"],
        "version": VERSION["hmc-version"],
    },
)
_GROUP = ("storage-group", "storage-volume", "virtual-storage-resource")
_CLASSES = {
    "cpc": ("cpc",),
    "adapter": ("adapter", "storage-port"),
    "partition": ("partition", "hba"),
    "storage-group": _GROUP,
    "dpm-resources": ("adapter", "storage-port", "partition", "hba", *_GROUP),
}


def show(hmc: Hmc, request: Request) -> Reply:  # noqa: ARG001
    return Reply(200, listing.full(request, _CONSOLE))


def list_permitted_partitions(hmc: Hmc, request: Request) -> Reply:
    """The partitions of all machines."""
    partitions = [_with_cpc(hmc, partition) for partition in hmc.model.of_kind("partition")]
    filters = ("name", "type", "status", "has-unacceptable-status", "cpc-name")
    shown = (
        "object-uri",
        "name",
        "type",
        "status",
        "has-unacceptable-status",
        "cpc-name",
        "cpc-object-uri",
        "se-version",
    )
    return Reply(200, {"partitions": listing.short(request, partitions, filters, shown)})


def _with_cpc(hmc: Hmc, partition: Resource) -> Resource:
    cpc = hmc.find(partition.parent, "cpc")
    extra = {"cpc-name": cpc.props["name"], "cpc-object-uri": cpc.uri, "se-version": cpc.props["se-version"]}
    return Resource(partition.uri, partition.kind, partition.parent, {**partition.props, **extra})


def inventory(hmc: Hmc, request: Request) -> Reply:
    """All objects of the classes named, with their elements. 400,7 for a class that is not simulated."""
    classes: Any = check_object(request.body).get("resources", ["dpm-resources", "cpc"])
    if not isinstance(classes, list) or any(name not in _CLASSES for name in classes):
        raise bad_request(7, f"'resources' must be an array of {', '.join(_CLASSES)}.")
    kinds = dict.fromkeys(kind for name in classes for kind in _CLASSES[name])
    return Reply(200, [dict(resource.props) for kind in kinds for resource in hmc.model.of_kind(kind)])


def logoff(hmc: Hmc, request: Request) -> Reply:
    hmc.core.sessions.logoff(request.session.id)
    return NO_CONTENT


def topics(hmc: Hmc, request: Request) -> Reply:  # noqa: ARG001
    session = request.session
    kinds = (("object-notification", session.object_topic), ("job-notification", session.job_topic))
    return Reply(200, {"topics": [{"topic-type": kind, "topic-name": name} for kind, name in kinds]})
