"""A house of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stacks import house as building
from tests.stacks.house import House
from tests.support.app import database_url


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with database_url(tmp_path) as url, building.house(tmp_path, url) as made:
        yield made
