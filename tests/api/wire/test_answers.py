"""Answers have exactly the fields that the OpenAPI documents say, in every microversion, to members and admins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from moorage.api.surface import SERVICES
from moorage.api.wire.openapi import document
from tests.support.inside import PREFIX, Inside, inside

STEPS = {"compute": (2, range(1, 97, 5)), "volume": (3, [0, 12, 13, 21, 36, 48, 61, 63, 65, 69, 71])}


def test_servers_and_volumes_have_the_fields_of_the_document_in_every_version(tmp_path: Path) -> None:
    with inside(tmp_path) as site:
        token = site.token()
        volume = site.volume(token)
        server = site.server(token, volume).json()["server"]["id"]
        site.until(token, "compute", f"/servers/{server}", "ACTIVE")
        for caller in (token, site.token("moorage-admin")):
            for path in ("/servers", "/servers/detail", "/servers/{server_id}"):
                check(site, caller, "compute", path, server)
            for path in ("/volumes", "/volumes/detail", "/volumes/{volume_id}"):
                check(site, caller, "volume", path, volume)


def check(site: Inside, token: str, name: str, path: str, resource: str) -> None:
    (service,) = [service for service in SERVICES if service.name == name]
    operation = document(service)["paths"][PREFIX[name] + path]["get"]
    schema: dict[str, Any] = operation["responses"]["2XX"]["content"]["application/json"]["schema"]
    filled = path.replace("{server_id}", resource).replace("{volume_id}", resource)
    major, minors = STEPS[name]
    for minor in [*minors, service.versions.max[1] if service.versions else 0]:
        answer = site.call(token, "GET", name, filled, version=f"{major}.{minor}")
        assert answer.status_code in (200, 404), answer.text
        if answer.status_code == 200:
            problems = [problem.message for problem in Draft202012Validator(schema).iter_errors(answer.json())]
            assert problems == [], (name, path, minor)
