"""What a reader does while a model reads: from token to token, another reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.browser import ffi
from seethrough.core.routes import TRAIN, address_of_place
from seethrough.view.train import beats

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from seethrough.app.actions import Actions
    from seethrough.browser.player import Player

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]


class Reading:
    """Handlers of the simple view of training.

    Args:
        player: Its film is steered token by token.
    """

    def __init__(self, actions: Actions, player: Player) -> None:
        self._actions = actions
        self._player = player

    def handlers(self) -> dict[str, Handler]:
        """Action -> what it does."""
        return {
            "lesson-at": lambda values: self._look_at(int(values["position"])),
            "lesson-reader": lambda values: self._read_with(values["reader"]),
        }

    def turn(self, distance: int) -> bool:
        """The token before (−1) or after (+1), where a text is read.

        Returns: Whether this is such a place.
        """
        state = self._actions.state
        is_here = state.route.view == TRAIN
        if is_here and state.run.read:
            self._player.seek(beats.moment_beside(state, distance))
        return is_here

    def _look_at(self, position: int) -> None:
        """A token of the text, seen whole."""
        self._player.end()
        self._actions.select_position(position)

    async def _read_with(self, reader: str) -> None:
        """Turn to the text as another reader reads it; its code comes when it is asked for."""
        from seethrough.app.pupils import place_of

        self._player.end()
        place = await place_of(self._actions, reader)
        if place is not None:
            ffi.go_to_address(address_of_place(place))
