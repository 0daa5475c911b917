"""Step 7: bars, cuts, dart and counts are those of the logits in the state; nothing invented."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seethrough.app.state import TALLY, AppState, Message, Sampling, Throws
from seethrough.core.captured import Captured
from seethrough.core.messages import text
from seethrough.core.sampling import dart, draw, draws, reshape
from seethrough.core.settings import PRESETS, preset
from seethrough.core.tokens import Candidate
from seethrough.view.layout import ACTIONS, PANELS
from seethrough.view.node import to_html
from seethrough.view.steps import sample, sample_bars, slots
from seethrough.view.steps.sample_odds import odds_of
from seethrough.view.words import name_of
from tests.english import exact, probability, readout
from tests.view.sample import CONFIG, WORDS, Reading, state

D_VOCAB = 4096
HOSTILE = "<img src=x onerror=alert(1)>\"'\0\u202e"
SETTINGS = [
    Sampling(),
    Sampling(temperature=1.0, seed=3),
    Sampling(temperature=0.7, seed=2),
    Sampling(temperature=1.0, top_k=5),
    Sampling(temperature=1.3, top_p=0.6, seed=4),
    Sampling(temperature=1.0, min_p=0.1),
    Sampling(temperature=0.8, top_k=40, top_p=0.9, min_p=0.05, seed=6),
    Sampling(temperature=1.0, top_k=1),
    Sampling(temperature=90.0, top_p=0.5),
    Sampling(temperature=1e-6),
    Sampling(temperature=1.0, typical_p=0.4, seed=2),
    Sampling(temperature=0.9, repetition_penalty=1.5, no_repeat_ngram_size=2, top_k=30),
    Sampling(repetition_penalty=1.5),
]


def logits_of(size: int = D_VOCAB) -> np.ndarray:
    """A steep distribution over a whole vocabulary, its ids mixed by a formula."""
    ranks = (np.arange(size) * 7919) % size
    return (20.0 - 1.5 * np.log(1.0 + ranks)).astype(np.float32)


def shown(
    settings: Sampling | None = None,
    words: tuple[str, ...] = WORDS,
    **changes: Any,  # noqa: ANN401 - fields of AppState
) -> AppState:
    """A walk at step 7 with full logits; the two best tokens have their texts."""
    logits = changes.pop("logits", logits_of())
    best = np.argsort(-logits, kind="stable")[:2]
    named = tuple(
        Candidate(int(token), f" t{at}", f"·t{at}", float(logits[token]), 0.5)
        for at, token in enumerate(best)
    )
    captured = Captured({"logits": logits[None]}, {"logits": (len(words) - 1,)})
    fields = {"top": named, "captured": captured, "continuation": ()} | changes
    return state(words, sampling=settings or Sampling(), **fields)


def rows(html: str) -> list[list[str]]:
    """The cells of the table of candidates, row by row."""
    table = re.search(r'<table class="candidates.*?</table>', html, re.DOTALL)
    assert table is not None
    found = re.findall(r"<tr.*?</tr>", table[0], re.DOTALL)
    return [["".join(Reading(c).texts) for c in re.findall(r"<t[hd].*?</t[hd]>", r)] for r in found]


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_odds_are_those_of_the_draw(settings: Sampling) -> None:
    """The landed token is what `draw` draws, and the table's odds are those it drew from."""
    whole = shown(settings, throws=Throws(at=2))
    odds, logits = odds_of(whole), logits_of()
    assert odds is not None
    html = sample.render(whole)

    if settings.temperature == 0:
        assert odds.landed == int(np.argmax(logits))
        now = np.zeros(D_VOCAB)
        now[odds.landed] = 1
    else:
        drawn = draw(logits, **settings.shape, text=whole.run.ids, seed=settings.seed, step=2)
        assert odds.landed == drawn.id
        assert odds.point == dart(settings.seed, 2)
        now = drawn.shaped.probs
    wide = np.exp(logits.astype(float) - logits.max())
    own = wide / wide.sum()
    for token, (_, by_model, in_draw, _) in zip(
        [int(t) for t in re.findall(r'data-action="append-token" data-id="(\d+)"', html)][1:],
        rows(html)[1:-1],
        strict=True,
    ):
        assert by_model == probability(own[token])
        assert in_draw == probability(now[token])
        assert f'data-cell="probs[{len(WORDS) - 1},{token}]"' in html
    assert exact(now[odds.landed]) in html


