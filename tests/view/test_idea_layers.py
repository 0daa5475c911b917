"""The idea of step 4: every arc, share and answer is the run's own, in plain words."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from seethrough.app.recordings import run_of
from seethrough.app.state import AppState
from seethrough.core.captured import Captured
from seethrough.core.heads import (
    BY_ATTENTION,
    BY_HAND,
    BY_SCORE,
    Marked,
    every_choice,
    written_heads,
)
from seethrough.core.hooks import PATTERN, hook_name
from seethrough.core.routes import Route
from seethrough.core.tokens import Candidate
from seethrough.view.ideas import layers, layers_shape
from seethrough.view.ideas.layers_shape import COLUMN, FULL, LEAST, ROW, SHEETS
from seethrough.view.ideas.layers_way import N_STOPS, settled_at, stops_of
from tests.fake_engine import tiny_model
from tests.recorded import recorded
from tests.view.sample import Reading
from tests.view.walk_sample import WORDS, walk_state

LAST = len(WORDS) - 1
HEADS = ((1, 0), (0, 1))
MARKED = Marked(HEADS, HEADS, BY_HAND, 0.552)


def said(*probs: float) -> tuple[Candidate, ...]:
    """Answers: dog, cat, man, with these probabilities."""
    words = ("dog", "cat", "man")
    made = [
        Candidate(900 + at, f" {word}", f"·{word}", 0.0, prob)
        for at, (word, prob) in enumerate(zip(words, probs, strict=True))
    ]
    return tuple(sorted(made, key=lambda item: -item.prob))


TOP = said(0.963, 0.005, 0.006)
WITHOUT = {
    frozenset({HEADS[0]}): said(0.595, 0.328, 0.005),
    frozenset({HEADS[1]}): said(0.985, 0.002, 0.001),
    frozenset(HEADS): said(0.077, 0.839, 0.003),
}


def at(**changes: object) -> AppState:
    """The step with two marked heads and the answers without them."""
    here = {"route": Route("walk", "own", "layers"), "marked": MARKED, "without": WITHOUT}
    return walk_state().but(**{**here, "top": TOP, **changes})


def looking(rows: dict[tuple[int, int], list[float]], **changes: object) -> AppState:
    """The same where heads look so from the last token."""
    state = at(**changes)
    arrays = dict(state.run.captured.arrays)
    for (layer, head), row in rows.items():
        pattern = arrays[hook_name(PATTERN, layer)].copy()
        pattern[head, -1] = row
        arrays[hook_name(PATTERN, layer)] = pattern
    return state.but(captured=replace(state.run.captured, arrays=arrays))


def words(state: AppState) -> str:
    """All that can be read but the stops' tokens, in a line; of the two layouts one is shown."""
    html = re.sub(r'<svg class="idea-look-words is-column".*?</svg>', "", layers.render(state))
    html = re.sub(r"<title>.*?</title>", "", html)
    html = re.sub(r'(<text class="idea-look-stop[^>]*>)[^<]*', r"\1", html)
    return " ".join("".join(f"{one} " for one in Reading(html).texts).split())


def arcs(state: AppState, sheet: str = "row") -> dict[str, tuple[float, float]]:
    """Each drawn arc by its cell: the weight that it tells, its width."""
    html = layers.render(state)
    (picture,) = re.findall(rf'<svg class="idea-look-words is-{sheet}".*?</svg>', html)
    found = re.findall(r'stroke-width="([\d.]+)" data-arc="([^"]+)" data-weight="([^"]+)"', picture)
    return {cell: (float(weight), float(width)) for width, cell, weight in found}


@pytest.mark.parametrize("sheet", ["row", "column"])
@pytest.mark.parametrize("position", [LAST, 2, 0])
def test_each_arc_is_a_weight_of_the_run(sheet: str, position: int) -> None:
    """Of both heads every weight from 1 % on is an arc as wide as the weight, and no other."""
    state = at(position=position)
    expected = {}
    for layer, head in HEADS:
        pattern = state.run.pattern(layer)
        assert pattern is not None
        for key in range(position + 1):
            weight = float(pattern[head, position, key])
            if weight >= LEAST:
                name = f"{hook_name(PATTERN, layer)}[{head},{position},{key}]"
                expected[name] = (weight, weight * FULL)

    found = arcs(state, sheet)
    assert found.keys() == expected.keys()
    for name, (weight, width) in expected.items():
        assert found[name][0] == pytest.approx(weight, rel=1e-6)
        assert found[name][1] == pytest.approx(width, abs=0.0051)


