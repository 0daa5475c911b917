"""Where the reader looks: the layer, the head, the token, the word; which heads are off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seethrough.app.pairing import choose_second, switch_second
from seethrough.browser import school
from seethrough.core.heads import read_heads

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from seethrough.app.actions import Actions

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]


def handlers(actions: Actions) -> dict[str, Handler]:
    """What each action does."""
    return {
        "select-layer": lambda values: actions.select_layer(int(values["value"])),
        "layer-back": lambda _values: actions.turn_layer(-1),
        "layer-next": lambda _values: actions.turn_layer(1),
        "select-head": lambda values: actions.select_head(int(values["head"])),
        "select-mean": lambda _values: actions.show_mean(),
        "switch-special": lambda _values: actions.switch_special(),
        "select-place": lambda values: actions.select_place(
            int(values["layer"]), int(values["head"])
        ),
        "switch-second": lambda _values: switch_second(actions.store),
        "second-layer": lambda values: choose_second(actions.store, layer=int(values["value"])),
        "second-head": lambda values: choose_second(
            actions.store, head=int(values.get("head") or values["value"])
        ),
        "second-position": lambda values: choose_second(
            actions.store, position=int(values.get("position") or values["value"])
        ),
        "second-place": lambda values: choose_second(
            actions.store, layer=int(values["layer"]), head=int(values["head"])
        ),
        "move-together": lambda values: actions.move(together=int(values["value"])),
        "move-apart": lambda values: actions.move(apart=int(values["value"])),
        "head-back": lambda _values: actions.turn_head(-1),
        "head-next": lambda _values: actions.turn_head(1),
        "select-position": lambda values: actions.select_position(int(values["position"])),
        "select-neuron": lambda values: actions.select_neuron(int(values["neuron"])),
        "switch-heads": lambda values: actions.switch_heads(read_heads(values["heads"])),
        "search-heads": lambda _values: actions.searching.search(),
        "stop-search": lambda _values: actions.searching.stop(),
        "select-word": lambda values: actions.select_word(int(values["word"])),
        **school.handlers(actions),
    }
