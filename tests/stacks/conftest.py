"""A house of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stacks import house as building
from tests.stacks.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with building.house(tmp_path) as made:
        yield made
