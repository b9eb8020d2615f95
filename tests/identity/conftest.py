from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moorage.identity.service.tokens import TokenService
from moorage.store import Store
from tests.identity.logins import bootstrapped
from tests.support.app import make_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = bootstrapped(make_store(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def tokens(store: Store) -> TokenService:
    return TokenService(store)
