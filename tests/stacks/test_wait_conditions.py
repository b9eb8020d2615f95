"""Guests say how it went: who may, what counts, and what becomes of the stack."""

from __future__ import annotations

import base64
import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from moorage.api.wait_conditions import SERVICE
from moorage.compute import first_boot
from moorage.stacks.ports import Document
from tests.stacks.house import OWNER, House, template
from tests.support.app import make_client
from tests.support.process import eventually

NODES = """\
heat_template_version: 2016-10-14
parameters: {count: {type: number, default: 1}, timeout: {type: number, default: 60}}
resources:
  handle: {type: OS::Heat::WaitConditionHandle}
  nodes:
    type: OS::Heat::ResourceGroup
    properties:
      count: {get_param: count}
      resource_def:
        type: file://node.yaml
        properties: {curl: {get_attr: [handle, curl_cli]}}
  waiter:
    type: OS::Heat::WaitCondition
    depends_on: nodes
    properties: {handle: {get_resource: handle}, count: {get_param: count}, timeout: {get_param: timeout}}
outputs:
  said: {value: {get_attr: [waiter, data]}}
"""
NODE = """\
heat_template_version: 2016-10-14
parameters: {curl: {type: string}}
resources:
  volume: {type: OS::Cinder::Volume, properties: {size: 1, image: img}}
  server:
    type: OS::Nova::Server
    properties:
      flavor: "1"
      networks: [{network: lan}]
      block_device_mapping_v2: [{volume_id: {get_resource: volume}}]
      user_data_format: RAW
      user_data:
        str_replace:
          template: "#!/bin/sh\\nCURL --data-binary '{\\"status\\": \\"SUCCESS\\"}'\\n"
          params: {CURL: {get_param: curl}}
"""


class Guests:
    """What the servers of a stack were given, and how they report."""

    def __init__(self, house: House, directory: Path) -> None:
        self.house = house
        (directory / "api").mkdir()
        self.client: TestClient = make_client(directory / "api", SERVICE, store=house.store)

    def begin(self, count: int = 1, timeout: int = 60) -> str:
        parameters = {"count": count, "timeout": timeout}
        document = Document(template=template(NODES), files={"file://node.yaml": NODE}, parameters=parameters)
        stack_id = self.house.stacks.create(OWNER, "s", document, key="k")
        eventually(lambda: "waiter" in self.house.resources(stack_id), what="the stack waits for its guests")
        return stack_id

    def reports(self) -> list[first_boot.Report]:
        """What a guest would send, by its user data."""
        texts = [base64.b64decode(row["user_data"]) for row in self.house.rows("SELECT user_data FROM servers")]
        return [report for text in texts for report in first_boot.reports(text)]

    def send(self, report: first_boot.Report, body: Any = None, method: str = "") -> int:
        content = report.data if body is None else body if isinstance(body, str) else json.dumps(body)
        answer = self.client.request(
            method or report.method, report.url, content=content, headers={"Content-Type": "application/json"}
        )
        return answer.status_code


@pytest.fixture
def guests(house: House, tmp_path: Path) -> Guests:
    return Guests(house, tmp_path)


def test_a_stack_is_there_once_every_guest_has_said_so(house: House, guests: Guests) -> None:
    with house.running():
        stack_id = guests.begin(2)
        first, second = guests.reports()
        assert (first.method, first.data) == ("PUT", '{"status": "SUCCESS"}')
        assert [guests.send(first), guests.send(first)] == [204, 204]
        found = house.stacks.find(stack_id)
        assert found is not None
        assert found.status == "CREATE_IN_PROGRESS", "what one guest repeats counts once"
        assert guests.send(second, {"data": {"port": 7077}, "id": "second"}, "POST") == 204
        stack = house.ended(stack_id)
        assert stack.status == "CREATE_COMPLETE", stack.reason
        assert json.loads(stack.outputs["said"])["second"] == {"port": 7077}
        assert guests.send(first) == 204, "a guest whose answer got lost is answered even now"
        house.remove(stack_id)
        assert guests.send(first) == 404
        assert house.rows("SELECT * FROM wait_tokens") == []
        assert house.rows("SELECT * FROM wait_signals") == []


def test_a_guest_that_failed_fails_the_stack_with_its_reason(house: House, guests: Guests) -> None:
    with house.running():
        stack_id = guests.begin(2)
        assert guests.send(guests.reports()[0], {"status": "FAILURE", "reason": "no disk"}) == 204
        stack = house.ended(stack_id)
        assert (stack.status, stack.reason) == (
            "CREATE_FAILED", "Resource CREATE failed: resources.waiter: WaitConditionFailure: no disk",
        )  # fmt: skip


def test_a_silent_guest_is_not_waited_for_longer_than_agreed(house: House, guests: Guests) -> None:
    with house.running():
        stack = house.ended(guests.begin(1, timeout=1))
        assert stack.status == "CREATE_FAILED"
        assert "WaitConditionTimeout: 0 of 1 received" in str(stack.reason)


def test_the_wait_goes_on_after_a_restart(house: House, guests: Guests) -> None:
    with house.running():
        stack_id = guests.begin(1)
    assert guests.send(guests.reports()[0]) == 204, "said while nobody listens"
    with house.running():
        assert house.ended(stack_id).status == "CREATE_COMPLETE"


def test_rows_hold_no_token(house: House, guests: Guests) -> None:
    with house.running():
        stack_id = guests.begin(1)
        token = re.findall(r"token=(\S+)", guests.reports()[0].url)[0]
        tables = ("stacks", "stack_resources", "wait_tokens", "operations")
        rows = [row for table in tables for row in house.rows(f"SELECT * FROM {table}")]
        assert token not in json.dumps(rows, default=str)
        house.stacks.delete(stack_id)
        house.settle()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 204), ("{}", 204), ("[]", 400), ("{", 400), ({"status": "FINE"}, 400), ({"status": None}, 400),
        ({"other": 1}, 400), ({"id": ""}, 400), ({"id": 7}, 204), ({"reason": "x" * 5000}, 400),
        ({"data": "x" * (1 << 16)}, 413),
    ],
)  # fmt: skip
def test_what_a_guest_may_say(house: House, guests: Guests, body: Any, status: int) -> None:
    report = _with_token(house)
    assert guests.send(report, body) == status
    assert len(house.rows("SELECT * FROM wait_signals")) == (status == 204)


def _with_token(house: House) -> first_boot.Report:
    from moorage.stacks import signals  # noqa: PLC0415

    handle = "6f1c1f0e-6d6f-4f72-8167-655f6964732e"
    with house.store.write() as tx:
        token = signals.with_tokens(tx, signals.mark(handle))
    return first_boot.Report(url=f"http://moorage.test/wait-conditions/{handle}?token={token}")


@pytest.mark.parametrize("change", [("token=", "token=x"), ("6f1c1f0e", "00000000"), ("?", "?other=1&no"), ("-c", "c")])
def test_a_wrong_token_or_handle_is_not_found(house: House, guests: Guests, change: tuple[str, str]) -> None:
    right = _with_token(house)
    wrong = first_boot.Report(url=right.url.replace(*change, 1) if change[0] != "-c" else right.url + "c")
    assert guests.send(wrong) == 404
    assert house.rows("SELECT * FROM wait_signals") == []


def test_many_guests_at_once(house: House, guests: Guests) -> None:
    with house.running():
        stack_id = guests.begin(8)
        threads = [threading.Thread(target=guests.send, args=(report,)) for report in guests.reports()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert house.ended(stack_id).status == "CREATE_COMPLETE"
