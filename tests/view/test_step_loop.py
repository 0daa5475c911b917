"""Step 8: every number is the state's, each candidate can be taken, the cache counts right."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from seethrough.app.state import AppState, Branch, EngineStatus, ModelCard, Sampling
from seethrough.core import cost, hooks
from seethrough.core.routes import Route
from seethrough.core.tokens import NewToken
from seethrough.view.node import h, to_html
from seethrough.view.steps import loop, loop_branches, loop_cache
from seethrough.view.steps.loop_film import PERFORMED, beats
from seethrough.view.steps.written import bits
from tests.english import ENGLISH, count, exact, probability, signed
from tests.recorded import recorded
from tests.view.sample import Reading
from tests.view.walk_sample import FAMILIES, N_NEW, pass_of, walk_state

HOSTILE = "<img src=x onerror=alert(1)>\"' style=color:red\0\n"


def at(**changes: object) -> AppState:
    """A state at the step, some of its fields changed."""
    family = changes.pop("family", "llama")
    texts = changes.pop("texts", ("January", ",", " February", ","))
    state = walk_state(texts, family)  # type: ignore[arg-type]
    return state.but(route=Route("walk", "own", "loop"), **changes)  # type: ignore[arg-type]


def text_in(html: str) -> str:
    """What is read."""
    return "".join(Reading(html).texts)


def told(state: AppState) -> list[str]:
    """The film's sentences as text."""
    return [text_in(to_html(h("p", {}, moment))) for moment in loop.moments(state)]


def attributes_of(state: AppState, action: str) -> list[dict[str, str | None]]:
    """The elements of an action."""
    elements = Reading(loop.render(state)).elements
    return [attrs for _, attrs in elements if attrs.get("data-action") == action]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_shown_candidates_are_the_reference_s(family: str) -> None:
    """Of any chosen step: the five best tokens, with the logits and shares of that very pass."""
    state = at(family=family)
    ids = tuple(token.id for token in state.run.tokens)
    for step in range(N_NEW):
        logits = pass_of(family, (*ids, *(new.id for new in state.run.steps[:step])))[hooks.LOGITS][
            -1
        ]
        wide = logits.astype(np.float64)
        shares = np.exp(wide - wide.max()) / np.exp(wide - wide.max()).sum()
        html = loop.render(state.but(chosen_step=step, written=()))
        best = np.argsort(-logits, kind="stable")[:5].tolist()

        assert text_in(html).count(f"·w{best[1]}") >= 1
        titles = [
            float(value.replace("−", "-"))
            for value in Reading(html).values("title")
            if is_number(value)
        ]
        for token in best:
            assert any(math.isclose(value, shares[token], rel_tol=1e-5) for value in titles)
            assert any(math.isclose(value, logits[token], rel_tol=1e-6) for value in titles)


def is_number(value: str) -> bool:
    """Whether a title is an exact number."""
    try:
        float(value.replace("−", "-"))
    except ValueError:
        return False
    return True


def test_every_other_candidate_can_be_taken() -> None:
    """Each but the taken one is a button with the step and its id; the taken one says so."""
    state = at(chosen_step=1)
    new = state.run.steps[1]
    offers = attributes_of(state, "fork")

    assert [(attrs["data-step"], attrs["data-id"]) for attrs in offers] == [
        ("1", str(item.id)) for item in new.candidates if item.id != new.id
    ]
    assert "taken" in text_in(loop.render(state))
    assert all("disabled" not in attrs for attrs in offers)
    assert all("disabled" in attrs for attrs in attributes_of(state.but(busy="generate"), "fork"))


def test_each_new_token_is_a_way_to_its_step() -> None:
    """A button for each, the shown one pressed: the last, or the chosen one."""
    for chosen, pressed in ((None, N_NEW - 1), (0, 0), (99, N_NEW - 1)):
        chips = attributes_of(at(chosen_step=chosen), "step-to")
        assert [attrs["data-step"] for attrs in chips] == ["0", "1", "2"]
        assert [attrs["aria-pressed"] for attrs in chips].index("true") == pressed


