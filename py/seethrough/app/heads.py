"""Heads worth a look in a live run, and what the model says without some: asked of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.unembedding import read_rows
from seethrough.core import heads, hooks
from seethrough.core.families import family_of
from seethrough.core.heads import BY_SCORE, Marked, head_scale
from seethrough.core.hooks import hook_name
from seethrough.core.parts import LENS
from seethrough.core.tokens import candidates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.app.run import Run
    from seethrough.app.service import Service
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.heads import Heads
    from seethrough.core.tokens import Candidate

N_WITHOUT = 5
# The patterns of all layers are looked at up to so many tokens (11 MB of SmolLM2); of a longer
# text those of the layers whose heads add most.
ALL_PATTERNS = 100
N_BEST = 8


async def mark_heads(service: Service, run: Run) -> Marked | None:
    """The heads that look back and add most to the answer; None where there is no answer.

    Raises:
        SeethroughError: As `Service.capture_ids`, `Service.weight`.
    """
    config = run.config
    if config is None or not run.top or run.last_kept < len(run.ids) - 1:
        return None
    added = await _added(service, run, config)
    is_short = len(run.ids) <= ALL_PATTERNS
    layers = range(config.n_layers) if is_short else heads.most_back(added, N_BEST)
    rows = await _last_rows(service, run, tuple(layers))
    best = heads.by_score(added, rows)
    resting = heads.resting_share(np.stack(list(rows.values()))) if is_short else None
    return Marked(best, best, BY_SCORE, resting)


async def _added(service: Service, run: Run, config: ModelConfig) -> Array:
    """What each head adds to the answer's score. Shapes: → [n_layers, head]."""
    after = (hooks.LN1_POST_SCALE,) if family_of(config).has_norms_after else ()
    leaves = [hook_name(leaf, at) for at in range(config.n_layers) for leaf in (hooks.Z, *after)]
    last = ((config.n_layers, len(run.ids) - 1),)
    names = (*leaves, hooks.FINAL_SCALE)
    captured = await service.capture_ids(run.ids, names, run.knobs or None, unembed=last)
    answer = await read_rows(service, run, (run.top[0].id,))
    if answer is None:
        return np.zeros((config.n_layers, config.n_heads))
    final = float(captured[hooks.FINAL_SCALE][-1, 0])
    read = heads.reader_of(config, answer[0], await service.weight("ln_final.w"), final)
    rows = [await _added_in(service, config, captured, at, read) for at in range(config.n_layers)]
    return np.stack(rows)


async def _added_in(
    service: Service, config: ModelConfig, captured: Mapping[str, Array], layer: int, read: Array
) -> Array:
    """The same of one layer's heads. Shapes: → [head]."""
    if family_of(config).has_norms_after:
        divisor = float(captured[hook_name(hooks.LN1_POST_SCALE, layer)][-1, 0])
        weight = await service.weight(hook_name("ln1_post.w", layer))
        read = heads.reader_of(config, read, weight, divisor)
    w_o = await service.weight(hook_name("attn.W_O", layer))
    return heads.contributions(captured[hook_name(hooks.Z, layer)][-1], w_o, read)


async def _last_rows(service: Service, run: Run, layers: tuple[int, ...]) -> dict[int, Array]:
    """Where the heads of some layers look from the last token: [head, key_pos]."""
    names = {layer: hook_name(hooks.PATTERN, layer) for layer in layers}
    captured = await service.capture_ids(run.ids, tuple(names.values()), run.knobs or None)
    return {layer: captured[name][:, -1] for layer, name in names.items()}


async def without_heads(service: Service, run: Run, off: Heads) -> tuple[Candidate, ...]:
    """The best next tokens with some heads switched off.

    Raises:
        SeethroughError: As `Service.capture_ids`.
    """
    config, model = run.config, service.model
    if config is None or model is None:
        return ()
    last = ((config.n_layers, len(run.ids) - 1),)
    knobs = {**run.knobs, "head_scale": head_scale(config, off)}
    cache = await service.capture_ids(
        run.ids, LENS, knobs, unembed=last, top_k=min(N_WITHOUT, config.d_vocab)
    )
    return candidates(model.tokenizer, cache)
