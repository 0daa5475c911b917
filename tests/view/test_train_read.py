"""Training, simple: each number is the recorded guess's own, each arrow as long as its gradient."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seethrough.app.recordings import run_of
from seethrough.app.state import AppState, RecordingCard, Stage
from seethrough.core.routes import OWN, Route
from seethrough.core.tokens import NewToken, TokenView
from seethrough.core.train.mistakes import error_of, gradient_of, others_of
from seethrough.view import pages, transport
from seethrough.view.layout import ACTIONS, PANELS, markup_of
from seethrough.view.node import h, to_html
from seethrough.view.train import beats, simple
from tests.read_texts import MODEL, document
from tests.steps import page_state
from tests.view.sample import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

GOLDEN = Path(__file__).parents[1] / "golden"
MADE = document()
N = len(MADE.read)
MOMENTS = (*range(6), None)
HOSTILE = "<img src=x onerror=alert(1)>\"' style=color:red\0\n"
CARD = RecordingCard("poem", MADE.model, MADE.prompt, False, len(MADE.tokens), 1)


def at(moment: int | None = None, *, depth: str = "idea", **changes: object) -> AppState:
    """The view with the document, at a moment of its film."""
    state = page_state(
        route=Route("train", "poem"), depth=depth, documents=(CARD,), stage=Stage(moment=moment)
    )
    state = replace(state, run=run_of(MADE, MODEL.config))
    return state.but(**{"position": N, **changes})


def text_of(html: str) -> str:
    """What is read of markup."""
    return " ".join("".join(Reading(html).texts).split())


def of_class(html: str, name: str) -> list[dict[str, str | None]]:
    """The elements of a class."""
    found = Reading(html).elements
    return [attrs for _, attrs in found if name in (attrs.get("class") or "").split()]


def told(state: AppState) -> list[str]:
    """The film's sentences as text."""
    return [text_of(to_html(h("p", {}, one))) for one in simple.moments(state)]