@pytest.mark.parametrize("settings", SETTINGS)
def test_bars_are_whole(settings: Sampling) -> None:
    """Each bar's pieces and its tail lie end to end from 0 to 1; the dart is over its token."""
    odds = odds_of(shown(settings))
    assert odds is not None
    for bar in odds.bars.values():
        end = 0.0
        for piece in bar.pieces.values():
            assert piece.start == pytest.approx(end, abs=1e-12)
            assert piece.size == bar.probs[piece.token]
            end += piece.size
        assert end <= 1 + 1e-9
    start = odds.start_of(odds.landed)
    if odds.shaped is not None:
        assert start - 1e-12 <= odds.point <= start + odds.now[odds.landed] + 1e-12


def test_names_stay_in_their_pieces() -> None:
    """A name that fits a wide bar alone is marked, so that a narrow one goes without it."""
    assert sample_bars.label("·April", 0.5, 0.1) is None
    for size, kind in ((0.12, "is-long"), (0.5, None)):
        name = sample_bars.label("·April", 0.5, size)
        assert name is not None
        assert name.attributes["class"] == kind
        assert name.attributes["width"] == f"{size * 100:.4f}%"


def test_each_cut_says_what_it_takes() -> None:
    """The hatched parts and what stays add up to the bar; counts add up to the vocabulary."""
    settings = SETTINGS[6]
    odds = odds_of(shown(settings))
    assert odds is not None
    shaped = reshape(logits_of(), temperature=0.8, top_k=40, top_p=0.9, min_p=0.05)

    assert [cut.name for cut in odds.taken] == ["top_k", "top_p", "min_p"]
    assert odds.taken[0].end == pytest.approx(1)
    assert [cut.gone[-1][1] for cut in odds.taken] == [cut.end for cut in odds.taken]
    for cut, after in zip(odds.taken, odds.taken[1:], strict=False):
        assert cut.gone[0][0] == after.end
        assert cut.n_kept == after.n_kept + after.n_gone
    kept = shaped.probs > 0
    assert odds.taken[-1].gone[0][0] == pytest.approx(shaped.tempered[kept].sum())
    assert odds.taken[0].n_kept + odds.taken[0].n_gone == D_VOCAB
    assert [cut.removed for cut in odds.taken] == [cut.removed for _, cut in shaped.steps][:3]
    html = sample.render(shown(settings))
    for cut in odds.taken:
        assert probability(cut.mass) in html


def test_only_the_cuts_that_are_set_are_drawn() -> None:
    """At temperature 1 with no cut the dart falls on the model's own odds."""
    whole = shown(Sampling(temperature=1.0))

    assert 'class="rung is-cut"' not in sample.render(whole)
    assert sample.render(whole).count('class="odds"') == 1
    assert len(sample.moments(whole)) == 3


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_film_fits_its_sentences(settings: Sampling) -> None:
    """3 to 8 moments, and more for edits; each element enters at one, each has one that enters."""
    whole = shown(settings)
    html, told = sample.render(whole), sample.moments(whole)
    entries = {int(at) for at in Reading(html).values("data-at")}

    odds = odds_of(whole)
    assert odds is not None
    n_edits = len(odds.edits) + bool(odds.edits)
    assert 3 <= len(told) - n_edits <= 8
    assert entries == set(range(len(told)))
    ids = Reading(html).values("id")
    assert len(ids) == len(set(ids))
    assert set(Reading(html).values("data-from")) <= set(ids)


def test_the_film_names_this_text_s_numbers() -> None:
    """The sentences tell the best token, the dart and where it fell."""
    whole = shown(Sampling(temperature=0.8, top_k=40, seed=5))
    odds = odds_of(whole)
    assert odds is not None
    told = " ".join(to_html(*sentence) for sentence in sample.moments(whole))  # type: ignore[misc]

    assert "·t0" in told
    assert readout(odds.point) in told
    assert probability(float(odds.own[odds.order[0]])) in told


