"""Adapters, their ports, and virtual switches: read only."""

from __future__ import annotations

from moorage.mock_hmc import listing
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.requests import Reply, Request

_FILTERS = ("name", "adapter-id", "adapter-family", "type", "status")
_SHOWN = ("object-uri", "name", "adapter-id", "adapter-family", "type", "status")

_SWITCH = ("object-uri", "name", "type")


def list_of_cpc(hmc: Hmc, request: Request) -> Reply:
    cpc = hmc.find(f"/api/cpcs/{request.ids['cpc']}", "cpc")
    found = [*hmc.model.children(cpc.uri, "adapter"), *hmc.model.children(cpc.uri, "network-card")]
    return Reply(200, {"adapters": listing.short(request, found, _FILTERS, _SHOWN)})


def show(hmc: Hmc, request: Request) -> Reply:
    kind = "network-card" if hmc.model.get(request.path, "network-card") else "adapter"
    return Reply(200, listing.full(request, hmc.find(request.path, kind)))


def show_port(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, listing.full(request, hmc.find(request.path, "storage-port")))


def show_network_port(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, listing.full(request, hmc.find(request.path, "network-port")))


def list_switches(hmc: Hmc, request: Request) -> Reply:
    cpc = hmc.find(f"/api/cpcs/{request.ids['cpc']}", "cpc")
    found = hmc.model.children(cpc.uri, "virtual-switch")
    return Reply(200, {"virtual-switches": listing.short(request, found, ("name", "type"), _SWITCH)})


def show_switch(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, listing.full(request, hmc.find(request.path, "virtual-switch")))