def test_from_a_step_into_the_model() -> None:
    """The token's own way is the input with it at the end; the pass that chose it, without it."""
    ways = attributes_of(at(chosen_step=1), "go-to")

    assert [(attrs["data-new"], attrs["data-to"]) for attrs in ways] == [
        ("2", "embed"),
        ("1", "logits"),
    ]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("chosen", "n_kept", "n_new"), [(0, 0, 4), (1, 4, 1), (2, 5, 1)])
def test_the_cache_is_counted(family: str, chosen: int, n_kept: int, n_new: int) -> None:
    """Kept and new columns, their bytes, the multiply-adds with the cache and without."""
    state = at(family=family, chosen_step=chosen)
    config = state.run.config
    assert config is not None
    words = text_in(loop.render(state))
    columns = [
        name.removeprefix("column is-")
        for name in Reading(loop.render(state)).values("class")
        if name.startswith("column is-")
    ]

    assert columns == ["kept"] * n_kept + ["new"] * n_new + ["later"] * (7 - n_kept - n_new)
    for number in (
        cost.cache_bytes(config, n_kept),
        cost.cache_bytes(config, n_new),
        cost.multiply_adds(config, n_new, n_kept),
        cost.multiply_adds(config, n_kept + n_new),
        2 * config.n_layers * config.n_key_value_heads * config.d_head * 4,
    ):
        assert count(number) in words


@pytest.mark.parametrize("family", FAMILIES)
def test_the_table_has_every_step_exactly(family: str) -> None:
    """Step, id, probability, rank, surprise, logit, time: as they are in the state."""
    state = at(family=family)
    words = text_in(loop.render(state)[loop.render(state).index("<details") :])

    for new in state.run.steps:
        assert str(new.id) in words
        assert exact(new.prob) in words
        assert exact(bits(new.prob)) in words
        assert exact(new.candidates[new.rank].logit) in words
    assert words.count("41.50") == N_NEW
    bare = tuple(replace(new, candidates=(), elapsed_ms=0.0) for new in state.run.continuation)
    assert text_in(loop.render(state.but(continuation=bare))).count("not recorded") == 2 * N_NEW


def test_an_end_token_is_told_with_the_runner_up() -> None:
    """Why it stopped: the end token's logit beside the strongest other one's."""
    state = at(stop="end_token")
    end, other = state.run.steps[-1].candidates[:2]
    words = text_in(loop.render(state))

    assert f"its end token {end.visible} has the best score, {signed(end.logit)}" in words
    assert f"next comes {other.visible} with {signed(other.logit)}" in words


def test_an_end_that_was_drawn_is_told_so() -> None:
    """An end token below another one is no winner."""
    state = at(stop="end_token")
    last = state.run.steps[-1]
    drawn = last.candidates[3]
    new = replace(
        last, id=drawn.id, text=drawn.text, visible=drawn.visible, prob=drawn.prob, rank=3
    )
    words = text_in(loop.render(state.but(continuation=(*state.run.continuation[:-1], new))))

    assert f"Chance ended the text here: the end token {drawn.visible} was drawn." in words
    assert f"though {last.candidates[0].visible} has {signed(last.candidates[0].logit)}" in words


@pytest.mark.parametrize(
    ("stop", "words", "may_go_on"),
    [
        ("max_new_tokens", "at the length that you set", True),
        ("stopped", "Stopped by you", True),
        ("n_ctx", "as the model can read", False),
        ("end_token", "ended its text", False),
    ],
)
def test_why_it_stopped_and_whether_it_can_go_on(stop: str, words: str, may_go_on: bool) -> None:  # noqa: FBT001
    """Each reason is said; behind an end or a full context nothing is offered."""
    state = at(stop=stop)

    assert words in text_in(loop.render(state))
    assert bool(attributes_of(state, "go-on")) == may_go_on


def test_a_recording_ends_by_itself() -> None:
    """A recorded walk has the length that it has; going on costs the model's download.

    Where the model is open already it costs none, and none is told.
    """
    recording = recorded()
    card = ModelCard("tiny", "Tiny", 98_500_000, 9, 2, "MIT", "here", has_chat=False)
    opened = at(stop="max_new_tokens", recorded=recording, models=(card,), model="tiny")
    state = opened.but(engine=EngineStatus("idle"))
    words = text_in(loop.render(state))
    unknown = text_in(loop.render(state.but(models=())))

    assert f"The recording ends after {len(recording.continuation)} new tokens." in words
    assert "that you set" not in words
    assert "It is downloaded once, 98.5 MB" in words
    assert "is downloaded once" not in text_in(loop.render(opened))
    assert "To go on, the model runs in this page." in unknown


