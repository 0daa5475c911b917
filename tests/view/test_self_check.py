"""The badge of the self-check, and the report of a mismatch."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from seethrough.app.library import card_of
from seethrough.app.state import AppState, EngineStatus, Message
from seethrough.core.self_check import Outcome
from seethrough.view import home, message, self_check, status
from tests.fake_engine import tiny_model

RIGHT = Outcome("the thing", 1.34e-6, 1.4e-5, "logits", 3520)
WRONG = replace(RIGHT, largest=0.0123, hook="blocks.1.hook_resid_post")


def state_of(found: Outcome | None) -> AppState:
    """A page whose model is open, checked or not."""
    engine = EngineStatus("ready", backend="wasm", threads=2, mode="exact", model="m", check=found)
    return AppState().but(engine=engine)


def test_no_badge_without_a_check() -> None:
    """Nothing is claimed; About says when a check is made."""
    state = state_of(None)

    assert self_check.line(state) == ""
    assert 'class="checked' not in self_check.render(state) + status.render(state)
    assert "No model was checked" in self_check.render(state)


def test_the_badge_tells_the_largest_difference() -> None:
    """In per cent with two digits, beside what is allowed, wherever the model's state is told."""
    state = state_of(RIGHT)

    assert "off by 0.00013 %" in self_check.render(state)
    assert "0.0014 %" in self_check.render(state)
    assert "off by 0.00013 %" in status.render(state)
    assert "Numbers wrong" not in status.render(state)


@pytest.mark.parametrize(
    ("largest", "words"), [(0.0123, "off by 1.2 %"), (math.inf, "no numbers at all")]
)
def test_wrong_numbers_are_said(largest: float, words: str) -> None:
    """By the badge, by the model's own state, for eyes and ears."""
    state = state_of(replace(WRONG, largest=largest))

    assert words in self_check.render(state)
    assert "Numbers wrong" in status.render(state)
    assert "computes wrong numbers" in status.spoken(state)


def test_a_mismatch_hands_out_a_report() -> None:
    """The message has the button; the report has what is needed, and nothing that was typed."""
    state = state_of(WRONG).but(error=Message("check.mismatch"), prompt="my secret")
    told = self_check.report(state, "A browser", "https://example.org/")

    assert 'data-action="copy-report"' in message.render(state)
    for word in ("m (exact)", "wasm, threads: 2", "1.23e-02", "1.40e-05", WRONG.hook):
        assert word in told
    assert "A browser" in told
    assert "secret" not in told
    assert self_check.report(state_of(None), "", "") == ""


def test_other_messages_have_no_report() -> None:
    """An error that is no mismatch has no such button."""
    assert "copy-report" not in message.render(AppState().but(error=Message("engine.crashed")))


def test_home_tells_it_too() -> None:
    """Where the price of a text of one's own stands, with the way to what is checked."""
    card = card_of(tiny_model().manifest)
    checked = home.price(state_of(RIGHT).but(models=(card,)))

    assert "off by 0.00013 %" in checked
    assert 'href="#/about"' in checked
    assert "checked" not in home.price(state_of(None).but(models=(card,)))
