"""What the tests of the app share."""

from __future__ import annotations

import pytest

from seethrough.app import runner


@pytest.fixture(autouse=True)
def _every_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small model writes all its tokens in one drawing's time: here each has its own."""
    monkeypatch.setattr(runner, "BETWEEN", 0.0)
