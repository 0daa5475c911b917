"""What a reader does in the decoding lab that needs the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from seethrough.app.actions import Actions

    Work = Coroutine[Any, Any, None]
    Handler = Callable[[Mapping[str, str]], Work | None]


def handlers(actions: Actions, begin: Callable[[Work], Work]) -> dict[str, Handler]:
    """What each action does.

    Args:
        begin: Does what computes, and lets the address follow.
    """
    beaming, ending, contrasting = actions.beaming, actions.ending, actions.contrasting
    return {
        "set-beams": lambda values: beaming.set(values["name"], values["value"]),
        "search-beams": lambda _values: begin(actions.during("generate", beaming.search())),
        "set-endings": lambda values: ending.set(values["name"], values["value"]),
        "draw-endings": lambda _values: begin(actions.during("generate", ending.draw())),
        "set-against": lambda values: contrasting.set(values["name"], values["value"]),
        "select-column": lambda values: actions.store.replace(column=int(values["column"])),
        "write-both": lambda _values: begin(actions.during("generate", contrasting.write())),
    }
