"""Home's picture plays by itself, once a visit, as soon as no question stands before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.browser import ffi
from seethrough.view.guess import HOME, STATE, open_question
from seethrough.view.moments import moments_of

if TYPE_CHECKING:
    from seethrough.app.state import AppState, Store
    from seethrough.browser.player import Player

FIELDS = ("route", "tokens", "continuation", *STATE)


class Living:
    """Starts the film of home; who wants little motion starts it by hand."""

    def __init__(self, store: Store, player: Player) -> None:
        self._store = store
        self._player = player
        self._has_begun = False

    def follow(self) -> None:
        """Begin now, or when home is shown and its question is answered."""
        self._store.subscribe(FIELDS, self._look)
        self._look(self._store.state)

    def _look(self, state: AppState) -> None:
        is_home = state.route.view == HOME and state.chrome.stage.moment is None
        if self._has_begun or not is_home or open_question(state) or not moments_of(state):
            return
        self._has_begun = True
        if not ffi.is_calm():
            self._player.play()
