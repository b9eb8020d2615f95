from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from moorage.api.images import SERVICE
from moorage.api.services import Limits
from tests.api.images.caller import Caller
from tests.support.app import make_client

ALICE, BOB = "a" * 32, "b" * 32


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with make_client(tmp_path, SERVICE, limits=Limits(max_image_bytes=8 << 20)) as client:
        yield client


@pytest.fixture
def alice(client: TestClient) -> Caller:
    return Caller(client, f"member:{ALICE}")


@pytest.fixture
def bob(client: TestClient) -> Caller:
    return Caller(client, f"member:{BOB}")


@pytest.fixture
def admin(client: TestClient) -> Caller:
    return Caller(client, f"admin:{'c' * 32}")


@pytest.fixture
def raw() -> dict[str, Any]:
    return {"disk_format": "raw", "container_format": "bare"}
