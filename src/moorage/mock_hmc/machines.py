"""Which machines, adapters and ports does the HMC manage? They come from the configuration at every start.

Object ids are derived from the names, so they are the same in every data directory and can be written into other
configuration files before the mock has ever run.
"""

from __future__ import annotations

from typing import Any

from moorage import ids
from moorage.mock_hmc.config import CpcSpec
from moorage.mock_hmc.resources import Model
from moorage.mock_hmc.store import Resource

FEATURE = "dpm-storage-management"
_CARD_PORTS = 2


def object_id(*parts: str) -> str:
    """The fixed object-id of a machine or adapter."""
    return ids.derived("mock-hmc", *parts)


def install(model: Model, specs: tuple[CpcSpec, ...]) -> None:
    """Put machines, adapters and ports into the model; a status set earlier (adapter offline) is kept."""
    for spec in specs:
        cpc = _cpc(spec)
        _put(model, cpc)
        for number in range(spec.adapters):
            adapter = _adapter(cpc, number, spec.ports)
            _put(model, adapter)
            for index in range(spec.ports):
                _put(model, _port(adapter, index))
        card = _network_card(cpc)
        _put(model, card)
        for index in range(_CARD_PORTS):
            _put(model, _network_port(card, index))
            _put(model, _switch(cpc, card, index))


def _network_card(cpc: Resource) -> Resource:
    """One OSA card; its ports carry the machine's virtual switches. Not an ``adapter`` where adapters mean storage."""
    oid = object_id("network-card", cpc.props["name"])
    uri = f"/api/adapters/{oid}"
    props = {
        "object-uri": uri, "object-id": oid, "parent": cpc.uri, "class": "adapter", "name": "OSD 00",
        "description": "", "status": "active", "type": "osd", "adapter-id": "1a0", "adapter-family": "osa",
        "detected-card-type": "osa-express-6s-1gb", "port-count": _CARD_PORTS, "state": "online",
        "network-port-uris": [f"{uri}/network-ports/{index}" for index in range(_CARD_PORTS)],
    }  # fmt: skip
    return Resource(uri, "network-card", cpc.uri, props)


def _network_port(card: Resource, index: int) -> Resource:
    uri = f"{card.uri}/network-ports/{index}"
    props = {
        "element-uri": uri, "element-id": str(index), "parent": card.uri, "class": "network-port",
        "name": f"Port {index}", "description": "", "index": index,
    }  # fmt: skip
    return Resource(uri, "network-port", card.uri, props)


def _switch(cpc: Resource, card: Resource, index: int) -> Resource:
    oid = object_id("virtual-switch", cpc.props["name"], str(index))
    uri = f"/api/virtual-switches/{oid}"
    props = {
        "object-uri": uri, "object-id": oid, "parent": cpc.uri, "class": "virtual-switch",
        "name": f"OSD 00 port {index}", "type": "osd", "backing-adapter-uri": card.uri, "port": index,
    }  # fmt: skip
    return Resource(uri, "virtual-switch", cpc.uri, props)


def _put(model: Model, resource: Resource) -> None:
    old = model.get(resource.uri, resource.kind)
    kept = {key: old.props[key] for key in ("status", "physical-channel-status") if key in old.props} if old else {}
    model.put(Resource(resource.uri, resource.kind, resource.parent, {**resource.props, **kept}))


def _cpc(spec: CpcSpec) -> Resource:
    oid = object_id("cpc", spec.name)
    uri = f"/api/cpcs/{oid}"
    props = {
        "object-uri": uri,
        "object-id": oid,
        "parent": None,
        "class": "cpc",
        "name": spec.name,
        "description": "simulated by moorage mock-hmc",
        "status": "active",
        "has-unacceptable-status": False,
        "dpm-enabled": True,
        "is-ensemble-member": False,
        "machine-type": "3931" if spec.has_storage_management else "2964",
        "machine-model": "A01" if spec.has_storage_management else "N30",
        "machine-serial-number": f"{int(oid[:5], 16):010d}"[-10:],
        "se-version": "2.16.0" if spec.has_storage_management else "2.13.1",
        "processor-count-ifl": spec.ifl_processors,
        "processor-count-general-purpose": spec.cp_processors,
        "storage-total-installed": spec.memory_mib,
        "storage-customer": spec.memory_mib,
        "available-features-list": [{"name": FEATURE, "description": "", "state": spec.has_storage_management}],
    }
    return Resource(uri, "cpc", "", props)


def _adapter(cpc: Resource, number: int, ports: int) -> Resource:
    name = f"FCP {number:02d}"
    oid = object_id("adapter", cpc.props["name"], str(number))
    uri = f"/api/adapters/{oid}"
    props: dict[str, Any] = {
        "object-uri": uri,
        "object-id": oid,
        "parent": cpc.uri,
        "class": "adapter",
        "name": name,
        "description": "",
        "status": "active",
        "type": "fcp",
        "adapter-id": f"{0x120 + 4 * number:03x}",
        "adapter-family": "ficon",
        "detected-card-type": "ficon-express-16s",
        "card-location": f"A{14 + number // 2:02d}B-D{101 + number:03d}-J.01",
        "port-count": ports,
        "state": "online",
        "physical-channel-status": "operating",
        "maximum-total-capacity": 254,
        "allowed-capacity": 64,
        "storage-port-uris": [f"{uri}/storage-ports/{index}" for index in range(ports)],
    }
    return Resource(uri, "adapter", cpc.uri, props)


def _port(adapter: Resource, index: int) -> Resource:
    uri = f"{adapter.uri}/storage-ports/{index}"
    props = {
        "element-uri": uri,
        "element-id": str(index),
        "parent": adapter.uri,
        "class": "storage-port",
        "name": f"Port {index}",
        "description": "",
        "index": index,
        "fabric-id": "",
    }
    return Resource(uri, "storage-port", adapter.uri, props)