def test_three_moments_a_token() -> None:
    """A guess, what comes, the pushes; then the next token."""
    sentences = told(at())

    assert len(sentences) == 3 * N
    first = MADE.read[0]
    assert "What comes next?" in sentences[0]
    assert first.visible.strip("·") in sentences[1]
    assert "pushed up" in sentences[2]
    for moment in range(3 * N):
        now = beats.now(at(moment))
        assert now is not None
        assert (now.position, now.kind) == (moment // 3 + 1, moment % 3)


@pytest.mark.parametrize("depth", ["idea", "numbers"])
@pytest.mark.parametrize("position", [1, 2, N])
def test_arrows_go_from_p_to_y(depth: str, position: int) -> None:
    """Each arrow begins at the end of its bar, p, and ends at 1 for the token that comes, else 0.

    So its length is |p − y|, on the scale of the bars.
    """
    draw = simple.idea if depth == "idea" else simple.render
    html = draw(at(depth=depth, position=position))
    new = MADE.read[position - 1]
    shares = [(item.prob, item.id == new.id) for item in new.candidates]
    shares += [(others_of(new), False)] if depth == "numbers" else []
    arrows = re.findall(r'<g class="read-arrow( is-up)?"[^>]*>(.*?)</g>', html)
    assert len(arrows) == len(shares)
    for (up, inside), (prob, is_target) in zip(arrows, shares, strict=True):
        assert bool(up) == is_target
        line = re.search(r'x1="([\d.]+)%" x2="([\d.]+)%"', inside)
        if line is None:
            assert abs(prob - is_target) < 0.012
            continue
        start, end = (float(one) / 100 for one in line.groups())
        assert start - end == pytest.approx(prob - is_target, abs=1e-6)


def test_every_number_of_a_guess() -> None:
    """At the numbers: p, score, y and p − y of each kept token, and of all others together."""
    html = simple.render(at(depth="numbers", position=2))
    new = MADE.read[1]
    rows = re.findall(r'<tr class="read-row[^"]*">(.*?)</tr>', html)
    assert len(rows) == len(new.candidates) + 1
    for row, item in zip(rows, new.candidates, strict=False):
        cells = [text_of(one) for one in re.findall(r"<td[^>]*>(.*?)</td>", row)]
        assert number(cells[0]) == pytest.approx(item.prob, abs=6e-5)
        assert number(cells[2]) == pytest.approx(item.logit, abs=6e-3)
        assert cells[3] == str(int(item.id == new.id))
        assert number(cells[4]) == pytest.approx(gradient_of(item, new.id), abs=6e-5)
    assert f"{error_of(new.prob):#.4g}" in text_of(html)


def number(words: str) -> float:
    """A written number."""
    return float(words.replace("\u2212", "-").replace("+", ""))


def test_no_gradient_is_rounded_to_a_lie() -> None:
    """A share of almost 1 is not told as 1, one of almost 0 not as 0."""
    made = (NewToken(5, "a", "a", 1e-7, 3, MADE.read[0].candidates),)
    item = replace(MADE.read[0].candidates[0], id=5, prob=1e-7)
    other = replace(item, id=6, prob=0.99999)
    run = replace(run_of(MADE, MODEL.config), read=(replace(made[0], candidates=(other, item)),))
    html = text_of(simple.render(replace(at(depth="numbers", position=1), run=run)))
    assert "1.000e\u221207" in html
    assert "0.9999900" in html
    assert "+1.0000" not in html


def test_what_is_to_come_is_not_told() -> None:
    """Before the token comes neither it nor its chance is on the page."""
    state = at(0)
    now = beats.now(state)
    assert now is not None
    html = simple.idea(state)
    assert "is-hidden" in html
    assert "read-arrow" not in html
    titled = [one for one in of_class(html, "read-token") if one.get("title")]
    assert titled == []
    assert of_class(html, "is-target") == []


def test_a_token_can_be_chosen() -> None:
    """Each but the first is a button; a stop of the Tab key; the shown one is pressed."""
    html = simple.idea(at(position=3))
    buttons = [one for _, one in Reading(html).elements if one.get("data-action") == "lesson-at"]
    assert [one["data-position"] for one in buttons] == [str(one) for one in range(1, N + 1)]
    assert [one["aria-pressed"] for one in buttons].count("true") == 1
    assert all(one.get("tabindex") is None for one in buttons)
    assert {"lesson-at", "lesson-reader"} <= set(ACTIONS)


def test_from_token_to_token() -> None:
    """Next and back go to the whole of the neighbour, and stay inside the text."""
    assert beats.moment_beside(at(position=1), 1) == 3 * 1 + beats.PUSH
    assert beats.moment_beside(at(position=1), -1) == beats.PUSH
    assert beats.moment_beside(at(4), 1) == 3 * 2 + beats.PUSH
    assert beats.moment_beside(at(position=N), 1) == 3 * (N - 1) + beats.PUSH
    found = Reading(transport.render(at(position=2))).values("data-action")
    assert {"step-back", "play", "step-next"} <= set(found)


@pytest.mark.parametrize("depth", ["idea", "numbers", "code"])
def test_before_anything_is_read(depth: str) -> None:
    """A sentence says what will be seen, or why a single token shows nothing."""
    empty = page_state(route=Route("train", OWN), depth=depth)
    draw = simple.idea if depth == "idea" else simple.render
    assert "Choose a text" in text_of(draw(empty))
    one = empty.but(tokens=(TokenView(1, "a", "a"),))
    assert "One token alone" in text_of(draw(one))
    assert simple.moments(empty) == ()
    assert not simple.wants(one)
    assert simple.wants(at()).is_read


def test_hostile_tokens_stay_text() -> None:
    """What a text holds is never markup."""
    tokens = tuple(TokenView(at, HOSTILE, HOSTILE) for at in range(3))
    read = tuple(NewToken(at, HOSTILE, HOSTILE, 0.5, 0, MADE.read[0].candidates) for at in (1, 2))
    state = at(position=1)
    state = replace(state, run=replace(state.run, tokens=tokens, read=read))
    for draw in (simple.idea, simple.render):
        assert "<img" not in draw(state)
    assert "<img" not in pages.render(state)


def test_a_text_has_its_lines() -> None:
    """Where a token ends a line the next begins; code keeps the spaces that stand there."""
    tokens = tuple(
        TokenView(at, one, one.replace(" ", "·").replace("\n", "↵"))
        for at, one in enumerate(("def f", "():", "\n   ", " return"))
    )
    read = tuple(
        NewToken(t.id, t.text, t.visible, 0.5, 0, MADE.read[0].candidates) for t in tokens[1:]
    )
    state = at(position=1)
    html = simple.idea(replace(state, run=replace(state.run, tokens=tokens, read=read)))
    assert "is-code" in html
    assert re.search(r"↵</bdi>.*?</button><br>   <button", html)


def test_who_reads_and_what() -> None:
    """The documents, one's own text, three readers; where none is trained yet, the way there."""
    html = markup_of(at(), PANELS["reader"])
    assert "#/train/poem" in html
    assert "#/train/own" in html
    assert 'data-reader="untrained"' in html
    assert "#/train/run" in html
    assert 'aria-current="true"' in html
    assert "step 1 of 1" not in text_of(transport.render(at())).lower()


def test_the_page_is_whole() -> None:
    """Title, choices, picture and transport; no link to what is not built."""
    html = pages.render(at())
    assert "How a model learns" in html
    assert "#/train/step" not in html or "slow" in PANELS


@pytest.mark.parametrize("depth", ["idea", "numbers"])
def test_markup_is_as_it_was(depth: str) -> None:
    """The picture of each moment: change it on purpose (python -m tests.view.test_train_read)."""
    assert (GOLDEN / f"read_{depth}.html").read_text(encoding="utf-8") == whole(depth)


def whole(depth: str) -> str:
    """The picture at some moments of its film and at rest."""
    draw = simple.idea if depth == "idea" else simple.render
    drawn = [f"<!-- {moment} -->\n{draw(at(moment, depth=depth))}" for moment in MOMENTS]
    return "\n".join(drawn).replace("><", ">\n<") + "\n"


def write(depths: Sequence[str] = ("idea", "numbers")) -> None:
    """Write the snapshots anew."""
    for depth in depths:
        (GOLDEN / f"read_{depth}.html").write_text(whole(depth), encoding="utf-8")


if __name__ == "__main__":
    write()
