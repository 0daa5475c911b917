"""The generation loop: run, choose, hand on, until an end token, the limit or the reader."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seethrough.core import hooks, sampling
from seethrough.core.settings import check_settings
from seethrough.core.tokens import (
    CONTEXT,
    DRAWN,
    END,
    GREEDY,
    LIMIT,
    STOPPED,
    candidates_and_entropy,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seethrough.app.loaded import LoadedModel
    from seethrough.app.state import Sampling
    from seethrough.core.cache import Array
    from seethrough.core.tokens import Candidate


@dataclass(frozen=True)
class Step:
    """One generated token: id, probability over the vocabulary at temperature 1, rank (0 = top).

    `candidates` are what the step could have said, `elapsed_ms` what its forward pass took.
    `entropy` and `how`: see NewToken.
    """

    id: int
    prob: float
    rank: int
    candidates: tuple[Candidate, ...] = ()
    elapsed_ms: float = 0.0
    entropy: float | None = None
    how: str = ""


@dataclass(frozen=True)
class Generation:
    """The new ids in order and why it stopped: one of END, LIMIT, CONTEXT, STOPPED."""

    steps: tuple[Step, ...]
    stop: str

    @property
    def ids(self) -> tuple[int, ...]:
        """The new ids only."""
        return tuple(step.id for step in self.steps)


async def generate(
    model: LoadedModel,
    ids: Sequence[int],
    settings: Sampling,
    on_step: Callable[[Step], bool],
    *,
    first: int = 0,
    given: Sequence[int] = (),
) -> Generation:
    """Continue the ids.

    Args:
        given: Tokens that were chosen before; they come first, whatever the settings say.
        first: The index of the first new token, counted from the end of the prompt: each index has
            its own dart, so that a text that goes on is drawn as if it had never stopped.
        on_step: Called with each new token; True stops the loop.
    Raises:
        InputError: A sampling setting means nothing.
    """
    check_settings(**settings.shape)
    steps: list[Step] = []
    for index in range(first, first + settings.max_new_tokens):
        sequence = (*ids, *(step.id for step in steps))
        if len(sequence) >= model.manifest.config.n_ctx:
            return Generation(tuple(steps), CONTEXT)
        result = await model.next_logits(sequence, (hooks.LOGITS,))
        logits = result.arrays[hooks.LOGITS][0]
        told = given[index - first] if index - first < len(given) else None
        chosen = (
            choose(logits, settings, index, sequence)
            if told is None
            else Step(told, *sampling.standing(logits, told))
        )
        candidates, entropy = candidates_and_entropy(model.tokenizer, logits, chosen.id)
        # One number: what the token has as a candidate, whoever takes it.
        prob = next(item.prob for item in candidates if item.id == chosen.id)
        chosen = replace(chosen, prob=prob, candidates=candidates, elapsed_ms=result.elapsed_ms)
        steps.append(replace(chosen, entropy=entropy))
        if on_step(steps[-1]):
            return Generation(tuple(steps), STOPPED)
        if len(steps) >= len(given) and steps[-1].id in model.manifest.end_ids:
            return Generation(tuple(steps), END)
    return Generation(tuple(steps), LIMIT)


def choose(logits: Array, settings: Sampling, index: int, text: Sequence[int]) -> Step:
    """The next token of a text: greedy at temperature 0, else drawn with the seed and this index.

    Raises:
        InputError: The settings leave no token.
    """
    if settings.temperature == 0:
        edited = sampling.edited_logits(logits, text, settings.shape)
        chosen, how = sampling.greedy(edited), GREEDY
    else:
        seed, shape = settings.seed, settings.shape
        drawn = sampling.draw(logits, seed=seed, step=index, text=text, **shape)
        chosen, how = drawn.id, DRAWN
    return Step(chosen, *sampling.standing(logits, chosen), how=how)
