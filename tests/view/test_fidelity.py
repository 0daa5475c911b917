"""The page of the fidelity report: its sentences, tables, picture, links."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seethrough.app.library import card_of
from seethrough.app.state import AppState, Message, Proof
from seethrough.core.routes import FIDELITY, OWN, Route, parse
from seethrough.view import fidelity, pages
from seethrough.view.fidelity_picture import scale_of
from seethrough.view.fidelity_tables import per_cent, power
from seethrough.view.layout import ACTIONS
from seethrough.view.node import to_html
from tests.fake_engine import tiny_model
from tests.fidelities import MESSAGE, PASSAGE, report_of
from tests.steps import page_state
from tests.view.sample import Reading

if TYPE_CHECKING:
    from seethrough.core.fidelity import Fidelity

MANIFEST = tiny_model().manifest
CARD = card_of(MANIFEST)
WORDS = re.compile(r"<[^>]*>")


def showing(report: Fidelity | None, stage: str = "ready", **changes: object) -> AppState:
    """The page of a report."""
    proof = Proof(MANIFEST.id, stage, report)
    told = {"models": (CARD,), "proof": proof, "route": Route(FIDELITY), "unfolded": frozenset()}
    return page_state(**{**told, **changes})


def words(html: str) -> str:
    """What a reader reads."""
    return WORDS.sub("", html)


def test_sentences_come_first() -> None:
    """How many first choices are the same, in each mode, and what the source is."""
    told = words(fidelity.render(showing(report_of(MANIFEST))))

    assert "Of 40 next tokens, all 40 have the same first choice." in told
    assert "Of 40 next tokens, 39 have the same first choice." in told
    assert "A token’s share moves by 0.0003 % at most." in told
    assert "as it was published" in told
    assert "each is kept to the last bit" in told
    assert "no further from the source" in told


def test_rounded_weights_are_told() -> None:
    """How many tables, the worst by name, and how much further off than float32 that is."""
    html = fidelity.render(showing(report_of(MANIFEST, is_rounded=True), unfolded=None))

    assert "are rounded here" in words(html)
    assert "blocks.0.attn.W_Q" in html
    assert "is 25\u202f000\u202f000 times" in words(html)
    assert 'id="fidelity-tensors"' in html


def test_the_worst_passages_are_links() -> None:
    """Each opens its own text with the model, live, at its token."""
    html = fidelity.render(showing(report_of(MANIFEST)))
    links = [link for link in Reading(html).values("href") if link.startswith("#/walk/own")]
    places = [parse(link, tours={"walk": ("softmax",)}) for link in links]

    assert len(places) == 4
    assert {place.prompt for place in places} == {PASSAGE.text, MESSAGE.text}
    assert {(place.chat, place.position) for place in places} == {(False, 2), (True, 1)}
    assert {place.model for place in places} == {MANIFEST.id}
    assert all(place.route.subject == OWN and not place.ignored for place in places)


def test_every_number_is_in_a_cell() -> None:
    """A cell shows three digits, and its title is the number for programs."""
    html = fidelity.render(showing(report_of(MANIFEST), unfolded=None))

    assert 'title="5e-06"' in html
    assert html.count("<table") == 7


def test_tables_are_written_when_opened() -> None:
    """The layers' tables are folded; the reader's fold alone is written."""
    closed = fidelity.render(showing(report_of(MANIFEST)))
    opened = fidelity.render(showing(report_of(MANIFEST), unfolded=frozenset({"fidelity-exact"})))

    assert opened.count("<table") == closed.count("<table") + 1


@pytest.mark.parametrize("stage", ["", "loading", "none", "failed"])
def test_without_a_report_the_page_says_why(stage: str) -> None:
    """A sentence, the heading, and what can be done."""
    proof = Proof(MANIFEST.id, stage, error=Message("fidelity.unreadable", {"reason": "x"}))
    html = pages.render(showing(None, proof=proof))

    assert "<h1" in html
    assert ("export.stages.fidelity" in html) == (stage == "none")
    assert ("prove-again" in html) == (stage == "failed")
    assert set(Reading(html).values("data-action")) <= set(ACTIONS)


def test_models_are_ways_where_there_are_two() -> None:
    """One model needs no choice; of two the shown one is marked."""
    other = replace(CARD, id="other", title="<Other>")
    assert "<nav" not in fidelity.render(showing(report_of(MANIFEST)))
    html = fidelity.render(showing(report_of(MANIFEST), models=(CARD, other)))

    assert "#/fidelity/other" in html
    assert "&lt;Other&gt;" in html
    assert html.count('aria-current="page"') == 1


def test_a_model_of_one_mode() -> None:
    """Without blocks there is one mode, and the picture has one mark a row."""
    report = report_of(MANIFEST)
    one = replace(report, measures=(report.measures[0], report.measures[2]))
    html = fidelity.render(showing(one))

    assert html.count('class="fidelity-card"') == 1
    assert html.count("<circle") == 2


def test_numbers_as_powers() -> None:
    """Three digits, the exponent high; zero and plain numbers have none."""
    state = page_state()

    assert words(to_html(*power(state, 1.2345e-11))) == "1.23\u202f·\u202f10−11"
    assert power(state, 0.0) == ["0"]
    assert words(to_html(*power(state, 0.0412))) == "0.0412"
    assert per_cent(state, 7.95e-6) == "0.000795 %"


def test_the_scale_holds_every_error() -> None:
    """From the power below the smallest to the power above the largest."""
    scale = scale_of(report_of(MANIFEST).measures)

    assert scale.place(10.0**scale.first) == 0
    assert scale.place(10.0**scale.last) == 100
    assert scale.first == -6
    assert scale.last == -4
