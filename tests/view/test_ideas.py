"""The depth "idea": one picture a step, of any run, with few numbers, all of them the run's."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from selectolax.lexbor import LexborHTMLParser

from seethrough.app.recordings import run_of
from seethrough.app.state import TALLY, AppState, Throws
from seethrough.core import hooks
from seethrough.core.captured import Captured
from seethrough.core.depth import IDEA
from seethrough.core.manifest import from_json
from seethrough.core.messages import text
from seethrough.core.parts import part_from_bytes
from seethrough.core.recording import from_bytes
from seethrough.core.routes import Route
from seethrough.core.sampling import draws
from seethrough.core.settings import Sampling
from seethrough.core.tokens import END
from seethrough.view.ideas import done, embed, grown, logits, plain, scores, softmax
from seethrough.view.ideas import sample as throwing
from seethrough.view.ideas import tokenize as cutting
from seethrough.view.node import to_html
from seethrough.view.numbers import signed
from seethrough.view.steps.sample_odds import MANY, odds_of
from seethrough.view.tours import THE_WALK
from seethrough.view.words import term_mark
from tests import built
from tests.steps import STEPS, page_state
from tests.view.sample import Reading
from tests.view.walk_sample import FAMILIES, walk_state

if TYPE_CHECKING:
    from pathlib import Path

IDEAS = {step.name: step.idea for step in THE_WALK.steps if step.idea is not None}
OURS = ("input", "tokenize", "embed", "logits", "softmax", "sample", "loop", "done")
MOST_NUMBERS = 5
NUMBER = re.compile(r"\d[\d\u202f.,]*")
FORBIDDEN = re.compile(
    r"hook_|resid_|blocks\.|ln_final|W_[EU]\b|\blogits?\b|\bsoftmax\b|\bresidual\b|\bMLP\b|\bblocks?\b"
    r"|\bquer(?:y|ies)\b",
    re.IGNORECASE,
)
# A reader's text and the model's tokens: their own figures and words are no words of the page.
QUOTED = "bdi, .idea-token, .visually-hidden, a"
LONG = tuple(("The", " dog", " chased", " the", " cat", ".")[at % 6] for at in range(200))
# The one word of the trade that an idea says: the readers of step 6 missed its name.
SOFTMAX = to_html(term_mark("softmax", "softmax"))
CHANCE = Sampling(temperature=1.0)


@cache
def recordings() -> dict[str, AppState]:
    """Every recorded walk of the built site, with all of its parts."""
    folders = [file.parent for file in (built.dist() / "models").glob("*/manifest.json")]
    return {path.name: recorded(path) for one in folders for path in files(one / "recordings")}


def files(folder: Path) -> list[Path]:
    """The files of a folder of recordings."""
    return sorted(folder.glob("*.safetensors"))


def recorded(path: Path) -> AppState:
    """A recorded walk as the page holds it."""
    manifest = from_json((path.parents[1] / "manifest.json").read_text(encoding="utf-8"))
    recording = from_bytes(path.read_bytes())
    run = run_of(recording, manifest.config)
    parts = [part_from_bytes(file.read_bytes()) for file in files(path.parent / "parts")]
    for part in (part for part in parts if part.recording == recording.id):
        run = replace(
            run,
            captured=run.captured.with_more(*part.more(recording)),
            words={**run.words, **part.words},
        )
    return replace(page_state(depth=IDEA), run=run)


@cache
def runs() -> dict[str, AppState]:
    """Runs of every kind: recorded, of both families, one token, 200 tokens, chance, no text."""
    live = {family: walk_state(family=family).but(depth=IDEA) for family in FAMILIES}
    some = live["llama"]
    return {
        **recordings(),
        **live,
        "one": walk_state(("Hello",)).but(depth=IDEA),
        "long": walk_state(LONG).but(depth=IDEA),
        "drawn": some.but(sampling=CHANCE, throws=Throws(at=9)),
        "scattered": some.but(sampling=CHANCE, throws=Throws(tallied=TALLY)),
        "unwritten": some.but(continuation=(), stop=""),
        "first": some.but(chosen_step=0),
        "early": some.but(captured=Captured()),
        "nothing": page_state(depth=IDEA),
    }


def drawn(name: str, state: AppState) -> str:
    """An idea's markup at its own step."""
    idea = IDEAS[name]
    assert idea is not None
    return idea.render(state.but(route=Route("walk", "own", name)))


def at_rest(html: str) -> str:
    """A picture without what stands in a moment of its film alone."""
    parser = LexborHTMLParser(html)
    for node in parser.css(".is-told"):
        node.decompose()
    return parser.html or ""


