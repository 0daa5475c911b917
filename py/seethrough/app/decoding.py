"""What scripts ask of decoding: the distribution that a draw would use, and beam search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.app.settings import checked_sampling, whole
from seethrough.core import beam as beams_of
from seethrough.core import hooks, sampling
from seethrough.core.errors import CancelledRunError
from seethrough.core.settings import MAX_NEW, Sampling
from seethrough.core.tokens import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seethrough.app.service import Given, Service
    from seethrough.core.beam import Rules, Search
    from seethrough.core.cache import Array
    from seethrough.core.manifest import Manifest

BEAMS = 4
NEW_TOKENS = 24


async def distribution(
    service: Service,
    prompt: Given,
    *,
    k: int = 10,
    chat: bool = False,
    model: str | None = None,
    **shape: float,
) -> dict[str, Any]:
    """The distribution that a draw would use: how many tokens have a chance, and the k best.

    Args:
        shape: Temperature, edits and cuts by name; what is left out is off, temperature 1. At
            temperature 0 the one token that greedy takes has it all.
    Raises:
        InputError: A setting means nothing, or leaves no token.
    """
    async with service.use(model) as opened:
        ids = service.prompt_ids(prompt, chat=chat)
        config = opened.manifest.config
        k = whole("k", k, 1, config.d_vocab)
        settings = checked_sampling(Sampling({"temperature": 1.0, **shape}), config)
        opened.forget()
        logits = (await service.run_ids(ids, (hooks.LOGITS,))).arrays[hooks.LOGITS][0]
        probs, order = odds_of(logits, settings, ids)
        kept = int(np.count_nonzero(probs))
        best = [int(token) for token in order[probs[order] > 0][:k]]
        told = [(token, texts(opened.tokenizer, token)) for token in best]
    top = [{"id": t, "text": text or seen, "prob": float(probs[t])} for t, (text, seen) in told]
    return {"kept": kept, "top": top}


def odds_of(logits: Array, settings: Sampling, text: Sequence[int]) -> tuple[Array, Array]:
    """The probabilities that a token is drawn with, by id, and the ids, the likeliest first.

    Shapes: logits [d_vocab] → [d_vocab], [d_vocab].
    """
    if settings.temperature > 0:
        shaped = sampling.reshape(logits, order=None, text=text, **settings.shape)
        return shaped.probs, shaped.order
    chosen = sampling.greedy(sampling.edited_logits(logits, text, settings.shape))
    probs = np.zeros(logits.size)
    probs[chosen] = 1.0
    return probs, np.argsort(-probs, kind="stable")


async def beam(
    service: Service,
    prompt: Given,
    *,
    beams: int = BEAMS,
    max_new_tokens: int = NEW_TOKENS,
    length_penalty: float = 1.0,
    chat: bool = False,
    model: str | None = None,
) -> dict[str, Any]:
    """The best ways that a text goes on by beam search, best first, with transformers' scores.

    Raises:
        InputError: No such number of beams, tokens, or no such penalty.
        CancelledRunError: It was stopped.
    """
    async with service.use(model) as opened:
        ids = service.prompt_ids(prompt, chat=chat)
        most = whole("max_new_tokens", max_new_tokens, 1, MAX_NEW)
        n_beams = whole("beams", beams, 1, beams_of.MOST_BEAMS)
        rules = rules_of(opened.manifest, len(ids), n_beams, most, length_penalty)
        opened.forget()
        done = await search(service, ids, rules)
        found = [
            {
                "ids": list(way.ids),
                "text": opened.tokenizer.decode(way.ids, at_start=False),
                "score": way.score(length_penalty),
            }
            for way in done.finished
        ]
    return {"beams": found}


def rules_of(
    manifest: Manifest, n_given: int, n_beams: int, most: int, length_penalty: float
) -> Rules:
    """How a search goes behind so many tokens: with the model's ends, as far as it has room."""
    room = max(1, min(most, manifest.config.n_ctx - n_given))
    return beams_of.Rules(n_beams, room, frozenset(manifest.end_ids), length_penalty)


async def search(
    service: Service,
    ids: tuple[int, ...],
    rules: Rules,
    on_round: Callable[[Search], None] = lambda _: None,
) -> Search:
    """Search behind some ids, one pass a running way and round; each way keeps its cache.

    Raises:
        CancelledRunError: It was stopped between two passes.
    """
    now = beams_of.begin(rules)
    while not now.is_over:
        rows = [await log_probs_behind(service, (*ids, *way.ids)) for way in now.running]
        now = now.grow(rows)
        on_round(now)
    return now


async def log_probs_behind(service: Service, ids: tuple[int, ...]) -> Array:
    """The log probabilities of every next token. Shapes: → [d_vocab]."""
    return beams_of.log_probs_of(await logits_behind(service, ids))


async def logits_behind(service: Service, ids: tuple[int, ...]) -> Array:
    """The scores of every next token. Shapes: → [d_vocab].

    Raises:
        CancelledRunError: It was stopped meanwhile.
    """
    result = await service.run_ids(ids, (hooks.LOGITS,))
    if service.turns.heed_stop():
        raise CancelledRunError("engine.cancelled")
    return result.arrays[hooks.LOGITS][0]
