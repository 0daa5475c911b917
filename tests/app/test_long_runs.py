"""A run longer than the page keeps: what is asked of the model for it stays small."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from seethrough.app import live, runner
from seethrough.app import run as run_module
from seethrough.app.actions import Actions
from seethrough.core.routes import OWN, Route
from tests.fake_engine import engine_of, tiny_model
from tests.recorded import opened_with

if TYPE_CHECKING:
    import pytest

KEPT = 8


def test_no_run_for_a_position_that_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the layers wrote is asked for the kept positions alone: a longer run is too large."""
    for module in (run_module, runner, live):
        monkeypatch.setattr(module, "PICTURE_TOKENS", KEPT)

    async def scenario() -> None:
        actions = Actions(await opened_with(models=(tiny_model(),)))
        await actions.run("the thing and an other thing", chat=False)
        assert len(actions.state.run.ids) > KEPT
        actions.store.replace(route=Route("walk", OWN, "layers"))
        requests = engine_of(actions.service).requests
        before = len(requests)
        actions.select_position(KEPT)
        await actions.fetcher.fill()
        assert len(requests) == before
        actions.select_position(KEPT - 1)
        await actions.fetcher.fill()
        assert len(requests) > before
        assert actions.state.run.lens is not None
        assert actions.state.run.lens.position == KEPT - 1

    asyncio.run(scenario())
