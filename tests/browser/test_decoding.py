"""The doors of decoding, in the page, against the same rules over the native graph."""

from __future__ import annotations

import json

import numpy as np
import pytest

from seethrough.core import hooks
from seethrough.core.beam import Rules, begin, log_probs_of
from seethrough.core.sampling import reshape
from tests import parity
from tests.native import native

pytestmark = [pytest.mark.browser, pytest.mark.model]

PROMPT = "The dog chased the cat. The cat ran away from the"
CLOSE = 1e-5
SHAPES = [
    {},
    {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.02},
    {"typical_p": 0.9, "temperature": 2.0},
    {"repetition_penalty": 1.4, "no_repeat_ngram_size": 2},
]


def logits_behind(ids: tuple[int, ...]) -> np.ndarray:
    """The native graph's logits after some ids, from the start."""
    model = native(parity.default_model())
    model.reset()
    return model.run(ids, (hooks.LOGITS,))[hooks.LOGITS][-1]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_distribution_is_the_native_one(loaded, shape):
    """As many tokens have a chance, and the best have the same one."""
    ids = parity.default_vocabulary().encode(PROMPT)
    options = json.dumps({**shape, "k": 12})
    told = loaded.ask(f"seethrough.distribution({PROMPT!r}, {options})")

    probs = reshape(logits_behind(ids), text=ids, **{"temperature": 1.0, **shape}).probs
    kept = int(np.count_nonzero(probs))
    assert abs(told["kept"] - kept) <= max(1, kept // 1000)  # a token at the edge of a cut
    best = sorted(range(probs.size), key=lambda token: -probs[token])[: len(told["top"])]
    for one, token in zip(told["top"], best, strict=True):
        assert one["prob"] == pytest.approx(probs[token], abs=CLOSE)


def test_beams_are_the_native_ones(loaded):
    """The same ways in the same order, with the same scores, each way on a cache of its own."""
    ids = parity.default_vocabulary().encode(PROMPT)
    told = loaded.ask(f"seethrough.beam({PROMPT!r}, {{beams: 3, max_new_tokens: 4}})")["beams"]

    ends = native(parity.default_model()).manifest.end_ids
    now = begin(Rules(3, 4, frozenset(ends)))
    while not now.is_over:
        now = now.grow([log_probs_of(logits_behind((*ids, *way.ids))) for way in now.running])
    assert [tuple(one["ids"]) for one in told] == [way.ids for way in now.finished]
    for one, way in zip(told, now.finished, strict=True):
        assert one["score"] == pytest.approx(way.score(1.0), abs=1e-4)


def test_after_beams_a_text_is_what_it_was(loaded):
    """What the ways left in the caches changes no answer."""
    before = loaded.ask(f"seethrough.generate({PROMPT!r}, {{max_new_tokens: 6}})")
    loaded.ask(f"seethrough.beam({PROMPT!r}, {{beams: 2, max_new_tokens: 2}})")

    assert loaded.ask(f"seethrough.generate({PROMPT!r}, {{max_new_tokens: 6}})") == before