@pytest.mark.parametrize("sheet", SHEETS)
def test_no_arc_crosses_another(sheet: layers_shape.Sheet) -> None:
    """Arcs leave side by side and lie inside one another: a farther one is always outside."""
    texts = ["The", "dog", "chased", "the", "cat", ".", "The", "cat", "ran", "away", "from", "the"]
    tiles = layers_shape.tiles_of(texts, sheet, range(len(texts)))
    row = np.array([0.09, 0.4, 0.11, 0.04, 0.11, 0.02, 0.012, 0.2, 0.02, 0.011, 0.0, 0.004])
    drawn = [arc for arc in layers_shape.arcs_of(tiles, row, sheet) if not arc.is_stump]

    assert [arc.target for arc in drawn] == sorted((arc.target for arc in drawn), reverse=True)
    for inner, outer in pairwise(drawn):
        assert outer.start - outer.width / 2 >= inner.start + inner.width / 2 - 1e-9
        assert outer.end + outer.width / 2 <= inner.end - inner.width / 2
        assert outer.peak - outer.width / 2 >= inner.peak + inner.width / 2
        inside, outside = curve(inner, 200), curve(outer, 200)
        for along, across in inside[1:-1]:
            beyond = np.interp(along, outside[::-1, 0], outside[::-1, 1])
            assert beyond >= across
    assert max(arc.peak + arc.width / 2 for arc in drawn) <= sheet.peak + 1


def curve(arc: layers_shape.Arc, n_points: int) -> np.ndarray:
    """Points of an arc's middle line, from its start to its end."""
    t = np.linspace(0, 1, n_points)
    along = arc.start + (arc.end - arc.start) * (3 * t**2 - 2 * t**3)
    return np.stack([along, 4 * arc.peak * t * (1 - t)], axis=1)


def test_a_long_prompt_shows_the_gap_where_it_is() -> None:
    """The first, the chosen, the last and the most looked-at tokens stay; gaps say how many go."""
    texts = tuple(f" word{at}" for at in range(60))
    row = [0.001] * 60
    row[17], row[0] = 0.7, 0.2
    many = walk_state(texts)
    arrays = {hook_name(PATTERN, at): np.zeros((2, 60, 60), np.float32) for at in range(2)}
    for pattern in arrays.values():
        pattern[:, -1] = row
    state = many.but(marked=MARKED, without=WITHOUT, captured=Captured(arrays))
    html = layers.render(state)

    for sheet in SHEETS:
        (picture,) = re.findall(rf'<svg class="idea-look-words is-{sheet.name}".*?</svg>', html)
        shown = [int(one) for one in re.findall(r'data-position="(\d+)"', picture)]
        assert {0, 17, 58, 59} <= set(shown)
        assert shown == sorted(shown)
        told = [int(n) for n in re.findall(r'title="(\d+) tokens? (?:is|are) not drawn"', picture)]
        assert sum(told) + len(shown) == 60
    for sheet in (ROW, COLUMN):
        kept = layers_shape.kept(texts, sheet, (59, 17, 0))
        assert layers_shape.length_of(texts, sheet, kept) <= sheet.length - sheet.answer


def test_what_a_head_does_is_said_in_words() -> None:
    """Looks at a word, rests on the first one, looks at itself, or a little at everything."""
    rows = {
        (1, 0): [0.1, 0.0, 0.7, 0.1, 0.1, 0.0],
        (0, 1): [0.8, 0.0, 0.1, 0.1, 0.0, 0.0],
    }
    told = words(looking(rows))
    assert "A head of layer 1 looks most at February ." in told
    assert "A head of layer 0 rests on the first word, January ." in told
    rows = {(1, 0): [0.1, 0.1, 0.1, 0.1, 0.1, 0.5], (0, 1): [0.1, 0.1, 0.2, 0.2, 0.24, 0.16]}
    told = words(looking(rows))
    assert "looks most at , itself." in told
    assert "looks a little at everything, most at March ." in told


