"""The lab's search with beams: every way that was weighed is drawn, and each score opens."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from seethrough.app.state import AppState, Searched, Stage
from seethrough.core.beam import ENDED, KEPT, PRUNED, Rules, Search, begin, log_probs_of
from seethrough.core.beam_plan import BeamPlan
from seethrough.core.routes import OWN, Route
from seethrough.view.decode import beams, rows, tree
from seethrough.view.layout import ACTIONS, PANELS
from seethrough.view.node import h, to_html
from tests.english import exact, signed
from tests.view.sample import Reading, rounded
from tests.view.walk_sample import walk_state

GOLDEN = Path(__file__).parents[1] / "golden"
D_VOCAB = 40
HOSTILE = "<img src=x onerror=alert(1)>\"' style=color:red"


@cache
def search_of(n_beams: int, n_tokens: int, *, ends: int = 1, penalty: float = 1.0) -> Search:
    """A whole search over seeded scores."""
    random = np.random.default_rng(5)
    now = begin(Rules(n_beams, n_tokens, frozenset(range(ends)), penalty))
    while not now.is_over:
        scores = [random.normal(size=D_VOCAB) * 2 for _ in now.running]
        now = now.grow([log_probs_of(row) for row in scores])
    return now


def at(search: Search | None = None, *, depth: str = "idea", **changes: object) -> AppState:
    """A state at the step, with what was found."""
    found = search_of(3, 4) if search is None else search
    plan = BeamPlan(found.rules.n_beams, found.rules.max_new, found.rules.length_penalty)
    words = changes.pop("words", {token: f"·t{token}" for token in range(D_VOCAB)})
    searched = Searched(plan, found, words)  # type: ignore[arg-type]
    state = walk_state().but(route=Route("decode", OWN, "beams"), depth=depth)
    return state.but(**{"searched": searched, "beam_plan": plan, **changes})


def of_class(html: str, name: str) -> list[dict[str, str | None]]:
    """The elements of a class."""
    found = Reading(html).elements
    return [attrs for _, attrs in found if name in (attrs.get("class") or "").split()]


@pytest.mark.parametrize(("n_beams", "n_tokens"), [(1, 1), (1, 5), (3, 4), (8, 3), (8, 20)])
def test_every_way_is_drawn_or_counted(n_beams: int, n_tokens: int) -> None:
    """All that went on or ended stand in the picture; of the pruned the best, then a count."""
    search = search_of(n_beams, n_tokens)
    html = beams.idea(at(search))

    for fate in (KEPT, ENDED):
        n_found = sum(grown.fate == fate for found in search.rounds for grown in found)
        assert len(of_class(html, f"is-{fate}")) == n_found
    drawn = rows.columns(search)
    for column, found in zip(drawn, search.rounds, strict=True):
        n_pruned = sum(grown.fate == PRUNED for grown in found)
        shown = sum(spot.grown.fate == PRUNED for spot in column.spots)
        assert shown + column.n_more == n_pruned
        assert shown <= rows.MOST_PRUNED


@pytest.mark.parametrize(("n_beams", "n_tokens"), [(3, 4), (8, 3), (8, 20)])
def test_a_line_leads_from_what_it_grew_from(n_beams: int, n_tokens: int) -> None:
    """The parent's row is that of the way without the newest token, one column before."""
    drawn = rows.columns(search_of(n_beams, n_tokens))

    assert all(spot.parent == 0 for spot in drawn[0].spots)
    for before, column in pairwise(drawn):
        by_ids = {spot.grown.way.ids: spot.row for spot in before.spots}
        for spot in column.spots:
            assert spot.parent == by_ids[spot.grown.way.ids[:-1]]


@pytest.mark.parametrize("penalty", [1.0, 0.0, -1.0, 2.5])
def test_a_score_opens_to_its_sum(penalty: float) -> None:
    """The tokens' log probabilities add up to the total; with the length they make the score."""
    search = search_of(3, 4, penalty=penalty)
    html = beams.idea(at(search))
    texts = Reading(html).texts

    for way in search.finished:
        terms = rows.terms_of(search, way.ids)
        assert len(terms) == len(way.ids)
        assert sum(terms) == pytest.approx(way.total, abs=1e-12)
        assert all(exact(term) in texts for term in terms)
        assert signed(way.total / len(way.ids) ** penalty) in texts
        assert exact(way.total) in "".join(texts)


