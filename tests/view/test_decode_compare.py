"""Two texts side by side: every token on both sides, the first difference marked and told."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from seethrough.app.state import AppState
from seethrough.core.against import Against
from seethrough.core.contrast import Contrast, Share, Side
from seethrough.core.routes import OWN, Route
from seethrough.core.settings import Sampling
from seethrough.core.tokens import END, NewToken
from seethrough.view.decode import compare
from seethrough.view.layout import ACTIONS, PANELS
from tests.view.sample import Reading, rounded
from tests.view.walk_sample import CARD, walk_state

GOLDEN = Path(__file__).parents[1] / "golden"
HOSTILE = "<img src=x onerror=alert(1)>\"' style=color:red"
# By column: each side's token, and the chance that every candidate has on each side.
LEFT, RIGHT = (1, 2, 3, 4), (1, 5, 6)


def side(ids: tuple[int, ...], settings: Sampling, *, word: str = " t", stop: str = "") -> Side:
    """A side that knows the chances of the tokens 1 to 6 at each of its places."""
    names = {at: (f"{word}{at}", f"{word}{at}".replace(" ", "·")) for at in range(1, 7)}
    scale = 1 + settings.temperature
    shares = tuple(
        tuple(Share(at, *names[at], 0.3 / at, 0.3 / at / scale) for at in names) for _ in ids
    )
    steps = tuple(NewToken(one, *names[one], 0.3 / one, one - 1) for one in ids)
    return Side("tiny", "Tiny", "Once upon", settings, steps, shares, stop)


def made_of(word: str = " t", *, kind: str = "settings", **changes: bool) -> Contrast:
    """Two sides that part at the second token."""
    left, right = Sampling(temperature=0.0), Sampling(temperature=1.0, top_k=40)
    made = Contrast(kind, side(LEFT, left, word=word), side(RIGHT, right, word=word))
    return replace(made, **changes)


def at(made: Contrast | None = None, *, depth: str = "idea", **changes: object) -> AppState:
    """A state at the step, with both texts."""
    plan = Against("settings", 4, Sampling(temperature=1.0, top_k=40))
    state = walk_state().but(route=Route("decode", OWN, "compare"), depth=depth, against=plan)
    return state.but(**{"contrast": made_of() if made is None else made, **changes})


def words(html: str) -> str:
    """All that is read, in one line."""
    return re.sub(r"\s+", " ", " ".join(Reading(html).texts))


def test_every_token_of_both_sides() -> None:
    """A column a place; a side that ended earlier has nothing there."""
    html = compare.idea(at())

    assert html.count('data-action="select-column"') == 4
    for token in range(1, 7):
        assert f">{' t'}{token}</bdi>" in html
    assert html.count("versus-token is-none") == 1
    assert html.count("is-chance-3") == 2


def test_the_first_difference_is_marked_and_told() -> None:
    """One mark; both candidates with their chances under both settings."""
    html = compare.idea(at())
    told = words(html[html.index('class="versus-said"') :])

    assert html.count("versus-flag") == 1
    assert "The first token is the same, then they part." in told
    assert re.search(r"A takes t2 ?: 15.0 % with its own settings, 7.5 % .* B", told), told
    assert re.search(r"B takes t5 ?: 3.0 % with its own settings, 6.0 % .* A", told), told


def test_what_is_the_same_is_said() -> None:
    """All tokens alike; a text that ends earlier; a text that is being written."""
    alike = Contrast("settings", side(LEFT, Sampling()), side(LEFT, Sampling()))
    shorter = Contrast("settings", side(LEFT[:1], Sampling(), stop=END), side(LEFT, Sampling()))

    assert "Both write the very same 4 tokens." in words(compare.idea(at(alike)))
    assert "The first token is the same; there A ends." in words(compare.idea(at(shorter)))
    assert "versus-flag" not in compare.idea(at(alike))
    assert "[the end]" in words(compare.idea(at(shorter)))
    being = replace(shorter, is_whole=False)
    assert "So far the first token is the same." in words(compare.idea(at(being)))


def test_a_column_opens_its_odds() -> None:
    """The first difference's at first, then the reader's; who took what is said."""
    html = compare.render(at(depth="numbers"))
    other = compare.render(at(depth="numbers", column=0))

    assert "The odds at token 2, with the settings of each side" in words(html)
    assert "The odds at token 1" in words(other)
    assert html.count("is-landed") >= 2
    widths = re.findall(r'class="is-own" y="14%" width="([\d.]+)%"', html)
    assert [float(one) for one in widths] == pytest.approx([30 / k for k in range(1, 7)], abs=1e-3)
    assert compare.render(at(depth="numbers", column=99)).count('aria-pressed="true"') == 2


def test_the_table_has_every_token() -> None:
    """A row a place, of each side the token, its probability and rank."""
    html = compare.render(at(depth="numbers"))
    table = html[html.index('class="numbers"') :]

    assert table.count("<tr") == 5
    assert "0.075" in table


@pytest.mark.parametrize("kind", ["prompt", "model"])
def test_two_prompts_and_two_models(kind: str) -> None:
    """Each side is named by what differs; the chances are the model's own."""
    made = made_of(kind=kind)
    right = replace(made.right, prompt="Two upon", title="Other", model="other")
    html = compare.render(at(replace(made, right=right), depth="numbers"))

    assert ("Two upon" if kind == "prompt" else "Other") in words(html)
    assert "by the model alone" in words(html)
    assert "15.0 %" in words(html)


