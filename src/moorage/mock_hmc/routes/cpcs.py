"""Machines: list, properties, and the list of all WWPNs."""

from __future__ import annotations

from moorage.mock_hmc import listing, lun_paths, ports
from moorage.mock_hmc.errors import HmcError, bad_request
from moorage.mock_hmc.group_fields import LUN_PATH
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.machines import FEATURE
from moorage.mock_hmc.requests import NO_CONTENT, Reply, Request
from moorage.mock_hmc.store import Resource
from moorage.mock_hmc.validation import check_create, check_object

_SHOWN = ("object-uri", "name", "status", "has-unacceptable-status", "dpm-enabled", "se-version")


def list_all(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, {"cpcs": listing.short(request, hmc.model.of_kind("cpc"), ("name",), _SHOWN)})


def show(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, listing.full(request, hmc.find(request.path, "cpc")))


def has_storage_management(cpc: Resource) -> bool:
    """Whether the machine has storage groups instead of HBAs."""
    return any(item["name"] == FEATURE and item["state"] for item in cpc.props["available-features-list"])


def export_port_names(hmc: Hmc, request: Request) -> Reply:
    """``partition,adapter,device-number,wwpn`` for every HBA of the partitions given; 409 where HBAs do not exist."""
    cpc = hmc.find(f"/api/cpcs/{request.ids['cpc']}", "cpc")
    if has_storage_management(cpc):
        raise HmcError(409, 12, f"CPC '{cpc.props['name']}' has the feature {FEATURE}, which replaces this operation.")
    uris = check_object(request.body).get("partitions")
    if not isinstance(uris, list):
        raise bad_request(5, "The field 'partitions' is required and must be an array.")
    partitions = [partition for partition in hmc.model.children(cpc.uri, "partition") if partition.uri in uris]
    return Reply(200, {"wwpn-list": [line for partition in partitions for line in _lines(hmc, partition)]})


def validate_lun_path(hmc: Hmc, request: Request) -> Reply:
    """204 if the LUN answers; 409,484 target unreachable, 409,485 LUN unreachable, 404,2/6 no such port."""
    cpc = hmc.find(f"/api/cpcs/{request.ids['cpc']}", "cpc")
    if not has_storage_management(cpc):
        raise HmcError(409, 8, f"CPC '{cpc.props['name']}' has not the feature {FEATURE}.")
    body = check_create(request.body, LUN_PATH, tuple(LUN_PATH))
    ports.check(hmc.model, cpc.uri, body["adapter-port-uri"])
    path = ("host-world-wide-port-name", "target-world-wide-port-name", "logical-unit-number")
    where = [body[name] for name in path]
    lun_paths.refusal(hmc.model, hmc.core.config.reachable, body["adapter-port-uri"], *where)
    return NO_CONTENT


def _lines(hmc: Hmc, partition: Resource) -> list[str]:
    lines = []
    for hba in hmc.model.children(partition.uri, "hba"):
        adapter = hmc.find(hba.props["adapter-port-uri"].partition("/storage-ports/")[0], "adapter")
        fields = (partition.props["name"], adapter.props["adapter-id"], hba.props["device-number"], hba.props["wwpn"])
        lines.append(",".join(fields))
    return lines