def test_greedy_has_no_dart() -> None:
    """Temperature 0: the largest logit beside the next, nothing to throw."""
    html = sample.render(shown())
    logits = np.sort(logits_of())

    assert 'data-action="throw"' not in html
    assert 'class="dart"' not in html
    assert readout(float(logits[-1])) in html
    assert readout(float(logits[-2])) in html
    assert "·t0" in html


def test_200_darts_are_counted() -> None:
    """The table's counts are those of the seed's first 200 darts, and they add up."""
    settings = Sampling(temperature=1.0, top_k=12, seed=8)
    html = sample.render(shown(settings, throws=Throws(tallied=TALLY)))
    shaped = reshape(logits_of(), temperature=1.0, top_k=12)
    counts = np.bincount(draws(shaped, seed=8, steps=range(TALLY)), minlength=D_VOCAB)
    tokens = [int(t) for t in re.findall(r'data-action="append-token" data-id="(\d+)"', html)][1:]
    drawn = [int(row[-1]) for row in rows(html)[1:]]

    assert drawn[:-1] == [counts[token] for token in tokens]
    assert sum(drawn) == TALLY
    assert html.count('class="whisker"') == len(tokens)
    spread = 2 * np.sqrt(shaped.probs * (1 - shaped.probs) / TALLY)
    off = np.abs(counts / TALLY - shaped.probs)
    inside = sum(bool(off[token] <= spread[token]) for token in tokens)
    assert f"{inside} of {len(tokens)} counts" in html


def test_the_same_seed_shows_the_same() -> None:
    """A picture can be made again; another dart or seed makes another."""
    settings = Sampling(temperature=1.4, seed=9)
    first = sample.render(shown(settings, throws=Throws(at=4)))
    other = sample.render(shown(settings, throws=Throws(at=5)))
    again = sample.render(shown(settings, throws=Throws(at=4)))

    assert first == again != other


def test_what_is_not_known_is_said() -> None:
    """Without full logits: a sentence and the way to them, no bar, no film."""
    whole = state()
    html = sample.render(whole)

    assert text("step.sample.unrecorded") in "".join(Reading(html).texts)
    assert 'data-action="live"' in html
    assert "<svg" not in html
    assert sample.moments(whole) == ()
    assert sample.render_odds(whole) == sample.render_lead(whole) == ""
    assert text("step.sample.rest") in sample.render(AppState())
    assert sample.render_odds(AppState()) == ""


def test_a_token_without_its_text_has_its_number() -> None:
    """A recording knows ten texts; the rest are named by id, and why is said."""
    whole = shown(Sampling(temperature=1.0))
    token = int(np.argsort(-logits_of(), kind="stable")[2])

    assert name_of(whole, token) is None
    assert text("step.sample.unnamed", id=token) in sample.render(whole)
    assert text("step.sample.unnamed_note").split(":")[0] in sample.render(whole)


def test_an_open_model_names_every_token() -> None:
    """With its vocabulary every token has its text; another model's vocabulary names none."""
    words: Any = SimpleNamespace(visible=lambda token: f"w{token}")
    whole = shown(Sampling(temperature=1.0), vocabulary=words)
    own = whole.but(engine=replace(whole.site.engine, model="tiny"))
    other = whole.but(engine=replace(whole.site.engine, model="big"))
    token = int(np.argsort(-logits_of(), kind="stable")[2])

    assert name_of(own, token) == f"w{token}"
    assert text("step.sample.unnamed_note") not in sample.render(own)
    assert name_of(other, token) is None


def test_a_held_slider_draws_the_odds_alone() -> None:
    """The picture follows what is tried; the sliders stay the reader's."""
    settled = shown(Sampling(temperature=1.0))
    before = sample.render_odds(settled)
    held = settled.but(trying=Sampling(temperature=1.5))

    assert sample.render_odds(held) != before
    assert 'data-action="set-sampling"' not in sample.render_odds(held)
    assert sample.render_odds(settled) == before
    assert before in sample.render(settled)
    assert "trying" not in PANELS["step-sample"].fields
    for slot in (slots.LEAD, slots.ODDS):
        assert "trying" in PANELS[slot].fields
    assert sample.render_lead(held) != sample.render_lead(settled)
    assert sample.render_lead(settled) in sample.render(settled)