@pytest.mark.parametrize("off", [frozenset(), *every_choice(HEADS)])
def test_the_answer_is_the_stored_one(off: frozenset[tuple[int, int]]) -> None:
    """With heads off the tile and the bars are the answer without them, beside the one before."""
    html = layers.render(at(off=off))
    now = WITHOUT[off] if off else TOP
    for sheet in SHEETS:
        (picture,) = re.findall(rf'<svg class="idea-look-words is-{sheet.name}".*?</svg>', html)
        assert f">{now[0].visible[1:]}</text>" in picture
        assert f">{round(100 * now[0].prob)} %</text>" in picture.replace("\xa0", " ").replace(
            "\u202f", " "
        )
    shown = re.findall(r'class="is-now" data-prob="([^"]+)"', html)
    assert {float(one) for one in shown} <= {item.prob for item in now}
    assert float(shown[0]) == now[0].prob
    before = re.findall(r'class="is-before" data-prob="([^"]+)"', html)
    assert bool(before) == bool(off)
    assert {float(one) for one in before} <= {item.prob for item in TOP}


def test_a_head_is_said_to_speak_against_a_word_only_where_that_rose() -> None:
    """Not this one: the heads that are off look most at a word that is likelier without them."""
    cat = Candidate(901, " cat", "·cat", 0.0, 0.0)
    rows = {(1, 0): [0.1, 0.0, 0.7, 0.1, 0.1, 0.0], (0, 1): [0.1, 0.0, 0.6, 0.2, 0.1, 0.0]}
    state = looking(rows)
    tokens = list(state.run.tokens)
    tokens[2] = replace(tokens[2], id=cat.id, text=cat.text, visible=cat.visible)
    state = state.but(tokens=tuple(tokens))

    assert "not this one" not in words(state)
    one = words(state.but(off=frozenset({HEADS[0]})))
    assert (
        "less sure of dog . Nothing else changed. So this head looked at cat to say: not this one!"
        in one
    )
    assert "not this one" not in words(state.but(off=frozenset({HEADS[1]})))
    both = words(state.but(off=frozenset(HEADS)))
    assert "Without what they copied, the model says cat , not dog . Nothing else changed." in both
    assert "So these heads looked at cat" in both


def test_what_a_head_takes_is_said_with_words_of_the_text() -> None:
    """The lead names the word that is copied from, and into which; of a spread-out row no word."""
    rows = {(1, 0): [0.1, 0.0, 0.7, 0.1, 0.1, 0.0], (0, 1): [0.1, 0.0, 0.1, 0.6, 0.1, 0.1]}
    told = words(looking(rows))
    assert "Here one looks at February and copies something of it into the vector of , :" in told
    told = words(looking(rows, off=frozenset({HEADS[0]})))
    assert "The one in colour is still on: it looks at , and copies something of it" in told
    assert "The ones drawn here are off: they copy nothing" in words(
        looking(rows, off=frozenset(HEADS))
    )
    spread = {head: [0.2, 0.1, 0.2, 0.1, 0.2, 0.2] for head in HEADS}
    assert "Each copies something of them" in words(looking(spread))


def test_a_head_that_is_off_is_told_as_the_cause() -> None:
    """What changed is put down to the heads, for nothing else did; an answer that stays is not."""
    rows = {head: [0.1, 0.0, 0.7, 0.1, 0.1, 0.0] for head in HEADS}
    assert "speak for a word or against it. Switch one off" in words(looking(rows))
    one = words(looking(rows, off=frozenset({HEADS[0]})))
    assert "Without what it copied, the model is less sure of dog" in one
    assert "Nothing else changed, so this head is the cause." in one
    both = words(looking(rows, off=frozenset(HEADS)))
    assert "Nothing else changed, so these heads are the cause." in both
    same = words(looking(rows, off=frozenset({HEADS[0]}), without={frozenset({HEADS[0]}): TOP}))
    assert "the answer stays the same: dog" in same
    assert "the cause" not in same


