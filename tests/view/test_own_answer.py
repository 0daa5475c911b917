"""Under one's own text: loading in per cent, that the model reads, its answer at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.core.routes import Route
from seethrough.view import own_answer
from tests.view.walk_sample import walk_state

if TYPE_CHECKING:
    from seethrough.app.state import AppState


def going(stage: str, done: int = 0, total: int = 0) -> AppState:
    """The first step of one's own text while the engine is at this stage."""
    state = walk_state().but(route=Route("walk", "own", "input"))
    return state.but(
        source="",
        engine=replace(state.site.engine, stage=stage, done_bytes=done, total_bytes=total),
    )


def test_loading_is_told_in_per_cent() -> None:
    """As much as is here, never more; then that the model is opened."""
    html = own_answer.render(going("download", 43, 100))

    assert "Loading the model: 43" in html
    assert "<progress" in html
    assert "being opened" in own_answer.render(going("session"))
    assert "Ready. The model reads" in own_answer.render(going("running").but(busy="run"))


def test_the_answer_stands_there_at_once() -> None:
    """The best tokens of the run with their shares, and the way to see how they were found."""
    state = going("ready").but(source="live")
    html = own_answer.render(state)

    assert "Ready." in html
    assert html.count("<li>") == own_answer.N_BEST
    assert 'href="#/walk/own/tokenize"' in html
    assert own_answer.render(state.but(source="recorded")) == ""