def test_the_shown_step_is_followed() -> None:
    """The first new column is the one that a narrow window is scrolled to; it has its token."""
    for step, place in ((0, "0"), (2, "5")):
        found = [
            attrs
            for tag, attrs in Reading(loop.render(at(chosen_step=step))).elements
            if tag == "g" and "aria-current" in attrs
        ]
        assert [attrs["data-position"] for attrs in found] == [place]
    long = loop.render(at(texts=("x",) * 61))
    assert long.count('class="name"') == 1


def test_nothing_kept_saves_nothing() -> None:
    """On the first step the sums with and without the cache are the same, and that is said."""
    assert "the same: no notes are kept yet" in text_in(loop.render(at(chosen_step=0)))
    assert "1.00 times" not in text_in(loop.render(at(chosen_step=0)))


def test_a_text_that_is_not_written_yet() -> None:
    """The prompt's candidates can be put behind it; Generate is the one way on; no film."""
    state = at(continuation=(), stop="")

    assert [attrs["data-id"] for attrs in attributes_of(state, "append-token")] == [
        str(item.id) for item in state.run.top[:5]
    ]
    assert "is-primary" in (attributes_of(state, "generate")[0]["class"] or "")
    assert loop.moments(state) == ()
    assert Reading(loop.render(state)).values("data-at") == []


def test_controls_follow_what_goes_on() -> None:
    """While it writes only Stop is offered; the length is among those that can be chosen."""
    for busy, stops in (("", False), ("generate", True), ("run", False)):
        state = at(busy=busy, sampling=Sampling(max_new_tokens=17))
        assert ("disabled" not in attributes_of(state, "stop")[0]) == stops
        for action in ("generate", "next", "go-on"):
            assert ("disabled" not in attributes_of(state, action)[0]) == (busy == "")
    options = [
        attrs
        for tag, attrs in Reading(loop.render(at(sampling=Sampling(max_new_tokens=17)))).elements
        if tag == "option"
    ]
    assert [attrs["value"] for attrs in options] == ["8", "17", "24", "64", "256"]
    assert [attrs["value"] for attrs in options if "selected" in attrs] == ["17"]


def test_other_ways_can_be_returned_to() -> None:
    """Each with its text, the step where it differs, and the probability of all its tokens."""
    state = at()
    other = state.run.steps[1].candidates[2]
    turned = replace(state.run.steps[1], id=other.id, text=other.text, prob=0.25, rank=2)
    branch = Branch((state.run.steps[0], turned), "stopped")
    shown = state.but(branches=(branch,))
    words = text_in(loop.render(shown))

    assert [attrs["data-index"] for attrs in attributes_of(shown, "return-to")] == ["0"]
    assert state.run.steps[0].text + other.text in words
    assert "differs from new token 2 on" in words
    assert probability(state.run.steps[0].prob * 0.25) in words


def test_odds_of_any_length() -> None:
    """A long way's probability is written though no float holds it."""
    assert loop_branches.odds(ENGLISH, 1.0) == "50.0 %"
    assert loop_branches.odds(ENGLISH, 40.0) == "1 in 1.1e12"
    assert loop_branches.odds(ENGLISH, 2000.0) == "1 in 1.1e602"
    assert loop_branches.odds(ENGLISH, math.inf) == "0 %"


def test_a_longer_input_says_so_with_the_way_back() -> None:
    """Where new tokens stand in the input, the prompt and the new ones are still told apart."""
    state = at()
    new = state.run.continuation[:2]
    longer = state.but(
        written=new,
        continuation=state.run.continuation[2:],
        tokens=(*state.run.tokens, *state.run.tokens[:2]),
    )
    back = [attrs for attrs in attributes_of(longer, "go-to") if attrs["data-to"] == "loop"]

    assert longer.run.n_prompt == len(state.run.tokens)
    assert [attrs["data-new"] for attrs in back] == ["0"]
    assert len(attributes_of(longer, "step-to")) == N_NEW


