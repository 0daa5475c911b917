"""What runs the model and has no price at its control is asked for twice: the price comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import GENERATE, LOADING, Message, first_model, model_state, price_bytes
from seethrough.core.routes import TRAIN
from seethrough.view.generate import beats
from seethrough.view.numbers import megabytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.app.state import AppState, Store

    Act = Callable[[str, Mapping[str, str]], None]

# Keys whose buttons tell their price themselves; tokens that can be chosen have no room for one.
OF_KEYS = frozenset({"next", "generate"})
OF_TOKENS = frozenset({"append-token", "fork", "go-to"})


class Prices:
    """Tells what an action would fetch; the same action again begins it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def before(self, act: Act) -> Act:
        """The same for keys: what costs begins when its price was told."""

        def pressed(name: str, values: Mapping[str, str]) -> None:
            if name not in OF_KEYS or self._is_told(name):
                act(name, values)

        return pressed

    def lets_token(self, name: str) -> bool:
        """Whether an action may begin: a chosen token when its price was told, all others."""
        return name not in OF_TOKENS or self._is_told(name)

    def _is_told(self, name: str) -> bool:
        """Whether there is no price, or its notice stands there; else it does now."""
        state = self._store.state
        is_free = name == "next" and (not state.run.tokens or is_in_film(state))
        size_bytes = 0 if is_free else cost_of(state)
        if not size_bytes:
            return True
        key = "price.token" if name in OF_TOKENS else "price.key"
        told = Message(key, {"size": megabytes(state, size_bytes)})
        if state.chrome.notice == told:
            return True
        self._store.replace(notice=told)
        return False


def is_in_film(state: AppState) -> bool:
    """Whether the next token is there already: in the film of a growing text, or of one read."""
    after = beats.token_after(state.moment, len(state.run.steps))
    is_written = state.route.view == GENERATE and after is not None
    return is_written or (state.route.view == TRAIN and bool(state.run.read))


def cost_of(state: AppState) -> int:
    """What a run fetches first, of the shown model or else the default one; 0: nothing."""
    card = first_model(state.site)
    model = state.run.model or (card.id if card else "")
    if state.site.is_recordings_only or model_state(state.site, model) == LOADING:
        return 0
    return price_bytes(state.site, model)
