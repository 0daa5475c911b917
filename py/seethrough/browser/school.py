"""What a reader does in the room of training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seethrough.browser import ffi, slowing
from seethrough.core.routes import address_of_place

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from seethrough.app.actions import Actions

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]


def handlers(actions: Actions) -> dict[str, Handler]:
    """What each action does."""
    return {
        **slowing.handlers(actions),
        "lesson-set": lambda values: actions.training.set(values["name"], values["value"]),
        "lesson-preset": lambda values: actions.training.use(values["name"]),
        "lesson-go": lambda values: actions.training.go(int(values["steps"])),
        "lesson-pause": lambda _values: actions.training.pause(),
        "lesson-again": lambda _values: actions.training.again(),
        "lesson-open": lambda _values: _open(actions),
    }


async def _open(actions: Actions) -> None:
    """Turn to the room of generation with the model that was trained."""
    place = await actions.training.open_model()
    if place is not None:
        ffi.go_to_address(address_of_place(place))
