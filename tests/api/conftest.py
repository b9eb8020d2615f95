"""Whatever a test asks for here, the answer has the fields that its route says."""

from __future__ import annotations

import pytest

from moorage.api.wire import app
from tests.support import answers


@pytest.fixture(autouse=True)
def answers_are_as_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_run", answers.checked)
