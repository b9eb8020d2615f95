"""Do servers answer as Nova's do: status, fields with their types, which servers a list has, and the words of refusals?

``recorded/servers.json`` holds stories: requests in order, and what Nova 34 answered. ``since`` means the answer kept
this form up to the version of the next such step. Values a request sent are left out of the words of refusals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moorage.api.compute.documents import VERSIONS
from tests.api.compute.server_site import Rows, headers, server_client
from tests.api.compute.test_like_nova import differences, shape

RECORDED = json.loads((Path(__file__).parent / "recorded" / "servers.json").read_text())
STORIES: dict[str, list[dict[str, Any]]] = RECORDED["stories"]
WORDED_OTHERWISE = {
    "Image None is not active.": "Image {image_queued} is not active.",
    "Marker None could not be found.": "Marker zz could not be found.",
    "[] is not of type 'object'": "Malformed request body",
    "Invalid input for field/attribute adminPass. 5 is not of type 'string'":
        "Invalid input for field/attribute adminPass. '***' is not of type 'string'",
    "Invalid input for field/attribute adminPass. None is not of type 'string'":
        "Invalid input for field/attribute adminPass. '***' is not of type 'string'",
    "Block Device Mapping is Invalid.": "Block Device Mapping is Invalid: disk_bus bogus is not one of "
        "fdc, ide, lxc, sata, scsi, uml, usb, virtio, xen.",
}  # fmt: skip
"""Where Nova says less than it knows, or more than it should."""


def expand(value: Any, names: dict[str, Any]) -> Any:
    """``{name}`` is an id, ``{x*9}`` nine x, ``k*9`` nine members or items."""
    if isinstance(value, str):
        value = re.sub(r"\{(.)\*(\d+)\}", lambda m: m[1] * int(m[2]), value)
        return re.sub(r"\{(\w+)\}", lambda m: str(names[m[1]]), value)
    if isinstance(value, dict):
        many = next((re.fullmatch(r"k\*(\d+)", key) for key in value if key.startswith("k*")), None)
        if many:
            return {f"k{number}": "v" for number in range(int(many[1]))}
        return {expand(key, names): expand(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        if value and isinstance(value[0], str) and (many := re.fullmatch(r"t\*(\d+)", value[0])):
            return [f"t{number}" for number in range(int(many[1]))]
        return [expand(inner, names) for inner in value]
    return value


def words(message: str, names: dict[str, Any]) -> str:
    """A message without what was sent and without ids, as the recording has it."""
    for name, known in sorted(names.items(), key=lambda pair: -len(str(pair[1]))):
        if len(str(known)) > 20:
            message = message.replace(str(known), f"{{{name}}}")
    if found := re.match(
        r"(?s)(Invalid input for (?:field/attribute|query parameters) .*?\. )Value: .*\. (.*)$", message
    ):
        message = found[1] + found[2]
    message = re.sub(r"req-[0-9a-f-]{36}", "{req}", message)
    message = re.sub(r"(.)\1{40,}(\.\.\.)?", r"\1..", message)
    message = re.sub(r"\[('[^']*'(, ?)?){20,}(\.\.\.)?\]", "[..]", message)
    message = re.sub(r"\{('[^']*': '[^']*'(, )?){20,}\}", "{..}", message)
    return re.sub(r"sort_key\. '(\w+)' is not one of .*", r"sort_key. '\1' is not one of [..]", message)


def versions(steps: list[dict[str, Any]], position: int) -> list[str]:
    step = steps[position]
    given = step.get("v", "2.96")
    if not step.get("since"):
        return given if isinstance(given, list) else [given]
    follower = steps[position + 1] if position + 1 < len(steps) else {}
    same = follower.get("since") and follower["do"] == step["do"] and follower.get("as") == step.get("as")
    last = int(follower["v"].split(".")[1]) - 1 if same else VERSIONS.max[1]
    return [f"2.{minor}" for minor in range(int(given.split(".")[1]), last + 1)]


class Story:
    """Plays the requests of one story against rows that are settled as Nova's servers settled."""

    def __init__(self, tmp_path: Path) -> None:
        self.client = server_client(tmp_path)
        self.rows = Rows(self.client)
        self.rows.prepare()

    def play(self, steps: list[dict[str, Any]]) -> Iterator[str]:
        for position, step in enumerate(steps):
            for version in versions(steps, position):
                for problem in self._step(step, version):
                    who = step.get("as", "member")
                    yield f"{who} {version} {step['do']} {json.dumps(step.get('body', ''))[:200]}: {problem}"

    def _step(self, step: dict[str, Any], version: str) -> Iterator[str]:
        names: dict[str, Any] = self.rows.names
        method, path = expand(step["do"], names).split(" ", 1)
        body = {"json": expand(step["body"], names)} if "body" in step else {}
        told = headers(step.get("as", "member"), version)
        response = self.client.request(method, f"/compute/v2.1{path}", headers=told, **body)
        answer = response.json() if response.content else None
        if response.status_code != step["status"]:
            yield f"{response.status_code}, not {step['status']} ({step.get('says', '')}): {response.text[:300]}"
        elif response.status_code >= 400:
            yield from self._compare_words(step, answer)
        else:
            yield from self._compare(step, answer)
        if response.status_code < 400:
            self._go_on(step, answer)

    def _compare_words(self, step: dict[str, Any], answer: Any) -> Iterator[str]:
        said = words(next(iter(answer.values()))["message"], self.rows.names)
        if said != WORDED_OTHERWISE.get(step["says"], step["says"]):
            yield f"says {said!r}, not {step['says']!r}"

    def _compare(self, step: dict[str, Any], answer: Any) -> Iterator[str]:
        if "shape" in step:
            yield from differences(shape(answer), RECORDED["shapes"][step["shape"]])
        if "names" in step and (found := [server["name"] for server in answer["servers"]]) != step["names"]:
            yield f"lists {found}, not {step['names']}"

    def _go_on(self, step: dict[str, Any], answer: Any) -> None:
        for name, where in step.get("save", {}).items():
            self.rows.names[name] = _pick(answer, where)
        if "settle" in step:
            *state, name = step["settle"].split()
            self.rows.settle(self.rows.names[name], *state)


def _pick(value: Any, where: str) -> Any:
    for part in where.split("."):
        value = value[int(part)] if part.isdigit() else value[part]
    return value


@pytest.mark.parametrize("name", STORIES)
def test_servers_answer_as_novas_do(tmp_path: Path, name: str) -> None:
    problems = list(Story(tmp_path).play(STORIES[name]))
    assert not problems, "\n".join(problems)
