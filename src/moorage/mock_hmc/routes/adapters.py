"""FCP adapters and their storage ports: read only."""

from __future__ import annotations

from moorage.mock_hmc import listing
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.requests import Reply, Request

_FILTERS = ("name", "adapter-id", "adapter-family", "type", "status")
_SHOWN = ("object-uri", "name", "adapter-id", "adapter-family", "type", "status")


def list_of_cpc(hmc: Hmc, request: Request) -> Reply:
    cpc = hmc.find(f"/api/cpcs/{request.ids['cpc']}", "cpc")
    return Reply(200, {"adapters": listing.short(request, hmc.model.children(cpc.uri, "adapter"), _FILTERS, _SHOWN)})


def show(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, listing.full(request, hmc.find(request.path, "adapter")))


def show_port(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, listing.full(request, hmc.find(request.path, "storage-port")))
