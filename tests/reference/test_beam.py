"""Beam search against transformers' own, on a tiny model of each family, over the graph."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from export.native import NativeModel
from export.package import write_package
from export.sources import read_checkpoint
from seethrough.core import hooks
from seethrough.core.beam import Rules, begin, log_probs_of
from tests.reference.checkpoint_cases import GPT2, saved
from tests.reference.family_cases import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from transformers import PreTrainedModel

    from seethrough.core.beam import Search
    from seethrough.core.cache import Array

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.reference

CASES = {"GPT-2": saved("GPT2LMHeadModel", **GPT2), **FAMILIES}
PROMPTS = [[5 + 11 * at, *range(7, 7 + 3 * (at % 4)), 60 + at] for at in range(10)]
MOST_NEW = 7
SCORES = {
    "abs": 2e-5,
    "rel": 2e-6,
}  # sums of float32 on their side; a penalty below 0 multiplies them
SHAPES = [(1, 1.0), (2, 1.0), (3, 0.0), (4, 2.0), (5, -1.0), (6, 0.6), (7, 1.0), (8, 1.0)]


def ours(row_of: Callable[[tuple[int, ...]], Array], prompt: list[int], rules: Rules) -> Search:
    """A whole search; `row_of` gives the log probabilities behind some ids."""
    now = begin(rules)
    while not now.is_over:
        now = now.grow([row_of((*prompt, *way.ids)) for way in now.running])
    return now


def rows_of(folder: Path) -> Callable[[tuple[int, ...]], Array]:
    """Log probabilities over native onnxruntime, each text run from its start, and only once."""
    model = NativeModel(folder, threads=1)

    @cache
    def row_of(ids: tuple[int, ...]) -> Array:
        model.reset()
        at_end = [(model.manifest.config.n_layers, len(ids) - 1)]
        return log_probs_of(model.run(ids, [hooks.LOGITS], unembed=at_end)[hooks.LOGITS][0])

    return row_of


def theirs(
    model: PreTrainedModel, prompt: list[int], rules: Rules
) -> tuple[list[list[int]], list[float]]:
    """What `generate` returns: new ids up to their end, and scores where there are beams."""
    made = model.generate(
        torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        num_beams=rules.n_beams,
        num_return_sequences=rules.n_beams,
        max_new_tokens=rules.max_new,
        length_penalty=rules.length_penalty,
        eos_token_id=sorted(rules.ends),
        pad_token_id=0,
        do_sample=False,
        return_dict_in_generate=True,
        output_scores=True,
    )
    new = [row[len(prompt) :] for row in made.sequences.tolist()]
    ends = [next((at for at, t in enumerate(row) if t in rules.ends), len(row) - 1) for row in new]
    scores = made.sequences_scores.tolist() if rules.n_beams > 1 else []
    return [row[: end + 1] for row, end in zip(new, ends, strict=True)], scores


@pytest.mark.parametrize("name", CASES)
def test_beams_are_transformers_own(name: str, tmp_path: Path) -> None:
    """10 prompts, 1 to 8 beams, with and without length penalties: the same ways and scores.

    Of each prompt two of the eight shapes, so that every shape is met.
    """
    from tests.reference.family_oracle import model_of  # noqa: PLC0415

    folder = CASES[name](tmp_path / "source")
    model = model_of(folder)
    write_package(read_checkpoint(folder, {}), tmp_path / "out", model_id="tiny", title="Tiny")
    row_of = rows_of(tmp_path / "out")
    n_ended = 0
    for at, prompt in enumerate(PROMPTS):
        (greedy,) = ours(row_of, prompt, Rules(1, MOST_NEW)).finished
        ends = frozenset({greedy.ids[2], greedy.ids[-1], 3})
        for n_beams, penalty in (SHAPES[at % 8], SHAPES[(3 * at + 5) % 8]):
            rules = Rules(n_beams, MOST_NEW, ends, penalty)
            found = ours(row_of, prompt, rules).finished
            ids, scores = theirs(model, prompt, rules)
            assert [list(way.ids) for way in found] == ids
            told = [way.score(penalty) for way in found] if scores else []
            assert told == pytest.approx(scores, **SCORES)
            n_ended += sum(len(way.ids) < MOST_NEW for way in found)
    assert n_ended > len(PROMPTS)  # ways did end before their time
