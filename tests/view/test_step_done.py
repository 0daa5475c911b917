"""Step 9: surprises, means and costs are those of the tokens in the state."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from seethrough.app.state import AppState, RecordingCard
from seethrough.core import cost, hooks
from seethrough.core.routes import Route
from seethrough.core.tokens import NewToken
from seethrough.view.node import h, to_html
from seethrough.view.steps import done
from seethrough.view.steps.written import bits
from tests.english import cell, duration, exact, megabytes, readout
from tests.view.sample import Reading
from tests.view.walk_sample import FAMILIES, N_NEW, pass_of, walk_state

HOSTILE = "<img src=x onerror=alert(1)>\"' style=color:red\0\n"
CARDS = tuple(
    RecordingCard(name, "tiny", name, False, 3, 9) for name in ("january", "name", "other")
)


def at(family: str = "llama", subject: str = "own", **changes: object) -> AppState:
    """A state at the step, some of its fields changed."""
    state = walk_state(("January", ",", " February", ","), family)
    return state.but(route=Route("walk", subject, "done"), **changes)  # type: ignore[arg-type]


def text_in(html: str) -> str:
    """What is read."""
    return "".join(Reading(html).texts)


def links(state: AppState) -> list[str]:
    """Where the step leads; words of the glossary aside."""
    targets = Reading(done.render(state)).values("href")
    return [target for target in targets if target != "#/glossary"]


@pytest.mark.parametrize("family", FAMILIES)
def test_surprises_are_the_reference_s(family: str) -> None:
    """−log₂ p of each new token, p from that very pass in float64; bars in proportion."""
    state = at(family)
    ids = [token.id for token in state.run.tokens]
    expected = []
    for new in state.run.steps:
        logits = pass_of(family, tuple(ids))[hooks.LOGITS][-1].astype(np.float64)
        total = logits.max() + np.log(np.exp(logits - logits.max()).sum())
        expected.append((total - logits[new.id]) / math.log(2))
        ids.append(new.id)
    html = done.render(state)
    heights = [float(value) for value in Reading(html).values("height") if "." in value]

    assert [bits(new.prob) for new in state.run.steps] == pytest.approx(expected, rel=1e-9)
    for value in expected:
        assert cell(value) in text_in(html)
        assert exact(value) in text_in(html)
    assert heights == pytest.approx(
        [value / max(*expected, 1) * done.BAR_HIGH for value in expected], abs=0.01
    )


def test_the_mean_and_the_perplexity() -> None:
    """The mean of the new tokens alone, and 2 to its power; the prompt's are said not to count."""
    state = at()
    mean = sum(bits(new.prob) for new in state.run.steps) / N_NEW
    words = text_in(done.render(state))

    assert f"{readout(mean)} bits a token" in words
    assert readout(2**mean) in words
    assert "they were given" in words


@pytest.mark.parametrize("family", FAMILIES)
def test_the_cost_is_counted(family: str) -> None:
    """Multiply-adds, the cache at the end, the weights of every pass."""
    state = at(family)
    config = state.run.config
    assert config is not None
    words = text_in(done.render(state))
    whole = cost.continuation_cost(config, 4, N_NEW)

    assert done.amount(state, whole) in words
    assert cell(cost.continuation_cost(config, 4, N_NEW, keeps=False) / whole) in words
    assert megabytes(cost.cache_bytes(config, 6)) in words
    assert f"{N_NEW} passes over {megabytes(cost.weight_bytes(config))}" in words


@pytest.mark.parametrize(
    ("n_adds", "words"),
    [
        (293_733_120, "293.7 million"),
        (3_796_400_000, "3.796 billion"),
        (9_216, "0.009216 million"),
    ],
)
def test_multiply_adds_are_no_bytes(n_adds: int, words: str) -> None:
    """Their size is told in words: a B beside bytes would be read as bytes."""
    assert done.amount(at(), n_adds) == words


def test_the_time_is_measured_or_said_to_be_missing() -> None:
    """The sum of what the passes took; of a recording there is none; of some it is said."""
    state = at()
    assert f"{duration(41.5 * N_NEW)}, {duration(41.5)} a token" in text_in(done.render(state))
    none = tuple(replace(new, elapsed_ms=0.0) for new in state.run.continuation)
    assert "Timenot recorded" in text_in(done.render(state.but(continuation=none)))
    some = (none[0], *state.run.continuation[1:])
    assert "for the 2 measured steps" in text_in(done.render(state.but(continuation=some)))


def test_the_text_is_whole_and_plain() -> None:
    """Prompt and new tokens as they read, special tokens and the end token left out."""
    state = at(stop="end_token")
    html = done.render(state)
    start = html.index('class="plain-text"')
    plain = text_in("<p " + html[start : html.index("</p>", start)])

    assert plain == "January, February," + "".join(new.text for new in state.run.steps[:-1])
    assert "copy-text" in Reading(html).values("data-action")


def test_links_lead_onward() -> None:
    """Into a block, back to the loop, to the next recorded walk, to a text of one's own."""
    assert links(at(recordings=CARDS, subject="name")) == [
        "#/block/name",
        "#/walk/name/loop",
        "#/walk/other/input",
        "#/walk/own/input",
    ]
    assert "#/walk/january/input" in links(at(recordings=CARDS, subject="other"))
    assert links(at()) == ["#/block/own", "#/walk/own/loop"]


def test_the_film_names_the_largest_of_each_group() -> None:
    """The text, bars with their most surprising token, the mean, the cost."""
    state = at()
    sentences = [text_in(to_html(h("p", {}, moment))) for moment in done.moments(state)]

    assert len(sentences) == 3 + N_NEW
    for step, new in enumerate(state.run.steps):
        assert new.visible in sentences[1 + step]
        assert cell(bits(new.prob)) in sentences[1 + step]


@pytest.mark.parametrize("n_steps", [1, 2, 5, 24, 256])
def test_any_length_has_its_film(n_steps: int) -> None:
    """One new token and 256: at most eight moments, each bar in one of them."""
    state = at()
    steps = tuple(state.run.steps[step % N_NEW] for step in range(n_steps))
    long = state.but(continuation=steps)
    at_moments = {int(value) for value in Reading(done.render(long)).values("data-at")}

    assert at_moments == set(range(len(done.moments(long))))
    assert len(at_moments) <= 8


def test_odd_probabilities_stand() -> None:
    """A certain token has no surprise; one of no probability at all has all, and is not hidden."""
    sure = NewToken(3, "a", "a", 1.0, 0)
    none = NewToken(4, "b", "b", 0.0, 7)
    words = text_in(done.render(at(continuation=(sure, none))))

    assert "0.00" in words
    assert "∞" in words
    assert "nan" not in words.lower()
    assert (
        "Mean surprise0.0000 bits" in text_in(done.render(at(continuation=(sure,))))
        or "0.000" in words
    )


def test_before_anything_is_written() -> None:
    """What will stand here is said, and Generate is offered."""
    assert "Run a prompt first" in text_in(done.render(AppState()))
    html = done.render(at(continuation=(), stop=""))

    assert "Nothing is written yet" in text_in(html)
    assert "take a first token" in text_in(html)
    assert "generate" in Reading(html).values("data-action")
    assert done.moments(at(continuation=())) == ()


def test_hostile_tokens_stay_text() -> None:
    """A token that looks like markup is text, here too."""
    state = at()
    evil = tuple(replace(new, text=HOSTILE, visible=HOSTILE) for new in state.run.continuation)
    html = done.render(state.but(continuation=evil))

    assert "<img" not in html
    assert "&lt;img" in html
