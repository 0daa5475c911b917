"""The prompt gallery: its page, and what stands beside a card; strangers' markup stays text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seethrough.app.recordings import run_of
from seethrough.app.state import AppState, RecordingCard
from seethrough.core.routes import Route
from seethrough.view import line, pages, transport
from seethrough.view.generate import card, simple
from seethrough.view.layout import ACTIONS, PANELS
from seethrough.view.node import to_html
from seethrough.view.tours import TOURS
from tests.fake_engine import CONFIG
from tests.sampled import sample
from tests.steps import page_state
from tests.view.sample import Reading, rounded

if TYPE_CHECKING:
    from seethrough.app.state import Tour

GOLDEN = Path(__file__).parents[1] / "golden" / "gallery.html"
HOSTILE = "<img src=x onerror=alert(1)>"
TEMPERATURES = (0.0, 1.0, 5.0)


def listed(**changes: object) -> RecordingCard:
    """A card as the list tells of it."""
    told = RecordingCard(
        "capital",
        "tiny",
        "The capital of France is",
        chat=False,
        n_tokens=5,
        size_bytes=40_000,
        temperatures=TEMPERATURES,
        first=(("·Paris", 0.77), (".", 0.5), ("↵", 0.25)),
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def gallery(*cards: RecordingCard) -> AppState:
    """The page with some cards."""
    return page_state(route=Route("gallery"), gallery=cards)


def shown(temperature: float = 0.0) -> AppState:
    """The room with a card at a temperature."""
    made = sample().at(temperature)
    route = Route("generate", "capital", "simple")
    return page_state(route=route, gallery=(listed(),), run=run_of(made, CONFIG), depth="idea")


def test_each_card_leads_to_its_recording() -> None:
    """Its temperature is in the address; its words, prompt and first tokens are on it."""
    state = gallery(listed(), listed(id="nonsense", opens_at=5.0))
    page = Reading(pages.render(state))
    links = [one["href"] for tag, one in page.elements if one.get("class") == "card"]

    assert links == [
        "#/generate/capital/simple?temperature=0.0",
        "#/generate/nonsense/simple?temperature=5.0",
    ]
    texts = "".join(page.texts)
    assert "The capital of France is" in texts
    assert "The first new token is Paris" in texts
    tints = [one["class"] for _, one in page.elements if "gallery-new" in (one.get("class") or "")]
    assert tints[:3] == [
        "gallery-new is-chance-8",
        "gallery-new is-chance-5",
        "gallery-new is-chance-2",
    ]


def test_a_build_without_cards_says_so() -> None:
    """No link leads there, and the page is no empty list."""
    assert "no cards" in "".join(Reading(pages.render(gallery())).texts)
    home = pages.render(page_state(route=Route()))
    assert "#/gallery" not in home
    assert "#/gallery" in pages.render(page_state(route=Route(), gallery=(listed(),)))


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_beside_a_card(temperature: float) -> None:
    """What to look for and why; the shown temperature is marked, the others are links."""
    page = Reading(simple.idea(shown(temperature)))
    links = [one for _, one in page.elements if "simple?temperature" in (one.get("href") or "")]

    assert [one["href"] for one in links] == [
        f"#/generate/capital/simple?temperature={one}" for one in TEMPERATURES
    ]
    assert [one.get("aria-current") for one in links] == [
        "true" if one == temperature else None for one in TEMPERATURES
    ]
    texts = "".join(page.texts)
    for words in ("What to look for", "Why it happens", "The first new token is Paris"):
        assert words in texts
    assert "write-live" in page.values("data-action")


def test_no_notes_beside_another_text() -> None:
    """A run of one's own, or a walk that is no card, has none."""
    assert card.notes(page_state()) is None
    made = replace(sample().at(0.0), id="another")
    assert card.notes(page_state(run=run_of(made, CONFIG))) is None


def test_a_card_offers_its_text_alone() -> None:
    """The whole model is no link on the line and no next step."""
    state = shown()
    stops = [one for tag, one in Reading(line.render(state)).elements if tag == "a"]

    links = [one.get("href") for one in stops]
    assert links == ["#/generate/capital/simple", None, "#/generate/capital/tree"]
    assert stops[1]["aria-disabled"] == "true"
    assert transport.offered_beside(state, 1) is None


def test_hostile_cards_stay_text() -> None:
    """A prompt and tokens that look like markup make no element."""
    page = pages.render(gallery(listed(prompt=HOSTILE, first=((HOSTILE, 0.5),))))

    assert "<img" not in page


def test_actions_are_known() -> None:
    """Each button of the room does something."""
    assert set(Reading(pages.render(shown(5.0))).values("data-action")) <= set(ACTIONS)


def snapshot() -> str:
    """The notes beside a card and the page of cards, an element a line."""
    notes = card.notes(shown(1.0))
    drawn = pages.render(gallery(listed())) + (to_html(notes) if notes is not None else "")
    return rounded(drawn).replace("><", ">\n<") + "\n"


def test_markup_is_as_it_was() -> None:
    """Markup changes on purpose only: `python -m tests.view.test_gallery` writes it anew."""
    assert snapshot() == GOLDEN.read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.write_text(snapshot(), encoding="utf-8")


@pytest.mark.parametrize("tour", TOURS, ids=lambda tour: tour.view)
def test_no_panel_fails_over_a_card(tour: Tour) -> None:
    """A card comes a moment before the page turns to it: whatever is shown then draws it."""
    run = run_of(sample().at(0.0), CONFIG)
    for name in tour.names or ("",):
        state = page_state(run=run, route=Route(tour.view, "capital", name))
        for panel in PANELS.values():
            panel.render(state)