@pytest.mark.parametrize("name", PRESETS)
def test_the_set_preset_is_pressed(name: str) -> None:
    """One button is pressed where the settings are a preset's, none otherwise."""
    pressed = re.findall(
        r'data-preset="(\w+)"[^>]*aria-pressed="true"',
        sample.render(shown(Sampling(preset(name)))),
    )

    assert pressed == [name]
    assert 'aria-pressed="true"' not in sample.render(shown(Sampling(temperature=0.33)))


def test_a_refusal_is_said_at_the_settings() -> None:
    """The sentence stands in the plate and is announced."""
    refused = Message("sampling.top_p", {"got": 0})
    html = sample.render(shown(throws=Throws(refused=refused)))

    assert text("sampling.top_p", got=0) in html
    assert 'role="alert"' in html


@pytest.mark.parametrize("count", [1, 256])
@pytest.mark.parametrize("size", [1, 2, 5, 300])
def test_any_length_and_vocabulary(count: int, size: int) -> None:
    """One token of text or 256, a vocabulary of one token or many, both families."""
    logits = logits_of(size)
    for family in ("llama", "gpt2"):
        config = replace(CONFIG, family=family, d_vocab=size)
        for settings in SETTINGS[::3]:
            whole = shown(
                settings,
                ("x",) * count,
                logits=logits,
                config=config,
                throws=Throws(tallied=TALLY),
            )
            assert sample.render(whole)
            assert 3 <= len(sample.moments(whole)) <= 8


@pytest.mark.parametrize("settings", SETTINGS)
def test_equal_logits_and_masked_ones(settings: Sampling) -> None:
    """A flat distribution, and one where all but three are −∞, draw too."""
    for logits in (np.zeros(500, np.float32), np.full(500, -np.inf, np.float32)):
        logits[3:6] = 0.0
        whole = shown(settings, logits=logits)
        odds = odds_of(whole)
        assert odds is not None
        assert odds.now[odds.landed] > 0
        assert sample.render(whole)


def test_hostile_tokens_stay_text() -> None:
    """A token that looks like markup makes no element."""
    whole = shown(Sampling(temperature=0.8, top_k=4))
    whole = whole.but(top=tuple(replace(item, visible=HOSTILE) for item in whole.run.top))
    html = sample.render(whole) + "".join(to_html(*told) for told in sample.moments(whole))  # type: ignore[misc]
    read = Reading(html)

    assert "<img" not in html
    assert "\0" not in html
    assert not any(name == "style" or name.startswith("on") for _, a in read.elements for name in a)
    assert set(read.values("data-action")) <= set(ACTIONS)
    assert set(read.values("data-live")) <= set(ACTIONS)


def test_the_picture_has_words_and_numbers() -> None:
    """A text says what the bars show; a table has every figure; what scrolls has the focus."""
    whole = shown(Sampling(temperature=0.8, top_k=40, top_p=0.9))
    read = Reading(sample.render(whole))
    pictures = [attrs for _, attrs in read.elements if attrs.get("role") == "img"]

    assert len(pictures) == 1
    assert "·t0" in (pictures[0]["aria-label"] or "")
    scrolls = [
        attrs for _, attrs in read.elements if "scroll" in (attrs.get("class") or "").split()
    ]
    assert [attrs.get("tabindex") for attrs in scrolls].count("0") == 2
    assert "details" in {tag for tag, _ in read.elements}


def test_the_dart_is_the_loops_own() -> None:
    """Behind two written tokens the first dart is the one that the loop throws for the third."""
    settings = Sampling(temperature=1.0, seed=5)
    written = state().run.continuation[:2]
    first, third = odds_of(shown(settings)), odds_of(shown(settings, written=written))

    assert first is not None
    assert third is not None
    assert first.point == dart(5, 0)
    assert third.point == dart(5, len(written))
