"""Does every answer have the status and the fields of Nova's answer to the same request at the same microversion?

``recorded/nova.json`` holds requests in order and what Nova 34 answered: status, and names and types of all fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from moorage.api.compute.documents import VERSIONS

STEPS = json.loads((Path(__file__).parent / "recorded" / "nova.json").read_text())
OPAQUE = {"cpu_info", "hosts", "log", "extension", "extensions"}
PROJECTS = {"admin": "a" * 32, "member": "b" * 32}
DIFFERENT = {
    "DELETE /flavors/auto": 404,  # Nova keeps the id "auto"; here it stands for a random one, as clients mean it
}


def shape(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return "object" if key in OPAQUE else {name: shape(inner, name) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value and key not in OPAQUE else []
    return {bool: "bool", int: "int", float: "float", str: "str", type(None): "null"}[type(value)]


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in ours.keys() ^ theirs.keys():
            yield f"{path}.{name} only in {'ours' if name in ours else 'theirs'}"
        for name in ours.keys() & theirs.keys():
            yield from differences(ours[name], theirs[name], f"{path}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list):
        if ours and theirs:
            yield from differences(ours[0], theirs[0], f"{path}[]")
    elif "null" not in (ours, theirs) and {ours, theirs} != {"int", "float"} and ours != theirs:
        yield f"{path} is {ours}, not {theirs}"


class Story:
    """Plays recorded requests; ids that one answer gives appear in later requests as ``{name}``."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.names: dict[str, Any] = {
            "admin_project": PROJECTS["admin"], "member_project": PROJECTS["member"],
            "admin_user": "user-admin", "member_user": "user-member",
        }  # fmt: skip

    def play(self, step: dict[str, Any]) -> Any:
        method, path = self._fill(step["do"]).split(" ", 1)
        headers = {
            "X-Auth-Token": f"{step['as']}:{PROJECTS[step['as']]}",
            "OpenStack-API-Version": f"compute {step['v']}",
        }
        body = {"json": self._fill(step["body"])} if "body" in step else {}
        response = self.client.request(method, f"/compute/v2.1{path}", headers=headers, **body)
        answer = response.json() if response.content else None
        if response.status_code < 400:
            for name, where in step.get("save", {}).items():
                self.names[name] = self._pick(answer, where)
        return response.status_code, answer

    def _fill(self, value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(r"\{(\w+)\}", lambda match: str(self.names[match[1]]), value)
        if isinstance(value, dict):
            return {key: self._fill(inner) for key, inner in value.items()}
        return [self._fill(inner) for inner in value] if isinstance(value, list) else value

    @staticmethod
    def _pick(value: Any, where: str) -> Any:
        for part in where.split("."):
            value = value[int(part)] if part.isdigit() else value[part]
        return value


def noun(step: dict[str, Any]) -> str:
    return re.split(r"[/?]", step["do"])[1]


@pytest.mark.parametrize("wanted", list(dict.fromkeys(noun(step) for step in STEPS)))
def test_answers_have_novas_status_and_fields(client: TestClient, wanted: str) -> None:
    story, problems = Story(client), []
    for step in (step for step in STEPS if noun(step) == wanted):
        assert tuple(map(int, step["v"].split("."))) <= VERSIONS.max
        status, answer = story.play(step)
        told = f"{step['as']} {step['v']} {step['do']} {json.dumps(step.get('body', ''))[:120]}"
        wanted_status = DIFFERENT.get(step["do"], step["status"])
        if status != wanted_status:
            problems.append(f"{told}: {status}, not {wanted_status}: {json.dumps(answer)[:200]}")
        elif status < 400:
            found = list(differences(None if answer is None else shape(answer), step["shape"]))
            problems += [f"{told}: {difference}" for difference in found]
    assert not problems, "\n".join(problems)
