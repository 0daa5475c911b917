"""The prompt gallery's cards as the app shows them: fetched when opened, switched by address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from seethrough.app.actions import Actions
from seethrough.app.navigation import address
from seethrough.core.routes import Route
from seethrough.core.tokens import DRAWN, GREEDY
from tests.app.going import state_after
from tests.fake_engine import tiny_model
from tests.recorded import recorded
from tests.sampled import opened_with_gallery, sample

if TYPE_CHECKING:
    from seethrough.app.state import AppState

MODEL = tiny_model()
CARD = sample()


def fresh() -> Actions:
    """Actions over a page with a walk and a card; nothing is loaded."""
    models = (MODEL,)
    return Actions(asyncio.run(opened_with_gallery(CARD, walks=(recorded(),), models=models)))


def went(*addresses: str, actions: Actions | None = None) -> AppState:
    """The state after going to some addresses."""
    return state_after(actions or fresh(), *addresses)


def test_the_list_is_read_and_no_card_is_fetched() -> None:
    """Title, prompt and first tokens are told by the list alone."""
    state = went("#/gallery")
    card = state.site.gallery[0]

    assert (card.id, card.prompt, card.temperatures) == ("capital", CARD.prompt.prompt, (0, 1, 5))
    assert card.first[0][0] == CARD.at(0.0).continuation[0].visible
    assert [one.id for one in state.site.recordings] == ["thing"]


@pytest.mark.parametrize(("temperature", "n_new"), [(0, 1), (1, 2), (5, 3)])
def test_a_card_opens_at_its_temperature(temperature: int, n_new: int) -> None:
    """The address says which of the recorded ways is shown, and says it again."""
    state = went(f"#/generate/capital/simple?temperature={temperature}")

    assert state.route == Route("generate", "capital", "simple")
    assert len(state.run.continuation) == n_new
    assert state.run.continuation[0].how == (DRAWN if temperature else GREEDY)
    assert state.sampling.temperature == temperature
    assert state.run.recorded is not None
    assert state.run.recorded.is_text_alone
    assert ("temperature=" in address(state)) == (temperature > 0)
    assert state.chrome.notice is None


def test_the_ways_are_switched_by_address() -> None:
    """From 0 to 5 and back the same card stays; its text is another."""
    actions = fresh()
    for temperature, n_new in ((0, 1), (5, 3), (1, 2), (0, 1)):
        state = went(f"#/generate/capital/simple?temperature={temperature}", actions=actions)
        assert len(state.run.continuation) == n_new


def test_filters_are_off_at_a_card() -> None:
    """It was drawn without; a run that follows draws the same."""
    state = went("#/generate/capital/simple?temperature=5&top_k=3&seed=9")

    assert (state.sampling["top_k"], state.sampling.seed) == (0, 1)


def test_a_temperature_that_was_not_recorded() -> None:
    """The card opens as it does by itself, and the setting says so."""
    state = went("#/generate/capital/simple?temperature=0.7")

    assert state.sampling.temperature == 0.0
    assert len(state.run.continuation) == 1


def test_a_card_has_the_first_step_alone() -> None:
    """It has no numbers of the inside: the whole model's address leads to the text."""
    assert went("#/generate/capital/model").route == Route("generate", "capital", "simple")


def test_another_view_has_no_cards() -> None:
    """The walk of a card is the first walk, and that is told."""
    state = went("#/walk/capital/layers")

    assert state.route == Route("walk", "thing", "layers")
    assert state.chrome.notice is not None


def test_a_card_then_a_walk_then_a_card() -> None:
    """Each is shown with its own numbers."""
    actions = fresh()
    assert went("#/generate/capital", actions=actions).run.captured.arrays == {}
    assert went("#/walk/thing/layers", actions=actions).run.captured.arrays != {}
    assert went("#/generate/capital", actions=actions).run.captured.arrays == {}


def test_a_card_runs_live() -> None:
    """The very prompt with its template; then it is the reader's own."""

    async def scenario() -> AppState:
        actions = Actions(await opened_with_gallery(CARD, models=(MODEL,)))
        card = actions.state.site.gallery[0]
        await actions.show_sample(card, 5.0)
        await actions.go_live()
        return actions.state

    state = asyncio.run(scenario())
    assert state.run.source == "live"
    assert state.run.given == (CARD.prompt.prompt, False)
    assert state.run.ids == CARD.prompt.ids
