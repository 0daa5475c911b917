"""The cuts against transformers' own logits processors, one after the other in their order."""

from __future__ import annotations

import numpy as np
import pytest

from seethrough.core.sampling import reshape

torch = pytest.importorskip("torch")
processors = pytest.importorskip("transformers.generation.logits_process")

pytestmark = pytest.mark.reference


@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p", "min_p"),
    [
        (1.0, 0, 1.0, 0.0),
        (0.6, 0, 1.0, 0.0),
        (1.0, 40, 1.0, 0.0),
        (1.0, 0, 0.9, 0.0),
        (1.0, 0, 1.0, 0.05),
        (0.8, 40, 0.95, 0.02),
        (1.7, 300, 0.8, 0.1),
        (2.0, 0, 0.999, 0.001),
    ],
)
def test_cuts_are_transformers_own(
    temperature: float, top_k: int, top_p: float, min_p: float
) -> None:
    """The same tokens stay, with the same probabilities, over a whole vocabulary."""
    ranks = (np.arange(49152) * 7919) % 49152
    logits = (18.0 - 1.4 * np.log(1.0 + ranks)).astype(np.float32)
    scores = torch.tensor(logits, dtype=torch.float64)[None]
    steps = [processors.TemperatureLogitsWarper(temperature)]
    steps += [processors.TopKLogitsWarper(top_k)] if top_k else []
    steps += [processors.TopPLogitsWarper(top_p)] if top_p < 1 else []
    steps += [processors.MinPLogitsWarper(min_p)] if min_p else []
    for step in steps:
        scores = step(None, scores)
    probs = torch.softmax(scores, dim=-1)[0].numpy()

    shaped = reshape(logits, temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)

    assert (shaped.probs > 0).tolist() == (probs > 0).tolist()
    np.testing.assert_allclose(shaped.probs, probs, rtol=1e-9, atol=1e-15)
