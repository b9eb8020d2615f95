from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from moorage.api.identity import SERVICE
from moorage.identity.service.tokens import TokenService
from tests.identity.logins import bootstrapped, log_in
from tests.support.app import make_client, make_store


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    store = bootstrapped(make_store(tmp_path))
    yield make_client(tmp_path, SERVICE, store=store, tokens=TokenService(store))
    store.close()


class Api:
    """Calls below ``/identity/v3`` with one token."""

    def __init__(self, client: TestClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

    def __call__(self, method: str, path: str, status: int, json: Any = None, **headers: str) -> Any:
        answer = self.client.request(
            method, f"/identity/v3{path}", json=json, headers={**self.headers, **headers}
        )  # fmt: skip
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        if status == 204 or method == "HEAD":
            assert answer.content == b""
            return None
        return answer.json()


@pytest.fixture
def admin(client: TestClient) -> Api:
    return Api(client, log_in(client, "admin"))


@pytest.fixture
def demo(client: TestClient) -> Api:
    return Api(client, log_in(client, "demo"))
