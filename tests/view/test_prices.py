"""Keys and tokens that would fetch a model tell what it costs; pressed again they do it."""

from __future__ import annotations

import pytest

from seethrough.app.site import EngineStatus
from seethrough.app.state import AppState, Store
from seethrough.browser.prices import Prices
from seethrough.view import message
from tests.steps import page_state
from tests.view.sample import CARDS
from tests.view.walk_sample import walk_state

ID = CARDS[0].id
PRICE = "99.9 MB"


def here(**changes: object) -> AppState:
    """A text is shown, its model is not on the device."""
    site = {"models": CARDS, "engine": EngineStatus("idle"), "model": ID}
    return walk_state().but(**site).but(**changes)


class Keyboard:
    """What keys and tokens begin."""

    def __init__(self, state: AppState) -> None:
        self.store = Store(state)
        self.begun: list[str] = []
        self._prices = Prices(self.store)
        self._press = self._prices.before(lambda name, _values: self.begun.append(name))

    def press(self, name: str) -> None:
        """Press the key of an action, or a token."""
        if name in {"next", "generate"}:
            self._press(name, {})
        elif self._prices.lets_token(name):
            self.begun.append(name)

    @property
    def said(self) -> str:
        """What the page says."""
        return message.render(self.store.state)


@pytest.mark.parametrize("name", ["next", "generate", "append-token", "fork", "go-to"])
def test_the_price_comes_first(name: str) -> None:
    """The first press tells the size that the button tells and fetches nothing; the next does."""
    keyboard = Keyboard(here())
    keyboard.press(name)

    assert keyboard.begun == []
    assert PRICE in keyboard.said
    keyboard.press(name)
    assert keyboard.begun == [name]


@pytest.mark.parametrize("name", ["next", "generate", "append-token", "fork", "go-to"])
@pytest.mark.parametrize(
    "changes",
    [
        {"engine": EngineStatus("ready", model=ID)},
        {"engine": EngineStatus("download", model=ID)},
        {"stored": frozenset({ID})},
        {"is_recordings_only": True},
    ],
)
def test_what_costs_nothing_begins_at_once(name: str, changes: dict[str, object]) -> None:
    """A model that is open, stored or on its way, or may not be fetched at all, is no question."""
    keyboard = Keyboard(here(**changes))
    keyboard.press(name)

    assert keyboard.begun == [name]
    assert keyboard.said == ""


def test_other_keys_are_never_asked() -> None:
    """What only shows something goes on, and one more token of no text costs nothing."""
    keyboard = Keyboard(page_state(models=CARDS, engine=EngineStatus("idle")))
    keyboard.press("next")
    keyboard.press("step-next")

    assert keyboard.begun == ["next", "step-next"]