def test_what_is_not_known_is_said() -> None:
    """Live the model is asked again; a recording without the answer offers the live run."""
    off = frozenset({HEADS[0]})
    asking = layers.render(at(off=off, without={}))
    assert "Asking the model again" in asking
    made = recorded(layers=(0, 1))
    run = replace(run_of(made, tiny_model().config), marked=MARKED)
    state = at(run=run, off=off, without={})
    html = layers.render(state)
    assert "is not recorded" in html
    assert 'data-action="live"' in html
    assert "Looking for the heads" in layers.render(at(marked=None))
    assert "Nothing has run yet" in layers.render(AppState())
    assert "The model is at work on your text" in layers.render(AppState().but(busy="run"))


def test_a_recording_without_marked_heads_shows_those_that_look_most() -> None:
    """Of an older recording the heads are chosen by their recorded patterns, and that is said."""
    made = recorded(layers=(0, 1))
    run = run_of(made, tiny_model().config)
    chosen = layers.marked_in(run)

    assert chosen is not None
    assert (chosen.by, chosen.resting) == (BY_ATTENTION, None)
    best = max(run.pattern(at)[:, -1, 1:-1].max() for at in (0, 1))
    layer, head = chosen.heads[0]
    assert run.pattern(layer)[head, -1, 1:-1].max() == best
    assert "look most at a single word" in layers.render(
        at(run=run, marked=None, position=len(made.ids) - 1)
    )


@pytest.mark.parametrize("by", [BY_HAND, BY_SCORE])
@pytest.mark.parametrize("off", [frozenset(), *every_choice(HEADS)])
def test_five_numbers_at_most_and_plain_words(by: str, off: frozenset[tuple[int, int]]) -> None:
    """Beside the heads' names five numbers, all whole per cents; no name of a hook, no jargon."""
    rows = {(1, 0): [0.1, 0.4, 0.3, 0.1, 0.1, 0.0], (0, 1): [0.1, 0.0, 0.6, 0.2, 0.1, 0.0]}
    state = looking(rows, marked=replace(MARKED, by=by), off=off)
    told = words(state)
    shares = re.findall(r"\d+\s?%", told)
    bare = re.sub(r"head of layer \d+|all \d+ that|the \d+ that|all \d+ on", "", told)

    assert len(shares) <= 5
    assert len(re.findall(r"\d+", bare)) == len(shares)
    for word in ("logit", "softmax", "MLP", "residual", "hook_", "blocks.", "pattern", "block"):
        assert word not in told


def test_heads_are_switched_by_real_buttons() -> None:
    """A button a head and one for all together, each with its heads and whether they are off."""
    html = layers.render(at(off=frozenset({HEADS[0]})))
    buttons = re.findall(r'<button[^>]*data-heads="([^"]+)" aria-pressed="(\w+)"', html)

    assert buttons == [
        (written_heads(HEADS[:1]), "true"),
        (written_heads(HEADS[1:]), "false"),
        (written_heads(HEADS), "false"),
    ]


def test_the_way_ends_at_the_answer() -> None:
    """Six stops at their places, each with the lens's own best guess; the answer is marked."""
    state = at()
    assert state.run.lens is not None
    best = [top[0] for top in state.run.lens.tops]
    html = layers.render(state)
    found = re.findall(r'data-state="(\d+)"><title>[^<]*</title>([^<]*)<', html)

    assert [int(place) for place, _ in found] == list(stops_of(tuple(best)))
    assert [word for _, word in found] == [best[int(place)].visible[1:] for place, _ in found]
    long = tuple(Candidate(int(at > 17), "", "", 0.0, 0.1) for at in range(31))
    assert settled_at(long) == 18
    assert stops_of(long) == (0, 6, 12, 18, 24, 30)
    late = tuple(Candidate(int(at > 14), "", "", 0.0, 0.1) for at in range(31))
    assert 15 in stops_of(late)
    assert len(stops_of(late)) == N_STOPS


def test_the_share_at_the_first_word_is_told() -> None:
    """Where all heads are known, their share that look most at the first token, with its word."""
    assert "55 % of all heads look most at the first word, January" in words(at())
    assert "of all heads" not in words(at(marked=replace(MARKED, resting=None)))
