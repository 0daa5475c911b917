"""The room "Generation": each bar is the run's own, a film token by token, text stays text."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seethrough.app.state import AppState, Stage
from seethrough.core.routes import OWN, Route
from seethrough.core.tokens import DRAWN, END, GREEDY, LIMIT, READER, NewToken
from seethrough.view import pages
from seethrough.view.generate import beats, simple, written
from seethrough.view.layout import ACTIONS, PANELS
from seethrough.view.node import h, to_html
from seethrough.view.steps.written import bits
from tests.english import exact, probability, readout
from tests.view.sample import Reading, rounded
from tests.view.walk_sample import FAMILIES, N_NEW, walk_state

if TYPE_CHECKING:
    from collections.abc import Sequence

GOLDEN = Path(__file__).parents[1] / "golden"
HOSTILE = "<img src=x onerror=alert(1)>\"' style=color:red\0\n"
MOMENTS = (*range(3 * N_NEW), None)


def at(moment: int | None = None, *, depth: str = "idea", **changes: object) -> AppState:
    """A state in the room, at a moment of the film."""
    family = changes.pop("family", "llama")
    texts = changes.pop("texts", ("January", ",", " February", ","))
    state = walk_state(texts, family)  # type: ignore[arg-type]
    stage, route = Stage(moment=moment), Route("generate", OWN, "simple")
    return state.but(route=route, stage=stage, depth=depth, **changes)  # type: ignore[arg-type]


def entropies(state: AppState, *values: float | None) -> AppState:
    """The same with how unsure the model was at each new token."""
    pairs = zip(state.run.continuation, values, strict=True)
    return state.but(continuation=tuple(replace(new, entropy=value) for new, value in pairs))


def reading(state: AppState) -> Reading:
    """The picture, taken apart."""
    return Reading(simple.idea(state))


def of_class(state: AppState, name: str) -> list[dict[str, str | None]]:
    """The elements of a class."""
    found = reading(state).elements
    return [attrs for _, attrs in found if name in (attrs.get("class") or "").split()]


def of_action(state: AppState, name: str) -> list[dict[str, str | None]]:
    """The elements that do something."""
    return [attrs for _, attrs in reading(state).elements if attrs.get("data-action") == name]


def told(state: AppState) -> list[str]:
    """The film's sentences as text."""
    return ["".join(Reading(to_html(h("p", {}, one))).texts) for one in simple.moments(state)]


