"""A cloud with real guests for each test, on one embedded libvirt for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import real_guests
from tests.support.real_cloud import RealCloud, real_cloud
from tests.support.real_guests import LibvirtRoot


@pytest.fixture(scope="session")
def embedded() -> Iterator[LibvirtRoot]:
    real_guests.require()
    with real_guests.embedded() as made:
        yield made


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return real_guests.assemble(tmp_path_factory.mktemp("guest"))


@pytest.fixture
def site(embedded: LibvirtRoot, code: bytes, tmp_path: Path) -> Iterator[RealCloud]:
    with real_cloud(tmp_path, {"k1": embedded}, code) as made:
        yield made
