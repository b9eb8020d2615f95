from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audit.site import Site, made


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    yield from made(tmp_path)
