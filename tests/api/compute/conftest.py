"""A client of the compute API with one hypervisor and the default flavors, and nothing behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from moorage.api.compute import (
    documents,
    extensions,
    flavor_details,
    flavors,
    hypervisors,
    keypairs,
    limits,
    operator_lists,
    quotas,
    server_groups,
    services,
    tenant_usage,
)
from moorage.api.wire import Service
from moorage.compute.model.guest import HostState
from moorage.compute.service import flavors as flavor_rules
from moorage.compute.service import services as service_rules
from tests.support.app import make_client

_MODULES = [
    flavors, flavor_details, keypairs, limits, quotas, server_groups, services, hypervisors, tenant_usage,
    operator_lists, extensions,
]  # fmt: skip
HOST = HostState(name="cpc1", hypervisor_type="sim", version=1000, vcpus=16, memory_mib=65536, disk_gib=100)


def without_servers() -> Service:
    return Service(
        name="compute", prefix="/compute", root="/v2.1", versions=documents.VERSIONS, documents=documents.DOCUMENTS,
        routes=[route for module in _MODULES for route in module.ROUTES],
        rules=[rule for module in _MODULES for rule in getattr(module, "RULES", [])],
    )  # fmt: skip


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    client = make_client(tmp_path, without_servers())
    with client.services.store.write() as tx:  # type: ignore[attr-defined]
        service_rules.register_hosts(tx, "sim", [HOST])
        flavor_rules.ensure_defaults(tx)
    return client
