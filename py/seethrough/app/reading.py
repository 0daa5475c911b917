"""How a model foresaw each token of a live run's text: asked of the engine, some guesses a pass."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from seethrough.app.run import PICTURE_TOKENS
from seethrough.core import hooks
from seethrough.core.train.mistakes import foresee

if TYPE_CHECKING:
    from seethrough.app.run import Run
    from seethrough.app.service import Service
    from seethrough.core.tokens import NewToken

# Guesses of one pass: the scores of so many are 25 MB with 49,152 tokens.
AT_ONCE = 128


async def read_along(service: Service, run: Run) -> tuple[NewToken, ...]:
    """The text's tokens from the second on, at most those of the kept positions.

    Raises:
        SeethroughError: As `Service.capture_ids`.
    """
    ids, config, model = run.ids[:PICTURE_TOKENS], run.config, service.model
    read: list[NewToken] = []
    if config is None or model is None:
        return ()
    for first in range(0, len(ids) - 1, AT_ONCE):
        last = min(first + AT_ONCE, len(ids) - 1)
        cache = await service.capture_ids(
            ids[:last],
            (hooks.LOGITS,),
            run.knobs or None,
            unembed=tuple((config.n_layers, at) for at in range(first, last)),
        )
        for row, target in zip(cache[hooks.LOGITS], ids[first + 1 : last + 1], strict=True):
            read.append(foresee(model.tokenizer, row, target))
            await asyncio.sleep(0)  # the page draws and answers between two
    return tuple(read)
