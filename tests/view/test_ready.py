"""The page that asks: one price wherever it is told, and what it says where it may not ask."""

from __future__ import annotations

from dataclasses import replace

from seethrough.app.site import Device, EngineStatus, Offline, Preparing
from seethrough.app.state import AppState, Message, RecordingCard
from seethrough.core.routes import Route
from seethrough.view import home, message, price, ready, source, status
from tests.steps import page_state
from tests.view.sample import CARDS

ID = CARDS[0].id
PRICE = "99.9 MB"


def first_visit(**changes: object) -> AppState:
    """A first visit, all recorded walks here."""
    walk = RecordingCard("walk", ID, "the", chat=False, n_tokens=1, size_bytes=1)
    state = page_state(models=CARDS, recordings=(walk,), engine=EngineStatus("idle"), model=ID)
    return state.but(offline=Offline(walks_bytes=0)).but(**changes)


def test_one_price_everywhere() -> None:
    """Home, the page that asks, the menu, the form and "Run it live" name the same bytes."""
    state = first_visit(source="recorded")

    for told in (
        home.price(state),
        ready.render(state),
        status.render(state),
        price.of_run(state),
        source.render(state),
    ):
        assert PRICE in told


def test_memory_is_told_before_it_is_taken() -> None:
    """Beside Run, in the menu and on the page that asks stands how much memory a run takes."""
    card = replace(CARDS[0], mode_bytes={"exact": 1_600_000_000, "small": 840_000_000})
    state = first_visit(models=(card,))
    small = state.but(device=Device(mode="small"))

    for told in (ready.render, price.of_run, status.render):
        assert "600 MB" in told(state)
        assert "840 MB" in told(small)


def test_recordings_only_offers_no_download() -> None:
    """With that wish no button or link fetches anything; each place has the way out of it."""
    state = first_visit(is_recordings_only=True)

    for told in (home.price(state), status.render(state), price.of_run(state)):
        assert PRICE not in told
        assert 'data-action="download"' not in told
        assert 'data-action="allow-live"' in told


def test_a_device_that_may_not() -> None:
    """Without a store, or with too little memory, the link says why and has no button."""
    card = replace(CARDS[0], mode_bytes={"small": 840_000_000})
    for told in (
        ready.render(first_visit(device=Device(has_store=False))),
        ready.render(first_visit(offline=Offline(is_served=False))),
        ready.render(first_visit(models=(card,), device=Device(memory_bytes=2**29))),
    ):
        assert 'data-action="prepare"' not in told
        assert 'role="status"' in told


def test_how_far_it_is_and_what_went_wrong() -> None:
    """While it goes there are bytes and a stop; a failure is an alert and a way to go on."""
    going = ready.render(first_visit(preparing=Preparing("going", 50_000_000, 99_900_000)))
    error = Message("ready.full", {"needed": 30, "free": 2})
    failed = ready.render(first_visit(preparing=Preparing("failed", error=error)))

    assert "50.0 MB of 99.9 MB" in going
    assert 'data-action="stop-preparing"' in going
    assert 'role="alert"' in failed
    assert "30 MB" in failed
    assert 'data-action="prepare"' in failed


def test_a_ready_device_asks_for_nothing() -> None:
    """Once all is here no place names a price, and home says what works."""
    state = first_visit(stored=frozenset({ID}), route=Route("ready"))

    assert PRICE not in ready.render(state) + home.price(state)
    assert "your own text too" in home.price(state)
    assert 'data-action="prepare"' not in ready.render(state)


def test_a_link_for_a_class() -> None:
    """The page has a link that turns recordings only on; who opened it can undo it at once."""
    link = '#/?only=recordings"'
    asked = first_visit(is_recordings_only=True, notice=Message("ready.by_link"))

    assert ready.render(first_visit()).count(link) == 2
    assert 'data-action="allow-live"' in message.render(asked)
    assert "allow-live" not in message.render(asked.but(is_recordings_only=False))
