"""What step 4 shows of one token beyond the run itself: every layer's writes, and the lens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.actions import PICTURE_TOKENS
from seethrough.app.filling import Filling
from seethrough.app.service import TOP_OUTPUTS
from seethrough.app.state import Lens
from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.core.tokens import candidates

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.cache import ActivationCache
    from seethrough.core.config import ModelConfig
    from seethrough.core.tokens import TokenView

    Asked = tuple[tuple[TokenView, ...], int]

WRITES = (hooks.ATTN_OUT, hooks.RESID_MID, hooks.MLP_OUT)
# Of each layer's answer the best token alone is shown.
LENS_TOP = 1
# Longer inputs keep the chosen token's rows alone: 256 tokens of SmolLM2 would be 53 MB.
KEPT_WHOLE = 128


class LayerDetails(Filling):
    """Fills `captured` and `lens` of a live run at the chosen position, in one pass each."""

    def _asked(self, state: AppState) -> Asked:
        return state.tokens, place(state)

    def _is_wanting(self, state: AppState) -> bool:
        """Whether the step is shown, and lacks something."""
        is_here = state.route.view == "walk" and state.route.step == "layers"
        if not is_here or state.config is None:
            return False
        if place(state) >= PICTURE_TOKENS:  # one run over thousands of positions is too large
            return False
        return bool(missing(state, state.config)) or lacks_lens(state)

    async def _fetch(self, state: AppState) -> None:
        """One pass with what is missing; the text or the model may be another one meanwhile."""
        config, position = state.config, place(state)
        if config is None:
            return
        ids = tuple(token.id for token in state.tokens)
        names = missing(state, config)
        is_whole = len(ids) <= KEPT_WHOLE
        cache = await self._service.capture_ids(
            ids if is_whole else ids[: position + 1],
            (*names, *TOP_OUTPUTS),
            unembed=tuple((layer, position) for layer in range(config.n_layers + 1)),
            top_k=LENS_TOP,
        )
        now = self._store.state
        if now.tokens is not state.tokens or now.model != state.model:
            return
        arrays = {name: cache[name] for name in names}
        if not is_whole:
            arrays = {name: array[position:].copy() for name, array in arrays.items()}
        held = {} if is_whole else dict.fromkeys(names, (position,))
        self._store.replace(
            captured=now.captured.with_more(arrays, held), lens=self._lens(cache, position)
        )

    def _lens(self, cache: ActivationCache, position: int) -> Lens | None:
        """The best next tokens of each layer's state."""
        model = self._service.model
        if model is None:
            return None
        outputs = {name: cache[name] for name in TOP_OUTPUTS}
        rows = range(len(outputs[hooks.LOGSUMEXP]))
        tops = tuple(
            candidates(
                model.tokenizer, {name: array[at : at + 1] for name, array in outputs.items()}
            )
            for at in rows
        )
        return Lens(position, tops)


def place(state: AppState) -> int:
    """The chosen position, inside the text."""
    return min(max(state.picture.position, 0), len(state.tokens) - 1)


def missing(state: AppState, config: ModelConfig) -> tuple[str, ...]:
    """The writes that are not known at the chosen position."""
    position = place(state)
    return tuple(name for name in writes_of(config) if state.captured.row(name, position) is None)


def lacks_lens(state: AppState) -> bool:
    """Whether the lens is not of the chosen position."""
    return state.lens is None or state.lens.position != place(state)


def writes_of(config: ModelConfig) -> tuple[str, ...]:
    """The hooks between two residual states: attention's write, the middle, the MLP's write."""
    return tuple(hook_name(leaf, layer) for layer in range(config.n_layers) for leaf in WRITES)
