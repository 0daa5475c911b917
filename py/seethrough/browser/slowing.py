"""What a reader does in the slow motion of a training step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from seethrough.app.actions import Actions

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]


def handlers(actions: Actions) -> dict[str, Handler]:
    """What each action does; nothing of it is imported before one is done."""
    return {
        "slow-train": lambda _values: actions.slowing.train(),
        "slow-document": lambda values: actions.slowing.choose_document(int(values["document"])),
        "slow-place": lambda values: actions.slowing.choose_place(int(values["position"])),
        "slow-part": lambda values: actions.slowing.choose_part(
            int(values["layer"]), values["part"]
        ),
        "slow-weight": lambda values: actions.slowing.choose_weight(values["value"]),
        "slow-cell": lambda values: actions.slowing.choose_cell(index_of(values["index"])),
    }


def index_of(written: str) -> tuple[int, ...]:
    """A place as a button carries it: "3,14"; empty: none."""
    return tuple(int(part) for part in written.split(",") if part)
