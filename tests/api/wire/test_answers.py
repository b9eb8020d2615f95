"""Answers have exactly the fields that the OpenAPI documents say, in every microversion, to members and admins."""

from __future__ import annotations

import fnmatch
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from moorage.api.surface import SERVICES
from moorage.api.wire import Reply
from moorage.api.wire.answers import Schema, closed
from moorage.api.wire.openapi import document
from moorage.api.wire.route import EVERYONE, Route
from tests.support import answers
from tests.support.inside import PREFIX, Inside, inside

WITHOUT = {
    "the status says it all": [
        "identity POST /users/{user_id}/password", "identity PUT /groups/{group_id}/users/{user_id}",
        "identity ??? /projects/{project_id}/tags/{tag}", "identity ??? /*/*/roles/{role_id}",
        "image POST /images/{image_id}/actions/*", "image PUT /images/{image_id}/tags/{tag}",
        "volume PUT /qos-specs/{spec_id}/delete_keys", "volume GET /qos-specs/{spec_id}/associate",
        "volume GET /qos-specs/{spec_id}/disassociate*",
        "compute ??? /servers/{server_id}/tags/{tag}",
        "compute PUT /servers/{server_id}/os-volume_attachments/{volume_id}", "wait-conditions * /{handle_id}",
    ],
    "the bytes of an image": ["image ??? /images/{image_id}/file"],
    "always refused, or there is none": [
        "volume POST /types/{type_id}/encryption", "compute POST /servers/{server_id}/remote-consoles",
        "compute POST /servers/{server_id}/os-interface", "compute GET /os-hypervisors/{hypervisor_id}/uptime",
        "compute POST /os-aggregates", "compute * /os-aggregates/{aggregate_id}*",
        "network P* /networks*", "network P* /subnets*", "network GET /security-groups/{group_id}",
        "network GET /floatingips/{floatingip_id}", "data-processing POST /plugins/*/convert-config/{name}",
    ],
    "the action in the path decides": [f"volume {named}" for named in answers.WITHOUT_SCHEMA],
}  # fmt: skip
"""Routes that say nothing of what they answer, beside DELETE and those whose body names an action, and why."""
ROUTES = [
    (service, route)
    for service in SERVICES
    for route in service.routes
    if route.method not in ("DELETE", "HEAD") and not route.actions
]
STEPS = {"compute": (2, range(1, 97, 5)), "volume": (3, [0, 12, 13, 21, 36, 48, 61, 63, 65, 69, 71])}


def test_answers_have_the_fields_of_the_document_in_every_version(tmp_path: Path) -> None:
    """Of compute and block storage, as far as a server and a volume fill the paths."""
    with inside(tmp_path) as site:
        token = site.token()
        volume = site.volume(token)
        server = site.server(token, volume).json()["server"]["id"]
        site.until(token, "compute", f"/servers/{server}", "ACTIVE")
        known = {"server_id": server, "volume_id": volume, "id": volume}
        for service, route in ROUTES:
            names = {part[1:-1] for part in route.path.split("/") if part.startswith("{")}
            if service.name in STEPS and route.method == "GET" and route.answer and names <= known.keys():
                for caller in (token, site.token("moorage-admin")):
                    check(site, caller, service.name, route.path, known)


def test_every_route_that_answers_with_a_body_says_what_with() -> None:
    """That a route answers with nothing else is checked at each request of a test: ``tests.support.answers``."""
    told, silent = [{f"{s.name} {r.method} {r.path}" for s, r in ROUTES if (r.answer is None) == no} for no in (0, 1)]
    patterns = [pattern for listed in WITHOUT.values() for pattern in listed]
    assert silent - {name for pattern in patterns for name in fnmatch.filter(silent, pattern)} == set()
    assert [pattern for pattern in patterns if fnmatch.filter(told, pattern)] == [], "these have a schema"
    assert [pattern for pattern in patterns if not fnmatch.filter(silent, pattern)] == [], "these are no more"


@pytest.mark.parametrize(("answer", "reason"), [(closed({}), "'more' was unexpected"), (None, "has no schema")])
def test_a_field_or_a_body_without_description_is_found(answer: Schema | None, reason: str) -> None:
    def handler(call: Any) -> Reply:
        return Reply(body={"more": 1})

    route = Route(method="GET", path="/x", handler=handler, policy="", default=EVERYONE, answer=answer)
    with pytest.raises(AssertionError, match=reason):
        answers.checked(None, route)  # type: ignore[arg-type]


def check(site: Inside, token: str, name: str, path: str, known: dict[str, str]) -> None:
    (service,) = [service for service in SERVICES if service.name == name]
    operation = document(service)["paths"][PREFIX[name] + path]["get"]
    schema: dict[str, Any] = operation["responses"]["2XX"]["content"]["application/json"]["schema"]
    filled = path.format(**known)
    major, minors = STEPS[name]
    for minor in [*minors, service.versions.max[1] if service.versions else 0]:
        answer = site.call(token, "GET", name, filled, version=f"{major}.{minor}")
        assert answer.status_code in (200, 403, 404), answer.text
        if answer.status_code == 200:
            problems = [problem.message for problem in Draft202012Validator(schema).iter_errors(answer.json())]
            assert problems == [], (name, path, minor)