def test_a_score_is_opened_by_the_reader() -> None:
    """Closed, a way has no table; opened, it has its own: the panel looks at what is open."""
    closed, opened = at(unfolded=frozenset()), at(unfolded=frozenset({"beam-way-0"}))

    assert "unfolded" in PANELS["idea-beams"].fields
    assert "<table" not in beams.idea(closed)
    assert beams.idea(opened).count("<table") == 1


def test_the_best_way_is_in_ink() -> None:
    """One way a round at most is on the path of the best one that ended."""
    search = search_of(3, 4)
    html = beams.idea(at(search))

    assert len(of_class(html, "is-best")) == len(search.finished[0].ids)
    assert tree.best_of(at(search).run.searched) == search.finished[0].ids  # type: ignore[arg-type]


def test_one_moment_a_round() -> None:
    """The film tells each round as it enters, and the best way in the end."""
    search = search_of(3, 4)
    told = ["".join(Reading(to_html(h("p", {}, one))).texts) for one in beams.moments(at(search))]
    entering = [
        one["data-at"] for _, one in Reading(beams.idea(at(search))).elements if "data-at" in one
    ]

    assert len(told) == len(search.rounds)
    assert entering == [str(round_) for round_ in range(len(search.rounds))]
    assert "3 go on" in told[0]
    assert "The best that ended is" in told[-1]
    assert signed(search.finished[0].score(1.0)) in told[-1]
    assert beams.moments(at(busy="generate")) == ()


def test_while_it_goes_on_it_can_be_stopped() -> None:
    """Rounds so far are told, and there is a button to stop; at rest one to search."""
    part = begin(Rules(2, 6)).grow([log_probs_of(np.arange(9.0))])
    going = beams.idea(at(part, busy="generate"))

    assert 'data-action="stop"' in going
    assert "Round 1 of 6 is done." in going
    assert "Ways that go on" in going
    assert 'data-action="search-beams"' in beams.idea(at())


def test_the_plan_can_be_changed() -> None:
    """Three numbers with their ranges, as they are."""
    fields = [one for _, one in Reading(beams.idea(at())).elements if one.get("type") == "number"]

    assert [(one["data-name"], one["value"], one["min"], one["max"]) for one in fields] == [
        ("n_beams", "3", "1", "8"),
        ("n_tokens", "4", "1", "32"),
        ("penalty", "1", "-10", "10"),
    ]


def test_before_a_search_and_before_a_run() -> None:
    """Without a text there is a sentence; without a search the way to one, and its price."""
    empty = AppState().but(route=Route("decode", OWN, "beams"))
    remote = at(searched=None)
    remote = remote.but(engine=remote.site.engine.__class__("idle"))

    assert "several ways" in beams.idea(empty)
    assert "<svg" not in beams.idea(empty) + beams.render(empty) + beams.idea(remote)
    assert "99.9" in beams.idea(remote)
    assert beams.moments(empty) == beams.moments(remote) == ()


def test_every_way_stands_in_the_table() -> None:
    """At the depth numbers each candidate of each round has its sum, its score, its fate."""
    search = search_of(3, 4)
    html = beams.render(at(search, depth="numbers"))
    lines = re.findall(r"<tr><th scope=\"row\"[^>]*>\d+</th>", html)

    assert len(lines) == sum(map(len, search.rounds))


def test_tokens_stay_text() -> None:
    """A token that looks like markup makes no element; every action is an agreed one."""
    shown = at(words=dict.fromkeys(range(D_VOCAB), HOSTILE))
    html = beams.idea(shown) + beams.render(shown)

    assert "<img" not in html
    assert set(Reading(html).values("data-action")) <= set(ACTIONS)


def snapshot(moment: int | None = None) -> str:
    """The step, floats rounded, an element a line."""
    drawn = PANELS["idea-beams"].render(at(stage=Stage(moment=moment)))
    return rounded(drawn).replace("><", ">\n<") + "\n"


FILE = GOLDEN / "decode_beams_idea.html"


def test_markup_is_as_it_was() -> None:
    """Markup changes on purpose only: `python -m tests.view.test_decode_beams` writes it anew."""
    assert snapshot() == FILE.read_text(encoding="utf-8")


if __name__ == "__main__":
    FILE.write_text(snapshot(), encoding="utf-8")