def test_what_the_other_side_does_not_know_is_said() -> None:
    """Of two models each knows its ten best alone."""
    made = made_of(kind="model")
    left = replace(made.left, shares=tuple(shares[:2] for shares in made.left.shares))
    html = compare.render(at(replace(made, left=left), depth="numbers"))

    assert "not among the ten best of" in words(html)
    assert "not known" in words(html)


def test_the_recorded_example_stands_there_before() -> None:
    """Before anything is written, and before a text: its prompt, and that it was recorded."""
    example = made_of(is_recorded=True)
    before = at(contrast=None, example=example)
    empty = AppState().but(route=Route("decode", OWN, "compare"), example=example)

    for state in (before, empty):
        html = compare.idea(state)
        assert "Recorded, so nothing is downloaded:" in words(html)
        assert "Once upon" in words(html)
        assert "versus-flag" in html
    assert "Recorded" not in words(compare.idea(at(example=example)))


def test_it_says_that_something_else_is_set() -> None:
    """What is shown is not of the settings any more, until both are written anew."""
    made = made_of()
    same = at(made, sampling=made.left.settings)
    other = at(made, sampling=Sampling(temperature=3.0))

    assert "Below are other settings" not in words(compare.idea(same))
    assert "Below are other settings" in words(compare.idea(other))


def test_what_can_be_set() -> None:
    """The kinds, a temperature each; with the numbers all settings of both sides."""
    few, all_of = compare.idea(at()), compare.render(at(depth="numbers"))

    assert few.count('data-name="kind"') == 3
    assert few.count('data-name="temperature"') == 2
    assert all_of.count('data-name="top_p"') == 2
    assert 'data-name="prompt"' in compare.idea(at(against=Against("prompt", 4)))
    one = compare.idea(at(against=Against("model", 4)))
    assert "This build has one model." in words(one)
    more = at(against=Against("model", 4), models=(CARD, replace(CARD, id="b", title="Big")))
    assert "Big" in words(compare.idea(more))


def test_it_can_be_stopped() -> None:
    """While both are written it tells how far it is."""
    going = compare.idea(at(replace(made_of(), is_whole=False), busy="generate"))

    assert 'data-action="stop"' in going
    assert "7 of 8 tokens are written." in words(going)
    assert 'data-action="write-both"' in compare.idea(at())


def test_tokens_stay_text() -> None:
    """A token that looks like markup makes no element; every action is an agreed one."""
    shown = at(made_of(HOSTILE), against=Against("prompt", 4, prompt=HOSTILE))
    html = compare.idea(shown) + compare.render(shown)

    assert "<img" not in html
    assert set(Reading(html).values("data-action")) <= set(ACTIONS)


FILE = GOLDEN / "decode_compare_idea.html"


def snapshot() -> str:
    """The step, floats rounded, an element a line."""
    return rounded(PANELS["idea-compare"].render(at())).replace("><", ">\n<") + "\n"


def test_markup_is_as_it_was() -> None:
    """Markup changes on purpose only: `python -m tests.view.test_decode_compare` writes it anew."""
    assert snapshot() == FILE.read_text(encoding="utf-8")


if __name__ == "__main__":
    FILE.write_text(snapshot(), encoding="utf-8")
