from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from seethrough.app.generate import generate
from seethrough.app.loaded import LoadedModel
from seethrough.app.state import Sampling
from seethrough.core import sampling
from seethrough.core.loop import write_on
from seethrough.core.reference import from_arrays
from tests.fake_engine import FakeEngine, TinyModel, tiny_model

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

MODEL = tiny_model().changed(end_ids=())
IDS = (257, 290, 70, 5)


def by_the_page(settings: Sampling, model: TinyModel = MODEL, ids: tuple[int, ...] = IDS) -> list:
    """The new ids of the page's own loop."""
    engine = FakeEngine(model)
    asyncio.run(engine.load(model.manifest, "models/tiny/", lambda _: None))
    loaded = LoadedModel(model.manifest, model.tokenizer, engine)
    return list(asyncio.run(generate(loaded, ids, settings, lambda _: False)).ids)


def greedily(logits: np.ndarray, _step: int) -> int:
    """The best token."""
    return sampling.greedy(logits)


def drawn(logits: np.ndarray, step: int) -> int:
    """A token drawn at temperature 1.5 with the seed 11."""
    return sampling.draw(logits, seed=11, step=step, temperature=1.5).id


@pytest.mark.parametrize(
    ("choose", "settings"),
    [
        (greedily, Sampling(max_new_tokens=8)),
        (drawn, Sampling(max_new_tokens=8, temperature=1.5, seed=11)),
    ],
)
def test_the_shown_loop_writes_what_the_page_writes(
    choose: Callable[[np.ndarray, int], int], settings: Sampling
) -> None:
    """The few lines that step 8 shows give the ids of the loop that runs, greedy and drawn."""
    written = write_on(MODEL.config, from_arrays(MODEL.arrays), IDS, choose, most=8)

    assert written == by_the_page(settings)


def test_an_end_token_or_a_full_context_ends_it() -> None:
    """It stops where the page's own loop stops."""
    weights = from_arrays(MODEL.arrays)
    free = write_on(MODEL.config, weights, IDS, greedily, most=8)
    end = next(token for token in free if token != free[0])

    ended = write_on(MODEL.config, weights, IDS, greedily, most=8, ends=(end,))

    assert ended == by_the_page(Sampling(max_new_tokens=8), MODEL.changed(end_ids=(end,)))
    assert len(ended) < len(free)
    long = tuple(range(60))
    full = write_on(MODEL.config, weights, long, greedily, most=24)
    assert full == by_the_page(Sampling(max_new_tokens=24), ids=long)
    assert len(full) == MODEL.config.n_ctx - 60
