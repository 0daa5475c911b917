"""The lab's endings: each is counted once, boxes and bars are as large as the counts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from seethrough.app.state import AppState, Endings, Sampling
from seethrough.core.ending_plan import MOST_DRAWS
from seethrough.core.routes import OWN, Route
from seethrough.core.tokens import MOST_ENDING_TOKENS
from seethrough.view.decode import endings, icicle
from seethrough.view.layout import ACTIONS, PANELS
from tests.view.sample import Reading, rounded
from tests.view.walk_sample import walk_state

GOLDEN = Path(__file__).parents[1] / "golden"
HOSTILE = "<img src=x onerror=alert(1)>\"' style=color:red"
# How many draws went each way.
COUNTS = {(1, 2, 3): 40, (1, 2, 4): 20, (1, 5): 10, (6, 2, 3): 25, (7, 7, 7): 5}


def found_of(counts: dict[tuple[int, ...], int], n_draws: int = 100, word: str = "·t") -> Endings:
    """Endings with so many seeds each."""
    seeds, first = dict[tuple[int, ...], tuple[int, ...]](), 1
    for way, n_alike in counts.items():
        seeds[way] = tuple(range(first, first + n_alike))
        first += n_alike
    words = {token: f"{word}{token}" for way in counts for token in way}
    return Endings(Sampling(temperature=1.5, seed=1), 3, n_draws, seeds, words)


def at(found: Endings | None = None, *, depth: str = "idea", **changes: object) -> AppState:
    """A state at the step, with what was drawn."""
    drawn = found_of(COUNTS) if found is None else found
    state = walk_state().but(route=Route("decode", OWN, "endings"), depth=depth)
    return state.but(**{"endings": drawn, **changes})


def test_boxes_are_as_tall_as_their_ways_are_many() -> None:
    """Each beginning has one box; those of one column lie on one another, none over another."""
    boxes = list(icicle.boxes(COUNTS))
    by_way = {box.way: box for box in boxes}

    assert len(by_way) == len(boxes) == 11
    for box in boxes:
        alike = [n for way, n in COUNTS.items() if way[: len(box.way)] == box.way]
        assert box.n_ways == sum(alike)
        before = by_way.get(box.way[:-1])
        start, size = (0, 100) if before is None else (before.start, before.n_ways)
        assert start <= box.start
        assert box.start + box.n_ways <= start + size
    first = [box for box in boxes if box.depth == 0]
    assert [(box.token, box.start, box.n_ways) for box in first] == [
        (1, 0, 70),
        (6, 70, 25),
        (7, 95, 5),
    ]


def test_the_picture_has_every_box() -> None:
    """A rectangle each, so high as its count; the commonest ending is marked all along."""
    html = endings.idea(at())
    high = re.findall(r'<rect x="[^"]*" y="[^"]*" width="120" height="(\d+)"', html)

    assert [int(value) for value in high] == [
        box.n_ways * icicle.HIGH - 1 for box in icicle.boxes(COUNTS)
    ]
    assert html.count('"icicle-box is-common"') == 3
    assert "1: 70 endings go through here" in "".join(Reading(html).texts)


def test_the_commonest_stand_first() -> None:
    """Sorted by how often they came; their bars are as long as the counts, the rest is counted."""
    many = {(at_,): 1 + (at_ == 3) * 5 for at_ in range(12)}
    html = endings.idea(at(found_of(many, 17)))
    texts = Reading(html).texts

    assert re.findall(r"(\d+)</b><bdi[^>]*>([^<]*)", html)[:2] == [("6", "·t3"), ("1", "·t0")]
    assert "17 draws, 12 different endings" in texts
    assert f"{12 - endings.N_SHOWN} more endings" in "".join(texts)
    assert re.findall(r'<rect width="([\d.]+)%"', html)[:2] == ["100.000", "16.667"]


def test_each_seed_stands_in_the_table() -> None:
    """At the depth numbers each ending has its count and all its seeds."""
    html = endings.render(at(depth="numbers"))
    texts = Reading(html).texts

    assert ", ".join(map(str, range(1, 41))) in texts
    assert "endings-data" in Reading(html).values("id")


def test_while_it_goes_on_it_can_be_stopped() -> None:
    """How many are drawn is told, and there is a button to stop; at rest one to draw."""
    part = found_of({(1, 2): 30, (3,): 7})
    going = endings.idea(at(part, busy="generate"))

    assert 'data-action="stop"' in going
    assert "37 of 100 are drawn." in going
    assert 'data-action="draw-endings"' in endings.idea(at())


def test_what_can_be_set() -> None:
    """How long an ending is, within what is drawn; the presets of the draw."""
    fields = [one for _, one in Reading(endings.idea(at())).elements if one.get("type") == "number"]

    assert [(one["data-action"], one["value"], one["max"]) for one in fields] == [
        ("set-endings", "8", str(MOST_ENDING_TOKENS)),
        ("set-endings", "100", str(MOST_DRAWS)),
    ]
    assert "wild" in Reading(endings.idea(at())).values("data-preset")


def test_before_draws_and_before_a_run() -> None:
    """Without a text there is a sentence; without draws the way to them, and its price."""
    empty = AppState().but(route=Route("decode", OWN, "endings"))
    none = at(endings=None)
    remote = none.but(engine=none.site.engine.__class__("idle"))

    assert "a hundred times" in endings.idea(empty)
    assert "<svg" not in endings.idea(empty) + endings.render(empty) + endings.idea(remote)
    assert "99.9" in endings.idea(remote)


def test_before_draws_the_price_is_told() -> None:
    """What will stand there, how often the model runs at the most; without chance, seldom."""
    none = at(endings=None, sampling=Sampling(temperature=1.0))

    for html in (endings.idea(none), endings.render(none)):
        assert "Here boxes will stand" in html
        assert "The model runs at most 701 times for it." in html
    assert "at most 8 times" in endings.idea(at(endings=None, sampling=Sampling()))
    timed = tuple(replace(step, elapsed_ms=20.0) for step in none.run.continuation)
    assert "Here that takes 14.0 s at the most." in endings.idea(none.but(continuation=timed))


def test_tokens_stay_text() -> None:
    """A token that looks like markup makes no element; every action is an agreed one."""
    shown = at(found_of(COUNTS, word=HOSTILE))
    html = endings.idea(shown) + endings.render(shown)

    assert "<img" not in html
    assert set(Reading(html).values("data-action")) <= set(ACTIONS)


FILE = GOLDEN / "decode_endings_idea.html"


def snapshot() -> str:
    """The step, floats rounded, an element a line."""
    return rounded(PANELS["idea-endings"].render(at())).replace("><", ">\n<") + "\n"


def test_markup_is_as_it_was() -> None:
    """Markup changes on purpose only: `python -m tests.view.test_decode_endings` writes it anew."""
    assert snapshot() == FILE.read_text(encoding="utf-8")


if __name__ == "__main__":
    FILE.write_text(snapshot(), encoding="utf-8")