def own_words(html: str) -> str:
    """What the page itself says at rest: without the text and the tokens that it quotes."""
    parser = LexborHTMLParser(at_rest(html))
    for node in parser.css(QUOTED):
        node.decompose()
    return (parser.body.text(separator=" ") if parser.body else "").strip()


def widths(html: str, css: str, name: str) -> list[float]:
    """An attribute, in per cent, of elements in order."""
    nodes = LexborHTMLParser(html).css(css)
    return [float((node.attributes[name] or "").rstrip("%")) for node in nodes]


def every_drawing() -> dict[tuple[str, str], str]:
    """Each idea of each run."""
    return {(name, run): drawn(name, state) for name in OURS for run, state in runs().items()}


def test_every_step_has_an_idea() -> None:
    """Each step but that of the layers has a picture of its own here."""
    assert set(OURS) == set(STEPS) - {"layers"}
    assert set(OURS) <= set(IDEAS)


def test_every_run_is_drawn() -> None:
    """Each idea draws every run, and begins with its sentences."""
    for place, html in every_drawing().items():
        assert "idea-lead" in html, place
        assert len(own_words(html)) > len("a sentence"), place


def test_few_numbers_stand_in_a_picture() -> None:
    """At most five numbers are shown at once, tokens and the reader's text aside."""
    for place, html in every_drawing().items():
        found = NUMBER.findall(own_words(html))

        assert len(found) <= MOST_NUMBERS, (place, found)


def test_plain_words_alone() -> None:
    """No hook name and no word of the trade is read or heard; softmax is named where it is made."""
    for place, drawing in every_drawing().items():
        html = drawing.replace(SOFTMAX, "") if place[0] == "softmax" else drawing
        heard = [*Reading(html).values("aria-label"), *Reading(html).values("title")]
        for words in (own_words(html), *(one for one in heard if "%" not in one)):
            assert FORBIDDEN.search(words) is None, (place, words)


def test_softmax_is_named_once() -> None:
    """The idea of step 6 says the name of what it shows, once, and the name opens the glossary."""
    for name, state in runs().items():
        if state.run.top:
            assert drawn("softmax", state).count(SOFTMAX) == 1, name


def test_a_lead_is_short() -> None:
    """At most two sentences stand above a picture."""
    for place, html in every_drawing().items():
        lead = LexborHTMLParser(html).css_first(".idea-lead")
        for node in lead.css("bdi"):
            node.decompose()
        ends = re.findall(r"[.?!](?= [A-Z]|$)", lead.text().strip())

        assert 1 <= len(ends) <= 2 + (place[0] == "logits"), (place, lead.text())


def test_few_stops_of_tab() -> None:
    """Tab meets at most four controls in a picture: what is chosen by pointing has its button."""
    for place, html in every_drawing().items():
        controls = LexborHTMLParser(html).css("button:not([tabindex='-1']), a")

        assert len(controls) <= 4, place


@pytest.mark.parametrize("name", [*FAMILIES, "long"])
def test_the_rows_are_the_runs_own(name: str) -> None:
    """The pair is the most alike one of all words, and the likeness that is told is the cosine."""
    state = runs()[name]
    rows = embed.chosen_rows(state)
    known = {row.position: row.values for row in embed.known_rows(state)}
    stream = state.run.captured.arrays[hooks.EMBED]
    first, second, third = rows

    def cosine(one: int, other: int) -> float:
        a, b = stream[one].astype(np.float64), stream[other].astype(np.float64)
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    words = {at: embed.folded(state, at) for at in known}
    pairs = [cosine(a, b) for a in known for b in known if a < b and words[a] != words[b]]
    assert second.likeness == pytest.approx(max(pairs))
    assert second.likeness == pytest.approx(cosine(first.position, second.position))
    assert third.likeness <= second.likeness
    assert plain.whole(state, second.likeness) in own_words(embed.render(state))


def test_dog_and_cat_are_found() -> None:
    """Of rows made so, the two that point one way are compared, another case of one is not."""
    state = walk_state(("The", " dog", " the", " cat"))
    rows = np.array([[1, 0, 0], [0, 1, 0.2], [1, 0.01, 0], [0, 1, -0.2]], np.float32)
    told = Captured({hooks.EMBED: rows})
    found = embed.chosen_rows(state.but(captured=told))

    assert [row.position for row in found] == [1, 3, 0]