def test_the_film_tells_this_text() -> None:
    """The prompt, each of the first tokens with its share, the column's bytes, why it ended."""
    state = at()
    config = state.run.config
    assert config is not None
    sentences = told(state)

    assert [beat.kind for beat in beats(state)] == [
        "prompt",
        "join",
        "column",
        "join",
        "column",
        "join",
        "stop",
    ]
    assert "4 tokens of the prompt" in sentences[0]
    for step in range(N_NEW):
        assert state.run.steps[step].visible in sentences[1 + 2 * step]
        assert probability(state.run.steps[step].prob) in sentences[1 + 2 * step]
    assert count(cost.cache_bytes(config)) in sentences[2]
    assert "The 4 before it" in sentences[2]
    assert "length that you set" in sentences[-1]


@pytest.mark.parametrize("n_steps", [1, 2, 3, 4, 24, 256])
def test_a_film_has_at_most_eight_moments(n_steps: int) -> None:
    """However long the text: what is not performed one by one comes at once."""
    state = at()
    steps = tuple(replace(state.run.steps[step % N_NEW], prob=0.5) for step in range(n_steps))
    long = state.but(continuation=steps)
    reading = Reading(loop.render(long))
    moments = loop.moments(long)

    assert 3 <= len(moments) <= 8
    assert {int(value) for value in reading.values("data-at")} <= set(range(len(moments)))
    assert len(attributes_of(long, "step-to")) == n_steps
    assert set(reading.values("data-from")) <= set(reading.values("id"))
    assert (
        len([name for name in reading.values("id") if name.startswith("film-step-")]) <= PERFORMED
    )


def test_what_is_only_in_the_film_is_hidden_at_rest() -> None:
    """Whatever ends within the film is written as over, and is no control."""
    for attrs in Reading(loop.render(at())).elements:
        if "data-until" in attrs[1] and attrs[0] == "table":
            assert "is-over" in (attrs[1]["class"] or "")
            assert attrs[1]["aria-hidden"] == "true"


def test_unknown_candidates_are_said() -> None:
    """A step without its candidates names what is missing, and keeps its own probability."""
    state = at()
    bare = tuple(replace(new, candidates=()) for new in state.run.continuation)
    shown = state.but(continuation=bare, stop="end_token")
    words = text_in(loop.render(shown))

    assert "is not known here" in words
    assert attributes_of(shown, "fork") == []
    assert "The model ended its text here." in words
    assert probability(bare[-1].prob) in words


@pytest.mark.parametrize("n_prompt", [1, 61, 256])
def test_any_prompt_stands(n_prompt: int) -> None:
    """One token and 256: the middle of a long text is named, columns are all there or named."""
    state = at(texts=("x",) * n_prompt)
    html = loop.render(state)

    assert ("left out" in text_in(html)) == (n_prompt > loop.MOST_TOKENS)
    n_columns = html.count('class="column is-')
    assert (
        n_columns == min(n_prompt + N_NEW, loop_cache.MOST_COLUMNS)
        or n_columns == loop_cache.MOST_COLUMNS + 1
    )


def test_hostile_tokens_stay_text() -> None:
    """Tokens of a continuation, of candidates and of branches are never markup."""
    state = at()
    evil = tuple(
        replace(
            new,
            text=HOSTILE,
            visible=HOSTILE,
            candidates=tuple(
                replace(item, text=HOSTILE, visible=HOSTILE) for item in new.candidates
            ),
        )
        for new in state.run.continuation
    )
    html = loop.render(state.but(continuation=evil, branches=(Branch(evil[:1]),)))

    assert "<img" not in html
    assert "&lt;img" in html


def test_nothing_is_invented_before_a_run() -> None:
    """Without tokens, and with odd numbers, the step stands."""
    assert "Run a prompt first" in text_in(loop.render(AppState()))
    strange = NewToken(3, "x", "x", 0.0, 299)
    html = loop.render(at(continuation=(strange,)))

    assert "∞" in html
    assert "nan" not in html.lower()