def test_three_moments_a_token_then_why_it_ended() -> None:
    """Shares, choice, joining: what is in the text grows by one at each third moment."""
    state = at(stop=LIMIT)

    assert len(simple.moments(state)) == 3 * N_NEW + 1
    assert len(simple.moments(at(stop=""))) == 3 * N_NEW
    for moment in range(3 * N_NEW):
        shown = at(moment)
        assert len(of_class(shown, "generate-new")) == (moment + 1) // 3
        assert len(of_class(shown, "generate-blank")) == (moment % 3 != 2)
        assert len(of_class(shown, "generate-row")) == len(shown.run.steps[moment // 3].candidates)
        taken = [one for one in of_class(shown, "generate-row") if "is-taken" in str(one["class"])]
        assert len(taken) == (moment % 3 != 0)
    assert len(of_class(at(), "generate-new")) == N_NEW


def test_a_token_flies_from_its_bar() -> None:
    """At its moment the new token enters from the taken bar; what stood there does not move."""
    for step in range(N_NEW):
        moment = beats.joined(step)
        flying = [one for one in of_class(at(moment), "generate-new") if "data-at" in one]
        assert [(one["data-at"], one["data-step"]) for one in flying] == [(str(moment), str(step))]
        assert flying[0]["data-from"] in reading(at(moment)).values("id")


def test_one_token_on_and_back() -> None:
    """From any moment to the next joining and the one before; at the end nothing follows."""
    assert [beats.token_after(moment, 3) for moment in (*range(10), None)] == [
        *(2, 2, 5, 5, 5, 8, 8, 8, None, None),
        None,
    ]
    assert [beats.token_before(moment, 3) for moment in (*range(9), None)] == [
        *(0, 0, 0, 2, 2, 2, 5, 5, 5),
        5,
    ]


@pytest.mark.parametrize("chosen", [None, 0, 1])
def test_the_bars_are_the_step_s(chosen: int | None) -> None:
    """Each share of the shown step stands there as a number, exact on hover, and as a length."""
    state = at(chosen_step=chosen)
    new = state.run.steps[N_NEW - 1 if chosen is None else chosen]
    shown = reading(state)

    for item in new.candidates:
        assert probability(item.prob) in shown.texts
        assert exact(item.prob) in shown.values("title")
        assert f"{item.prob * 100:.4f}%" in shown.values("width")


def test_every_other_candidate_can_be_taken() -> None:
    """A click on it forks at the shown step; before anything is written it is appended."""
    state = at(chosen_step=1)
    new = state.run.steps[1]
    forks = [one for _, one in reading(state).elements if one.get("data-action") == "fork"]
    first = at(continuation=(), stop="")
    appends = [
        one for _, one in reading(first).elements if one.get("data-action") == "append-token"
    ]

    assert [(one["data-step"], one["data-id"]) for one in forks] == [
        ("1", str(item.id)) for item in new.candidates if item.id != new.id
    ]
    assert [one["data-id"] for one in appends] == [str(item.id) for item in first.run.top]
    busy = reading(at(busy="generate"))
    assert all("disabled" in one for _, one in busy.elements if one.get("data-action") == "fork")


def test_who_chose_is_said() -> None:
    """The largest share, the dart, the reader; where it is not known, only what stands there."""
    state = at(1)
    first = state.run.continuation[0]
    for new, words in (
        (replace(first, how=GREEDY), "The largest share wins"),
        (replace(first, how=DRAWN), "The dart fell on"),
        (replace(first, how=READER), "You took"),
        (replace(first, how=""), "has the largest share"),
        (replace(first, how="", rank=3), "is taken"),
    ):
        shown = state.but(continuation=(new, *state.run.continuation[1:]))
        assert words in "".join(reading(shown).texts)
        assert words in told(shown)[1]


def test_surprise_and_entropy_of_each_token() -> None:
    """The bars' heights are the bits, on one scale; without the whole row no entropy is told."""
    state = entropies(at(), 1.5, 6.25, None)
    scale = written.scale_of(state)
    bars = of_class(state, "is-surprise")
    high = written.BAR_HIGH - 1

    assert scale == math.ceil(max(6.25, *(bits(new.prob) for new in state.run.steps)))
    for new, one in zip(state.run.steps, bars, strict=True):
        assert float(str(one["height"])) == pytest.approx(bits(new.prob) / scale * high, abs=0.01)
    unsure = of_class(state, "is-unsure")
    assert [float(str(one["height"])) for one in unsure] == [
        pytest.approx(value / scale * high, abs=0.01) for value in (1.5, 6.25)
    ]
    titles = [str(one["title"]) for one in of_class(state, "generate-new")]
    for new, title in zip(state.run.steps, titles, strict=True):
        assert new.visible in title
        assert probability(new.prob) in title
        assert readout(bits(new.prob)) in title
        assert ("entropy" in title) == (new.entropy is not None)


def test_the_chance_is_told_by_tint_and_number() -> None:
    """Each new token has its chance's class; the chosen one's share stands beneath it."""
    state = at(chosen_step=1)
    shown = of_class(state, "generate-new")

    for new, one in zip(state.run.steps, shown, strict=True):
        assert f"is-chance-{round(new.prob * 10)}" in str(one["class"])
    assert [one["aria-pressed"] for one in shown] == ["false", "true", "false"]
    assert len(of_class(state, "generate-share")) == 1


def new_tokens(*visibles: tuple[str, str]) -> tuple[NewToken, ...]:
    """New tokens by their texts and signs."""
    return tuple(NewToken(at, text, sign, 0.5, 0) for at, (text, sign) in enumerate(visibles))


def test_bytes_stay_bytes_until_a_sign_is_whole() -> None:
    """⟨F0⟩⟨9F⟩ and ⟨8D⟩ are bytes; with ⟨95⟩ the pizza is whole and told behind it."""
    steps = new_tokens(("\ufffd", "⟨F0⟩⟨9F⟩"), ("\ufffd", "⟨8D⟩"), ("\ufffd", "⟨95⟩"), (" a", "·a"))
    state = at(continuation=steps)

    assert [written.name_of(state, at) for at in range(4)] == [
        "⟨F0⟩⟨9F⟩",
        "⟨8D⟩",
        "⟨95⟩ = 🍕",
        " a",
    ]


def test_a_new_line_is_a_sign_and_a_line() -> None:
    """The sign stays in the text; where lines are empty their signs stand side by side."""
    steps = new_tokens((".", "."), ("\n", "↵"), ("\n", "↵"), ("In", "In"))
    html = simple.idea(at(continuation=steps))

    assert html.count("↵</bdi>") == 2
    assert html.count("<br") == 1


def test_the_end_is_said_and_why() -> None:
    """An end token is named as the end; each reason has its sentence."""
    ended = at(stop=END)

    assert "[the end]" in "".join(reading(ended).texts)
    assert "[the end]" not in "".join(reading(at(stop=LIMIT)).texts)
    reasons = {
        stop: "".join(reading(at(stop=stop)).texts) for stop in (END, LIMIT, "n_ctx", "stopped")
    }
    assert len(set(reasons.values())) == 4
    for stop in (END, "n_ctx"):
        actions = reading(at(stop=stop)).values("data-action")
        assert "go-on" not in actions


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("depth", ["idea", "numbers", "code"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_page_is_whole(family: str, depth: str, moment: int | None) -> None:
    """Unique ids, known actions, one h1, flights from an element that is there."""
    shown = Reading(pages.render(at(moment, depth=depth, family=family)))
    ids = shown.values("id")

    assert len(set(ids)) == len(ids)
    assert [tag for tag, _ in shown.elements].count("h1") == 1
    assert set(shown.values("data-action")) <= set(ACTIONS)
    assert set(shown.values("data-from")) <= set(ids)


@pytest.mark.parametrize("count", [1, 33, 256])
def test_any_length(count: int) -> None:
    """One token and 256: of a long prompt the middle is named, not drawn."""
    state = at(texts=("x",) * count)

    assert len(of_class(state, "generate-given")) == min(count, written.MOST_GIVEN)
    assert len(of_class(state, "generate-gap")) == (count > written.MOST_GIVEN)


@pytest.mark.parametrize("render", [simple.render, simple.idea])
def test_hostile_text_stays_text(render: object) -> None:
    """A prompt and tokens that look like markup make no element and no attribute."""
    steps = new_tokens((HOSTILE, HOSTILE))
    html = render(at(texts=(HOSTILE,) * 3, continuation=steps))  # type: ignore[operator]

    assert "<img" not in html
    for _, attributes in Reading(html).elements:
        assert not any(name == "style" or name.startswith("on") for name in attributes)


def test_before_a_run() -> None:
    """Without numbers the room says what will stand there, and has no film."""
    state = AppState().but(route=Route("generate", OWN, "simple"))

    assert "token by token" in "".join(Reading(simple.idea(state)).texts)
    assert simple.moments(state) == ()


def test_the_film_s_sentences() -> None:
    """The whole prompt is read first, then the newest token alone; each new one joins."""
    state = at(stop=LIMIT)
    sentences, steps = told(state), state.run.steps

    assert "4 tokens" in sentences[0]
    assert steps[0].visible.removeprefix("·") in sentences[3]
    assert all("joins the text" in sentence for sentence in sentences[2::3])
    assert "length" in sentences[-1]


def test_all_numbers_stand_in_a_table() -> None:
    """At the depth numbers every new token is there exactly: share, rank, surprise, entropy."""
    state = entropies(at(depth="numbers"), 1.5, 6.25, None)
    texts = Reading(simple.render(state)).texts

    for new in state.run.steps:
        assert exact(new.prob) in texts
        assert exact(bits(new.prob)) in texts
    assert exact(6.25) in texts
    assert simple.idea(state).count("<table") == 0


def test_special_tokens_can_be_left_out() -> None:
    """The switch is there where the prompt has special tokens; off, the text has none of them."""
    state = at()
    first = replace(state.run.tokens[0], visible="<|begin|>", is_special=True)
    special = state.but(tokens=(first, *state.run.tokens[1:]))
    hidden = special.but(hides_special=True)

    assert "switch-special" not in simple.idea(state)
    assert "<|begin|>" in reading(special).texts
    assert "<|begin|>" not in reading(hidden).texts
    assert [one["aria-pressed"] for one in of_action(special, "switch-special")] == ["true"]
    assert [one["aria-pressed"] for one in of_action(hidden, "switch-special")] == ["false"]
    assert len(of_class(special, "generate-given")) == 1 + len(of_class(hidden, "generate-given"))


def test_a_recording_offers_to_run_live() -> None:
    """Where a model would be fetched first, each button that writes tells its size."""
    card = at().site.models[0]
    remote = at(
        engine=replace(at().site.engine, model="", stage="idle"), models=(card,), stop=LIMIT
    )
    words = "".join(reading(remote).texts)

    assert "99.9 MB" in words
    assert "Write one more" in words


def snapshot(moment: int | None) -> str:
    """The room's picture at a moment, floats rounded, an element a line."""
    drawn = PANELS["idea-simple"].render(at(moment, texts=("<|a|>", " b")))
    return rounded(drawn).replace("><", ">\n<") + "\n"


def golden(moment: int | None) -> Path:
    """Where the snapshot of a moment is."""
    return GOLDEN / f"generate_simple_{'end' if moment is None else moment}.html"


SNAPSHOTS: Sequence[int | None] = (0, 1, 2, 5, None)


@pytest.mark.parametrize("moment", SNAPSHOTS)
def test_markup_is_as_it_was(moment: int | None) -> None:
    """Markup changes on purpose only: `python -m tests.view.test_generate` writes it anew."""
    assert snapshot(moment) == golden(moment).read_text(encoding="utf-8")


if __name__ == "__main__":
    for each in SNAPSHOTS:
        golden(each).write_text(snapshot(each), encoding="utf-8")
