"""A prompt longer than a view's limit: first and last shown, the middle named, at every step."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest

from seethrough.core.captured import BY_HEAD, FIRST_OF_UNEMBED
from seethrough.core.hooks import leaf_of
from seethrough.core.routes import Route
from seethrough.view.layout import PANELS
from seethrough.view.windowed import FIRST, MOST, beyond_note, is_beyond, window
from tests.steps import STEPS
from tests.view.walk_sample import FAMILIES, walk_state

if TYPE_CHECKING:
    from seethrough.app.state import AppState

# Steps that draw every token of the text; the others are about the last one, or about characters.
OF_ALL_TOKENS = ("tokenize", "embed", "layers", "loop", "done")
OF_THE_LAST = ("logits", "softmax", "sample")
KEPT = 8


def long_state(n_tokens: int, family: str) -> AppState:
    """A live run of so many tokens, each with a text of its own; the last one is chosen."""
    return walk_state(tuple(f" zz{at}." for at in range(n_tokens)), family)


def drawn(state: AppState, step: str) -> str:
    """A step's markup."""
    return PANELS[f"step-{step}"].render(state.but(route=Route("walk", "own", step)))


def seen(html: str) -> str:
    """The text of some markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def marks(text: str) -> set[int]:
    """Which of the numbered tokens a text shows."""
    return {int(at) for at in re.findall(r"zz(\d+)\.", text)}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_tokens", [MOST, MOST + 1, 300, 500])
@pytest.mark.parametrize("step", OF_ALL_TOKENS)
def test_the_middle_is_named(step: str, n_tokens: int, family: str) -> None:
    """The first and the last tokens stand there; where some do not, a sentence says which."""
    html = drawn(long_state(n_tokens, family), step)
    text = seen(re.sub(r"<details.*?</details>", "", html, flags=re.DOTALL))
    words = re.sub(r'<ol class="cut-words.*?</ol>', "", html, flags=re.DOTALL)
    shown, limit = marks(seen(words)), 60 if step == "loop" else MOST
    expected = window(n_tokens, most=limit)

    assert {0, 1, n_tokens - 1} <= shown
    if step != "tokenize":  # its table has the words, as far as the film goes
        assert len(shown) <= MOST + 1  # a sentence may name one more
    assert f"{expected.n_left_out} tokens are left out" in text or expected.n_left_out < 2
    assert ("Position 32 is left out" in text) == (expected.n_left_out == 1)
    assert ("left out" in text) == (n_tokens > limit)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", OF_THE_LAST)
def test_the_last_token_is_all_that_counts(step: str, family: str) -> None:
    """Logits, softmax and the draw are of the last position: as large for 500 tokens as for six."""
    few, many = (drawn(long_state(n_tokens, family), step) for n_tokens in (6, 500))

    assert "left out" not in many
    assert "data-position" not in many
    assert abs(len(many) - len(few)) < 4000


@pytest.mark.parametrize("family", FAMILIES)
def test_characters_have_a_limit_of_their_own(family: str) -> None:
    """The first step shows the whole text, and of its signs the first and the last."""
    state = long_state(500, family)
    html, text = drawn(state, "input"), seen(drawn(state, "input"))

    assert html.count('class="sign"') == MOST
    assert f"Numbers {FIRST} to" in text
    assert "are left out" in text
    assert " zz499." in text
    one_more = walk_state(("a" * (MOST + 1),), family)
    assert "Number 32 is left out." in seen(drawn(one_more, "input"))


@pytest.mark.parametrize("family", FAMILIES)
def test_many_new_tokens_are_named_too(family: str) -> None:
    """Of 300 tokens that were written the loop and the end draw 256, the chosen one among them."""
    state = walk_state(family=family)
    grown = state.but(continuation=state.run.continuation[:1] * 300)

    for step in ("loop", "done"):
        text = seen(drawn(grown, step))
        assert "Of the new tokens 33 to 76, 44 are left out." in text
    chosen = drawn(grown.but(chosen_step=50), "loop")
    assert 'data-step="50"' in chosen
    assert "Of the new tokens 33 to 76, 43 are left out" in chosen


def cut_off(state: AppState) -> AppState:
    """The state of a run so long that the page keeps the first eight positions alone."""
    arrays = {
        name: array if leaf_of(name) in {*BY_HEAD, *FIRST_OF_UNEMBED, "W_U"} else array[:KEPT]
        for name, array in state.run.captured.arrays.items()
    }
    return state.but(captured=replace(state.run.captured, arrays=arrays), position=KEPT - 1)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("position", [0, KEPT - 1, KEPT, 11])
@pytest.mark.parametrize("step", STEPS)
def test_positions_that_are_not_kept(step: str, position: int, family: str) -> None:
    """Beyond what a page keeps of a long run each step still stands, and says what is not there."""
    state = cut_off(long_state(12, family))
    state = state.but(position=position, lens=None)
    text = seen(drawn(state, step))

    if step == "embed":
        assert "The numbers of positions 8–11 are not kept" in text
    if step == "layers":
        assert text.count("those of 8 to 11 are not in this picture") == 1
        assert ("is being computed" in text) == (position < KEPT)
    assert text


def test_what_is_kept() -> None:
    """Only a live run leaves positions out; a recording says its own gaps."""
    state = cut_off(long_state(12, "llama"))

    assert not is_beyond(state, KEPT - 1)
    assert is_beyond(state, KEPT)
    assert beyond_note(long_state(12, "llama")) == ""