def test_the_cells_are_the_strongest_numbers() -> None:
    """The first row goes from its lowest to its highest number, opacity is its size."""
    state = runs()["llama"]
    first = embed.chosen_rows(state)[0].values
    order = embed.strongest(first)
    cells = LexborHTMLParser(embed.render(state)).css(".idea-cells")[0].css("rect")
    reach = np.abs(first[order]).max()

    assert list(first[order]) == sorted(first[order])
    shown = [float(cell.attributes["fill-opacity"] or "") for cell in cells]
    assert shown == pytest.approx(np.abs(first[order]) / reach, abs=6e-4)
    ends = signed(state, float(first[order[0]])), signed(state, float(first[order[-1]]))
    assert "from {} to {}".format(*ends) in own_words(embed.render(state))


def test_bars_begin_at_the_average() -> None:
    """A score's bar is its lead over the mean of all scores, the best one's is whole."""
    state = runs()["llama"]
    whole = state.run.captured.arrays[hooks.LOGITS][-1]
    found = scores.scores_of(state)
    assert found is not None
    shown = widths(logits.render(state), ".idea-bar rect", "width")
    leads = [item.logit - whole.mean() for item in state.run.top[:5]]

    assert found.is_average
    assert shown == pytest.approx([100 * lead / leads[0] for lead in leads], abs=0.01)


def test_shares_fill_the_whole() -> None:
    """The stacked bar holds each token's share, the others' last, and nothing is left over."""
    for name, state in runs().items():
        if state.run.top:
            heights = widths(softmax.render(state), ".idea-stack rect", "height")
            probs = [item.prob * 100 for item in state.run.top[:5]]

            assert heights[:-1] == pytest.approx(probs, abs=0.01), name
            assert sum(heights) == pytest.approx(100, abs=0.01), name


def test_numbers_of_shares_stand_apart() -> None:
    """No number stands over another or outside, however small the shares."""
    parts = [softmax.Part("a", 0.0, 0.97), softmax.Part("b", 0.97, 0.02), softmax.Part("", 1, 0)]
    places = softmax.spread_out(parts)

    gaps = [after - before for before, after in pairwise(places)]
    assert min(gaps) >= softmax.APART - 1e-9
    assert places[0] >= 0
    assert places[-1] <= 1


def test_the_dart_hits_what_it_tells() -> None:
    """The token in ink is the one that the dart's place lies on, and the share told is its own."""
    state = runs()["drawn"]
    odds = odds_of(state)
    assert odds is not None
    html = throwing.render(state)

    start = odds.start_of(odds.landed)
    assert start <= odds.point < start + odds.now[odds.landed]
    assert plain.whole(state, float(odds.now[odds.landed])) in own_words(html)
    assert widths(html, ".is-taken rect", "x") == pytest.approx([100 * start], abs=0.01)
    assert len(LexborHTMLParser(html).css(".idea-fell")) == state.choice.throws.at


@pytest.mark.parametrize("name", ["scattered", *recordings()])
def test_a_hundred_darts_are_seen(name: str) -> None:
    """Each of the seed's first hundred darts is drawn where it fell, and the misses are counted."""
    state = runs()[name].but(sampling=CHANCE, throws=Throws(tallied=TALLY))
    odds = odds_of(state)
    assert odds is not None
    assert odds.shaped is not None
    html = throwing.render(state)

    ids = draws(odds.shaped, seed=CHANCE.seed, steps=range(MANY))
    n_missed = int(np.count_nonzero(ids != odds.order[0]))
    assert widths(html, ".idea-hit", "cx") == pytest.approx(100 * odds.points, abs=1e-3)
    assert len(LexborHTMLParser(html).css(".is-miss")) == n_missed
    assert f"{MANY - n_missed} of {MANY} darts hit" in " ".join(own_words(html).split())
    assert f"{n_missed} missed it" in " ".join(own_words(html).split())
    assert "idea-dart" not in html.replace("idea-darts", "")


def test_without_chance_the_top_token_wins() -> None:
    """At temperature 0 no dart is drawn or offered; the best token is in ink, and it is said."""
    html = throwing.render(runs()["llama"])

    assert 'data-action="throw' not in html
    assert "idea-dart" not in LexborHTMLParser(html).html
    assert "always wins" in own_words(html)
    assert widths(html, ".is-taken rect", "x") == [0]


@pytest.mark.parametrize("step", range(3))
def test_the_newest_token_alone_goes_through(step: int) -> None:
    """At each step all tokens before the newest are notes; at the first the whole text is read."""
    state = runs()["llama"].but(chosen_step=step)
    html = at_rest(drawn("loop", state))
    stripes = LexborHTMLParser(html).css(".idea-kept rect")

    assert len(stripes) == (state.run.n_prompt + step - 1 if step else 0)
    assert plain.whole(state, state.run.steps[step].prob) in own_words(html)
    assert "joins the text" in own_words(LexborHTMLParser(html).css_first(".is-joins").html or "")


