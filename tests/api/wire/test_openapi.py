"""The OpenAPI documents are valid, served, and describe exactly the routes there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from moorage.api.surface import SERVICES
from moorage.api.wire.openapi import document
from moorage.api.wire.route import EVERYONE, Service
from tests.support.app import make_client

each = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


def operations(service: Service) -> dict[tuple[str, str], dict[str, Any]]:
    """(method, path) → the operation."""
    return {
        (method.upper(), path): operation
        for path, methods in document(service)["paths"].items()
        for method, operation in methods.items()
    }


@each
def test_the_document_is_valid_openapi_3_1(service: Service) -> None:
    OpenAPIV31SpecValidator({**document(service), "servers": [{"url": "http://h"}]}).validate()


@each
def test_it_has_every_route_and_no_other(service: Service) -> None:
    parts = (service, *service.older)
    routes = {(route.method, part.prefix + part.root + route.path) for part in parts for route in part.routes}
    documents = {(route.method, service.prefix + route.path) for route in service.documents}
    assert set(operations(service)) == routes | documents


@each
def test_it_says_who_may_and_in_which_versions(service: Service) -> None:
    described = operations(service)
    for route in service.routes:
        operation = described[route.method, service.prefix + service.root + route.path]
        assert (operation.get("security") == []) == (route.default == EVERYONE)
        if service.versions is None:
            continue
        newest = max(
            (r for r in service.routes if (r.method, r.path) == (route.method, route.path)),
            key=lambda r: r.max or (10_000, 0),
        )
        ended = newest.max is not None and newest.max < service.versions.max
        assert operation.get("deprecated", False) == ended


@each
def test_every_body_that_a_route_checks_is_described(service: Service) -> None:
    described = operations(service)
    for route in service.routes:
        if route.body is None and not route.actions:
            continue
        operation = described[route.method, service.prefix + service.root + route.path]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert "$ref" in schema or set(schema["properties"]) == set(route.actions)


@each
def test_it_is_served_without_a_token(service: Service, tmp_path: Path) -> None:
    client = make_client(tmp_path, service)
    answer = client.get(f"{service.prefix}/openapi.json", headers={"X-Forwarded-Prefix": "/cloud"})
    assert answer.status_code == 200
    assert answer.json()["paths"] == document(service)["paths"]
    assert answer.json()["servers"] == [{"url": "http://moorage.test/cloud"}]
    assert client.post(f"{service.prefix}/openapi.json").status_code == 405


def test_one_document_has_all_versions_below_a_prefix() -> None:
    (newest,) = [service for service in SERVICES if service.name == "data-processing" and service.older]
    described = operations(newest)
    assert described["PATCH", "/data-processing/v2/cluster-templates/{template_id}"]["x-openstack-max-version"] == "2.1"
    old = described["PUT", "/data-processing/v1.1/cluster-templates/{template_id}"]
    assert old["operationId"] == "PUT /v1.1/cluster-templates/{template_id}"
    assert "x-openstack-max-version" not in old


def test_fields_are_those_of_the_newest_version() -> None:
    (compute,) = [service for service in SERVICES if service.name == "compute"]
    server = document(compute)["components"]["schemas"]["NewServer"]
    assert "hostname" in server["properties"], "since 2.90"
    assert "personality" not in server["properties"], "until 2.56"
    assert server["properties"]["OS-DCF:diskConfig"]["enum"] == ["AUTO", "MANUAL"]
