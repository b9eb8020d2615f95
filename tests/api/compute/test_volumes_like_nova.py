"""Do attach, detach and the changes of an attachment answer as Nova's do, in every state of the server?

``recorded/volume_attachments.json`` holds, for each state, requests in order and what Nova 34 with Cinder 29 answered:
status, words of refusals, and names and types of all fields. ``mark`` is what happened to a volume in between.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.compute.test_like_nova import differences, shape
from tests.api.compute.volume_site import VolumeSite

RECORDED: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "recorded" / "volume_attachments.json").read_text()
)


def fill(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda match: names[match[1]], value)
    return {key: fill(inner, names) for key, inner in value.items()} if isinstance(value, dict) else value


def words(message: str, names: dict[str, str]) -> str:
    """A refusal without ids."""
    for name, known in sorted(names.items(), key=lambda pair: -len(pair[1])):
        message = message.replace(known, f"{{{name}}}")
    return re.sub(r"req-[0-9a-f-]{36}", "{req}", message)


def expected(state: str, step: dict[str, Any]) -> dict[str, Any] | None:
    """The recorded answer, or what is different here on purpose (docs/known-differences.md); None: not compared."""
    if step["status"] == 500:
        return None  # Nova fails where it means to refuse
    if state != "shelved_offloaded" or not step["do"].startswith("PUT"):
        return step
    minor = int(step["v"].split(".")[1])
    volume = step["body"]["volumeAttachment"].get("volumeId")
    is_swap = volume is not None and (minor < 85 or volume != step["do"].rsplit("/", 1)[1])
    if is_swap and minor >= 20 and step["status"] in (403, 409):
        return None  # allowed here
    return step


def problems(site: VolumeSite, state: str) -> Iterator[str]:
    for step in RECORDED[state]:
        if "mark" in step:
            site.note(step["mark"])
            continue
        wanted = expected(state, step)
        if wanted is None:
            continue
        method, path = fill(step["do"], site.names).split(" ")
        response = site.ask(
            step["as"], step["v"], method, path, fill(step["body"], site.names) if "body" in step else None
        )
        answer = response.json() if response.content else None
        told = f"{step['as']} {step['v']} {step['do']} {json.dumps(step.get('body', ''))}"
        if response.status_code != wanted["status"]:
            yield f"{told}: {response.status_code}, not {wanted['status']}: {response.text} / {wanted.get('says')}"
        elif response.status_code >= 400:
            said = words(next(iter(answer.values()))["message"], site.names)
            if said != words(wanted["says"], {}):
                yield f"{told}: says {said!r}, not {wanted['says']!r}"
        elif "shape" in wanted:
            yield from (f"{told}: {difference}" for difference in differences(shape(answer), wanted["shape"]))
        site.settle()


@pytest.mark.parametrize("state", RECORDED)
def test_volume_operations_answer_as_novas_do(tmp_path: Path, state: str) -> None:
    site = VolumeSite(tmp_path)
    site.prepare(state)
    found = list(problems(site, state))
    assert not found, "\n".join(found)
