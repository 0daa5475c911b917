"""What the inside of a block shows of a live run: every hook of the chosen layer, in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.actions import PICTURE_TOKENS
from seethrough.app.filling import Filling
from seethrough.app.layer_details import KEPT_WHOLE, place
from seethrough.core.captured import BY_HEAD
from seethrough.core.hooks import block_leaves, hook_name, leaf_of

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.tokens import TokenView

    Asked = tuple[tuple[TokenView, ...], int, int]


class BlockDetails(Filling):
    """Fills `captured` with the chosen layer's hooks where the page shows them."""

    def _asked(self, state: AppState) -> Asked:
        return asked(state)

    def _is_wanting(self, state: AppState) -> bool:
        """Whether a block is shown whose token is kept, and lacks something."""
        if state.route.view != "block":
            return False
        is_kept = 0 <= state.picture.position < min(len(state.tokens), PICTURE_TOKENS)
        return is_kept and bool(missing(state))

    async def _fetch(self, state: AppState) -> None:
        """One run with what is missing; the text or the model may be another one meanwhile."""
        ids = tuple(token.id for token in state.tokens)[:PICTURE_TOKENS]
        names, position = missing(state), place(state)
        cache = await self._service.capture_ids(ids, names)
        now = self._store.state
        if now.tokens is not state.tokens or now.model != state.model:
            return
        arrays, held = dict(cache.items()), {}
        if len(ids) > KEPT_WHOLE:
            rows = [name for name in names if leaf_of(name) not in BY_HEAD]
            arrays |= {name: arrays[name][position : position + 1].copy() for name in rows}
            held = dict.fromkeys(rows, (position,))
        self._store.replace(captured=now.captured.with_more(arrays, held))


def asked(state: AppState) -> Asked:
    """What a page of a block is about."""
    return state.tokens, state.picture.layer, state.picture.position


def missing(state: AppState) -> tuple[str, ...]:
    """The chosen layer's hooks that are not known at the chosen position."""
    if state.config is None or not state.tokens:
        return ()
    names = (hook_name(leaf, state.picture.layer) for leaf in block_leaves(state.config))
    captured, position = state.captured, place(state)
    return tuple(
        name
        for name in names
        if (
            name not in captured.arrays
            if leaf_of(name) in BY_HEAD
            else captured.row(name, position) is None
        )
    )