def test_each_moment_of_the_film_has_its_round() -> None:
    """While a token is told, what it is made from stands there: notes, newest token, share."""
    for name, state in recordings().items():
        told = LexborHTMLParser(drawn("loop", state)).css(".is-told")

        assert len(told) == min(len(state.run.steps), grown.MOST_MOMENTS), name
        for step, one in enumerate(told):
            assert (one.attributes["data-at"], one.attributes["data-until"]) == (str(step),) * 2
            n_kept = state.run.n_prompt + step - 1 if step else 0
            assert len(one.css(".idea-kept rect")) == n_kept
            share = plain.whole(state, state.run.steps[step].prob)
            assert share in one.text(), (name, step)


def test_the_least_likely_token_is_named() -> None:
    """At the end the token with the smallest chance is named with it."""
    for name, state in recordings().items():
        steps = state.run.steps
        least = steps[done.least_of(steps)]

        assert least.prob == min(new.prob for new in steps)
        assert plain.whole(state, least.prob) in own_words(done.render(state)), name
    # "dog" stands in the prompt once, and is written twice: the second of those is the third.
    (cat,) = [state for name, state in recordings().items() if "-cat-" in name]
    assert "(3rd)" in own_words(done.render(cat))


def test_a_tint_is_a_chance() -> None:
    """Each new token is tinted by its chance in tenths."""
    state = runs()["llama"]
    html = drawn("done", state)

    for new in state.run.steps:
        assert grown.tint(new.prob) in html
    assert [grown.tint(share) for share in (0.0, 0.51, 1.0)] == [
        "is-chance-0",
        "is-chance-5",
        "is-chance-10",
    ]


def test_a_word_is_told_from_its_letters_to_its_tokens() -> None:
    """The ladder begins with the word's letters and ends with its tokens and their places."""
    state = runs()["llama"]
    film = state.run.film
    assert film is not None
    opened = cutting.opened_word(state, film)
    assert opened is not None
    word = film.words[opened]
    told = cutting.states(word)

    assert tuple(told[0].values()) == word.symbols
    assert len(told[-1]) == len(word.ids)
    assert len(told) <= cutting.MOST_STATES
    assert f"no. {word.ids[0]}" in own_words(drawn("tokenize", state))


def test_shares_are_never_rounded_to_a_lie() -> None:
    """What is close to nothing or to all is told so."""
    state = page_state()

    assert plain.whole(state, 0.5143) == "51 %"
    assert plain.whole(state, 0.0068) == "0.7 %"
    assert plain.whole(state, 0.0098) == "under 1 %"
    assert plain.whole(state, 0.0004) == "under 0.1 %"
    assert plain.whole(state, 0.999) == "over 99 %"
    assert plain.whole(state, 1.0) == "100 %"
    assert plain.whole(state, -0.1) == "\u221210 %"


def test_names_that_differ_by_a_space_stay_apart() -> None:
    """A token's space is left out, but not where another token would then look the same."""
    assert plain.names(["·dog", "·cat"]) == ["dog", "cat"]
    assert plain.names(["·dog", "dog", "·"]) == ["·dog", "dog", "·"]


@pytest.mark.parametrize("name", OURS)
def test_a_film_is_performed(name: str) -> None:
    """Where an idea has a film, something enters at each of its moments, and at no other."""
    idea = IDEAS[name]
    assert idea is not None
    for run, state in runs().items():
        n_moments = len(idea.moments(state))
        entering = {int(at) for at in Reading(drawn(name, state)).values("data-at")}

        assert entering == set(range(n_moments)), run


def test_the_end_of_the_text_is_told_in_words() -> None:
    """The model's end token is shown as what it means."""
    ended = [state for state in recordings().values() if state.run.stop == END]

    assert ended
    for state in ended:
        html = at_rest(drawn("loop", state))

        assert "[the end]" in html
        assert "is-joins" not in html
        assert state.run.steps[-1].text.replace("<", "&lt;").replace(">", "&gt;") not in html


def test_the_false_example_is_quoted_from_its_recording() -> None:
    """What step 9 quotes as likely and false is what the recorded model wrote, of that model."""
    (state,) = (one for name, one in recordings().items() if "january" in name)
    written = "".join(new.text for new in state.run.steps)
    for key in ("idea.done.example", "idea.done.example_here"):
        quoted = re.findall("“(.*?)”", text(key, "en", name=""))
        assert quoted
        assert all(one in written for one in quoted)
    assert "April" in written
    assert state.run.model == done.FALSE_ONE[1]
