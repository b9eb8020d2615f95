"""Every route of every service, with generated paths, queries and bodies, as each caller.

What is looked for: a 5xx, an answer that contradicts the OpenAPI document, an answer to another project or to nobody
that tells something of the member's, and a row of the member's that one of them or a reader changed.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from moorage.api.wire.openapi import document
from moorage.api.wire.route import EVERYONE, Service
from moorage.api.wire.versions import dotted
from moorage.operations import service as operations
from tests.api.fuzz.belongings import Belongings
from tests.api.fuzz.people import WHO, People
from tests.support.inside import Inside

CHECKS = [response_schema_conformance, content_type_conformance]
_QUERIES = ["limit", "marker", "sort_key", "sort_dir", "sort", "offset", "name", "status", "all_tenants", "deleted",
            "changes-since", "metadata", "with_count", "is_public", "user_id", "project_id", "domain_id", "enabled",
            "host", "detailed",
            "start", "end", "visibility", "owner", "size_min", "created_at", "tags", "ip", "limits"]  # fmt: skip
_VALUES = ["", "0", "1", "-1", "abc", "true", "None", "9" * 30, "%", "(", "[", "{'a': 'b'}", "id", "created_at:desc",
           "asc", "é", "in:a,b", "gt:2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "\0"]  # fmt: skip


class Run:
    """One pass over all routes of one service."""

    def __init__(self, site: Inside, service: Service, cases: int, number: int = 0, *, below: str = "") -> None:
        self.site = site
        self.service = service
        self.people = People(site) if not hasattr(site, "people") else site.people
        site.people = self.people  # type: ignore[attr-defined]
        self.things = Belongings(site, self.people)
        self.calls: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()
        self.problems: list[str] = []
        self._cases = cases
        self._below = below
        self._seed = number
        self._random = random.Random(number)

    def run(self) -> None:
        schema = schemathesis.openapi.from_dict({**document(self.service), "servers": [{"url": "http://moorage.test"}]})
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.path.startswith(self._below):
                self._operation(operation)

    def _operation(self, operation: Any) -> None:
        self.things.ensure()
        for number, case in enumerate(self._generated(operation)):
            self._case(operation, case, number)

    def _generated(self, operation: Any) -> Iterator[Any]:
        """Cases that keep to the document and, where there is something to break, cases that do not."""
        found: list[Any] = []
        modes = [GenerationMode.POSITIVE] + ([GenerationMode.NEGATIVE] if operation.body else [])
        for mode in modes:
            count = self._cases if mode is GenerationMode.POSITIVE else max(self._cases // 2, 1)
            strategy = operation.as_strategy(generation_mode=mode)
            limits = settings(
                max_examples=count, database=None, deadline=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip

            def keep(case: Any) -> None:
                found.append(case)

            seed(self._seed)(limits(given(strategy)(keep)))()
        yield from found

    def _case(self, operation: Any, case: Any, number: int) -> None:
        path = self._path(operation, case, number)
        query = {self._random.choice(_QUERIES): self._random.choice(_VALUES) for _ in range(number % 4)}
        headers = {**self._version(number), "Content-Type": case.media_type or "application/json"}
        content = self._body(case)
        before = self.things.digest()
        for who in WHO:
            if who == "member":
                self._compare(before, operation, path)
            if token := self.people.tokens[who]:
                headers["X-Auth-Token"] = token
            answer = self.site.client.request(
                operation.method.upper(), path, params=query, headers=headers, content=content
            )
            self.calls[who] += 1
            self.answers[answer.status_code] += 1
            self._check(case, operation, who, answer)
        self._settle()
        self.things.ensure()
        if self.service.name == "identity":
            self.people.log_in()

    def _path(self, operation: Any, case: Any, number: int) -> str:
        """Mostly ids of things that are there, sometimes what the generator made up."""
        path: str = operation.path
        for name, value in (case.path_parameters or {}).items():
            known = self.things.ids(self.service.name, name)
            chosen = str(value) if number % 4 == 3 else self._random.choice(known)
            path = path.replace(f"{{{name}}}", quote(chosen, safe="") or "-")
        return path

    def _body(self, case: Any) -> bytes | None:
        if not case.operation.body or case.body is schemathesis.core.NOT_SET:
            return None
        if isinstance(case.body, bytes):
            return case.body
        return json.dumps(self.things.fill(case.body, lambda: self._random.random() < 0.7)).encode()

    def _version(self, number: int) -> dict[str, str]:
        versions = self.service.versions
        if versions is None:
            return {}
        middle = (versions.max[0], self._random.randint(0 if versions.min[1] == 0 else 1, versions.max[1]))
        wanted = ["latest", dotted(middle)][number % 2]
        return {"OpenStack-API-Version": f"{versions.service} {wanted}"}

    def _check(self, case: Any, operation: Any, who: str, answer: Any) -> None:
        told = f"{operation.method.upper()} {answer.request.url} as {who}: {answer.status_code} {answer.text[:300]}"
        request = f"; sent {answer.request.content[:500]!r}"
        if who == "nobody" and answer.status_code not in (401, 404, 405, 400, 406) and not self._is_open(operation):
            self.problems.append(f"nobody was let in: {told}{request}")
        if who in ("nobody", "other") and self.things.secret in answer.text:
            self.problems.append(f"told what is another project's: {told}{request}")
        if answer.status_code >= 500 and answer.status_code != 501:
            self.problems.append(f"server error: {told}{request}")
        if answer.headers.get("x-openstack-request-id") is None:
            self.problems.append(f"no request id: {told}")
        try:
            case.validate_response(answer, checks=CHECKS)
        except (Failure, FailureGroup) as failure:
            reasons = getattr(failure, "exceptions", [failure])
            self.problems.append(f"{'; '.join(str(reason)[:400] for reason in reasons)}: {told}{request}")

    def _is_open(self, operation: Any) -> bool:
        open_paths = {route.path for route in self.service.routes if route.default == EVERYONE}
        documents = {self.service.prefix + route.path for route in self.service.documents}
        below = operation.path.removeprefix(self.service.prefix + self.service.root)
        return operation.path in documents or below in open_paths

    def _compare(self, before: dict[str, str], operation: Any, path: str) -> None:
        after = self.things.digest()
        for key in before.keys() | after.keys():
            if before.get(key) != after.get(key):
                self.problems.append(f"{operation.method.upper()} {path}: reader, other or nobody changed {key}")

    def _settle(self) -> None:
        """Until nothing of what was asked for is under way."""
        for _ in range(2000):
            with self.site.moorage.store.read() as tx:
                if not operations.unfinished(tx):
                    return
            time.sleep(0.005)
        raise AssertionError("operations do not end")
