"""What the shown step needs beyond the run itself, fetched when the reader comes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.parts import Parts
from seethrough.app.service import TOP_OUTPUTS
from seethrough.app.state import Lens
from seethrough.app.unembedding import Unembedding
from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.core.tokens import candidates

if TYPE_CHECKING:
    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig

WRITES = (hooks.ATTN_OUT, hooks.RESID_MID, hooks.MLP_OUT)
LENS_TOP = 5
# Longer inputs keep the chosen token's rows alone: 256 tokens of SmolLM2 would be 53 MB.
KEPT_WHOLE = 128


class Details:
    """Fills `captured` and `lens` of a live run with what the walk's present step shows."""

    def __init__(self, service: Service, parts: Parts | None = None) -> None:
        self.service = service
        self.store = service.store
        self.parts = parts or Parts(service)
        self.unembedding = Unembedding(service)

    async def fill(self) -> None:
        """Fetch what is missing, if anything is; nothing where the numbers are not live."""
        await self.parts.fill()
        await self.unembedding.fill()
        state = self.store.state
        if state.source != "live" or not state.tokens or state.config is None:
            return
        if not self.service.is_loaded(state.model):
            return
        if state.route.view == "walk" and state.route.step == "layers":
            await self._fill_layers(state, state.config)

    async def _fill_layers(self, state: AppState, config: ModelConfig) -> None:
        """What attention and MLP of each layer wrote, and the lens, of the chosen position."""
        position, ids = state.picture.position, tuple(token.id for token in state.tokens)
        names = writes_of(config)
        if state.captured.row(names[-1], position) is None:
            cache = await self.service.capture_ids(ids[: position + 1], names)
            whole = len(ids) <= KEPT_WHOLE and position == len(ids) - 1
            arrays: dict[str, Array] = dict(cache)
            positions: dict[str, tuple[int, ...]] = {}
            if not whole:
                arrays = {name: array[position:].copy() for name, array in cache.items()}
                positions = dict.fromkeys(names, (position,))
            now = self.store.state
            if now.tokens is not state.tokens:
                return
            self.store.replace(captured=now.captured.with_more(arrays, positions))
        lens = self.store.state.lens
        if lens is None or lens.position != position:
            await self._fill_lens(state, config, ids[: position + 1])

    async def _fill_lens(self, state: AppState, config: ModelConfig, ids: tuple[int, ...]) -> None:
        """The best next tokens of each layer's residual state at the last of the ids."""
        states = tuple((layer, len(ids) - 1) for layer in range(config.n_layers + 1))
        arrays = await self.service.capture_ids(ids, TOP_OUTPUTS, unembed=states, top_k=LENS_TOP)
        model, now = self.service.model, self.store.state
        if model is None or now.tokens is not state.tokens:
            return
        tops = tuple(
            candidates(
                model.tokenizer, {name: array[at : at + 1] for name, array in arrays.items()}
            )
            for at in range(len(states))
        )
        self.store.replace(lens=Lens(len(ids) - 1, tops))


def writes_of(config: ModelConfig) -> tuple[str, ...]:
    """The hooks between two residual states: attention's write, the middle, the MLP's write."""
    return tuple(hook_name(leaf, layer) for layer in range(config.n_layers) for leaf in WRITES)
