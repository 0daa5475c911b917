"""Marks heads worth a look in a recorded prompt, and asks the model without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import heads, hooks
from seethrough.core.families import family_of
from seethrough.core.heads import BY_HAND, BY_SCORE, Marked, every_choice, head_scale
from seethrough.core.hooks import hook_name
from seethrough.core.insides import UNEMBEDDING
from seethrough.core.parts import LENS
from seethrough.core.tokens import candidates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from export.native import NativeModel
    from export.prompts import Curated
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.heads import Heads, Without
    from seethrough.core.tokenizer import Tokenizer

N_WITHOUT = 5


def captured_for_heads(config: ModelConfig) -> tuple[str, ...]:
    """The hooks that a walk captures to mark heads, beside the patterns and the final norm's."""
    after = (hooks.LN1_POST_SCALE,) if family_of(config).has_norms_after else ()
    leaves = (hooks.Z, *after)
    return tuple(hook_name(leaf, layer) for layer in range(config.n_layers) for leaf in leaves)


def marked_of(prompt: Curated, model: NativeModel, captured: Mapping[str, Array]) -> Marked:
    """The prompt's own heads where they are this model's, else those that add most."""
    rows = last_rows(captured, model.manifest.config)
    resting = heads.resting_share(np.stack(list(rows.values())))
    if prompt.heads and prompt.heads_of == model.manifest.id:
        return Marked(prompt.heads, prompt.together, BY_HAND, resting)
    best = heads.by_score(added_of(model, captured), rows)
    return Marked(best, best, BY_SCORE, resting)


def last_rows(captured: Mapping[str, Array], config: ModelConfig) -> dict[int, Array]:
    """Where each layer's heads look from the last token: [head, key_pos]."""
    names = {layer: hook_name(hooks.PATTERN, layer) for layer in range(config.n_layers)}
    return {layer: captured[name][:, -1] for layer, name in names.items()}


def added_of(model: NativeModel, captured: Mapping[str, Array]) -> Array:
    """What each head adds to the score of the best next token. Shapes: → [n_layers, head]."""
    config = model.manifest.config
    answer = model.columns(UNEMBEDDING, [int(captured[hooks.TOP_IDS][-1][0])])[0]
    final = float(captured[hooks.FINAL_SCALE][-1, 0])
    read = heads.reader_of(config, answer, vector(model, "ln_final.w"), final)
    return np.stack([_added(model, captured, layer, read) for layer in range(config.n_layers)])


def _added(model: NativeModel, captured: Mapping[str, Array], layer: int, read: Array) -> Array:
    """The same of one layer's heads."""
    config = model.manifest.config
    if family_of(config).has_norms_after:
        divisor = float(captured[hook_name(hooks.LN1_POST_SCALE, layer)][-1, 0])
        weight = vector(model, hook_name("ln1_post.w", layer))
        read = heads.reader_of(config, read, weight, divisor)
    name = hook_name("attn.W_O", layer)
    w_o = model.rows(name, range(config.n_heads * config.d_head))
    return heads.contributions(captured[hook_name(hooks.Z, layer)][-1], w_o, read)


def vector(model: NativeModel, name: str) -> Array:
    """A weight of one dimension."""
    return model.rows(name, range(model.manifest.config.d_model)).reshape(-1)


def without_of(
    model: NativeModel, tokenizer: Tokenizer, ids: Sequence[int], marked: Marked
) -> Without:
    """The best next tokens without each choice of the marked heads."""
    answers = {}
    for off in every_choice(marked.heads):
        answers[off] = candidates(tokenizer, _without(model, ids, off))
    return answers


def _without(model: NativeModel, ids: Sequence[int], off: Heads) -> Mapping[str, Array]:
    """The top outputs behind the last token with some heads switched off."""
    config = model.manifest.config
    model.reset()
    last = [(config.n_layers, len(ids) - 1)]
    knobs = {"head_scale": head_scale(config, off)}
    return model.run(ids, LENS, unembed=last, top_k=N_WITHOUT, knobs=knobs)


def with_layers(spread: Sequence[int], wanted: Sequence[int]) -> tuple[int, ...]:
    """Some layers, the wanted ones in the places of those nearest to them; the ends stay."""
    kept = list(spread)
    for layer in wanted:
        others = [one for one in kept[1:-1] if one not in wanted]
        if layer not in kept and others:
            kept.remove(min(others, key=lambda one: abs(one - layer)))
            kept = sorted([*kept, layer])
    return tuple(kept)
