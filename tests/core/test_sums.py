from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.sources import read_checkpoint
from seethrough.core import hooks
from seethrough.core.captured import BY_HEAD, Captured
from seethrough.core.cell import PROBS, Cell
from seethrough.core.errors import InputError, UnknownNameError
from seethrough.core.families import GPT2, LLAMA, family_named
from seethrough.core.hooks import leaf_of
from seethrough.core.length import LENGTH_DIMS, NORM
from seethrough.core.reference import forward, from_arrays
from seethrough.core.sum_parts import Slice
from seethrough.core.sum_rules import rules_of, rules_of_family
from seethrough.core.sums import LARGEST, Sum, check_cell, dims_of, needs, sum_of
from tests import tiny, tiny_gpt2
from tests.kinds import name_of_kind

if TYPE_CHECKING:
    from pathlib import Path

    from seethrough.core.config import ModelConfig

IDS = (4, 100, 7, 259, 31, 31, 200, 8, 262, 0)
N_CELLS, N_QUICK = 500, 12
BOUND = 1e-5
# A share below this is a subnormal float32, which has fewer digits.
NORMAL = float(np.finfo(np.float32).tiny)
MODELS = {
    "llama, tied": tiny.VARIANTS["hub f32, grouped, tied"],
    "llama, untied": tiny.VARIANTS["hub bf16, grouped, untied"],
    "gpt2, tied": tiny_gpt2.TinyGpt2(),
    "gpt2, untied": tiny_gpt2.VARIANTS["a head of its own, narrow MLP"],
}
# What every family has a sum for: everything that a reader can point at.
PROMISED = {
    *(hooks.EMBED, hooks.RESID_PRE, hooks.LN1_OUT, hooks.LN2_OUT, hooks.FINAL_OUT),
    *(hooks.Q, hooks.K, hooks.V, hooks.SCORES, hooks.PATTERN, hooks.Z, hooks.ATTN_OUT),
    *(hooks.RESID_MID, hooks.MLP_PRE, hooks.MLP_POST, hooks.MLP_OUT, hooks.RESID_POST),
    *(hooks.LOGITS, PROBS),
    *(leaf + NORM for leaf in (hooks.EMBED, hooks.RESID_MID, hooks.RESID_POST, hooks.ATTN_OUT)),
    *(leaf + NORM for leaf in (hooks.MLP_OUT, hooks.FINAL_OUT)),
}
KINDS = [
    (model, leaf)
    for model in MODELS
    for leaf in rules_of_family(family_named(model.partition(",")[0]))
    if leaf != hooks.LOGSUMEXP
]


@dataclass
class Run:
    """One forward pass with all that it computed, and the weights."""

    config: ModelConfig
    weights: dict[str, np.ndarray]
    captured: Captured

    def slices(self, parts: tuple[Slice, ...]) -> dict[Slice, np.ndarray]:
        """The slices of the weights that a sum needs."""
        weight = from_arrays(self.weights)
        return {part: cut(weight(part.name), part) for part in parts}

    def sum_of(self, cell: Cell) -> Sum:
        """The sum of a cell, given nothing but what `needs` names."""
        asked = needs(cell, self.config, IDS)
        rows = {name for name, position in asked.hooks if position is not None}
        known = Captured(
            {name: self.captured.arrays[name] for name, _ in asked.hooks},
        )
        assert rows.isdisjoint({name for name in known.arrays if leaf_of(name) in BY_HEAD})
        return sum_of(cell, self.config, IDS, known, self.slices(asked.weights))


def cut(matrix: np.ndarray, part: Slice) -> np.ndarray:
    """A row, a column, or the whole."""
    if part.row is not None:
        return matrix[part.row]
    return matrix if part.column is None else matrix[:, part.column]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Every tiny model's pass over the same ids, in float32 as in the page."""
    return {name: run(name, tmp_path_factory.mktemp("sums")) for name in MODELS}


def run(name: str, folder: Path) -> Run:
    """Write, read and run one model."""
    model = MODELS[name]
    if isinstance(model, tiny_gpt2.TinyGpt2):
        tiny_gpt2.write_folder(model, folder)
    else:
        tiny.write(model, folder)
    checkpoint = read_checkpoint(folder, {})
    weights = {name: checkpoint.weight(name) for name in checkpoint.tensors}
    cache, _ = forward(checkpoint.config, from_arrays(weights), IDS)
    return Run(checkpoint.config, weights, Captured(dict(cache)))


def cells(
    config: ModelConfig, leaf: str, count: int = N_CELLS, first: int | None = None
) -> list[Cell]:
    """Cells of a kind in any layer, by a seeded generator; a key comes no later than its query.

    Args:
        first: So many of them, the first ones; None for all.
    """
    random = np.random.default_rng([hooks_order(leaf), count])
    made = []
    for _ in range(count if first is None else first):
        layer = int(random.integers(config.n_layers))
        name = name_of_kind(leaf, layer)
        dims = dims_of(name, config, len(IDS))
        assert dims is not None
        index = [int(random.integers(size)) for size in dims]
        if leaf in BY_HEAD:
            index[2] = int(random.integers(index[1] + 1))
        made.append(Cell(name, tuple(index)))
    return made


def hooks_order(leaf: str) -> int:
    """A number for each kind, so that each has cells of its own."""
    return [*hooks.LEAF_DIMS, PROBS, *LENGTH_DIMS].index(leaf)


def error_of(found: Sum) -> float:
    """The distance of the terms' total from the model's number.

    It is measured against the number that the terms would make had none been negative: where
    large terms cancel, float32 has fewer digits left of what remains.
    """
    return abs(found.total - found.value) / max(found.magnitude, NORMAL)


@pytest.mark.parametrize(("model", "leaf"), KINDS)
def test_sums_of_each_kind_equal_their_cells(runs: dict[str, Run], model: str, leaf: str) -> None:
    """The first of the cells of the next test, so that a quick run meets every kind."""
    check_sums(runs[model], cells(runs[model].config, leaf, first=N_QUICK))


@pytest.mark.long
@pytest.mark.parametrize(("model", "leaf"), KINDS)
def test_five_hundred_sums_of_each_kind_equal_their_cells(
    runs: dict[str, Run], model: str, leaf: str
) -> None:
    """From its captured inputs and the weights alone each cell's sum is the cell, to 1e-5."""
    check_sums(runs[model], cells(runs[model].config, leaf))


def check_sums(run: Run, asked: list[Cell]) -> None:
    """The sums are their cells, to the bound; so is the median of those without cancellation."""
    made = [run.sum_of(cell) for cell in asked]

    assert max(map(error_of, made)) <= BOUND
    plain = [abs(one.total - one.value) / abs(one.value) for one in made if one.value]
    assert np.median(plain) <= BOUND


@pytest.mark.parametrize("model", MODELS)
def test_every_kind_that_is_promised_is_among_them(model: str) -> None:
    """Embedding, norms, attention's parts, the MLP's, the stream, logits and probabilities."""
    assert {leaf for name, leaf in KINDS if name == model} >= PROMISED


@pytest.mark.parametrize("model", MODELS)
def test_five_hundred_sums_of_what_is_embedded(runs: dict[str, Run], model: str) -> None:
    """What enters the first block: a token's row, with the position's in a GPT-2."""
    random = np.random.default_rng(3)
    width = runs[model].config.d_model
    for _ in range(N_CELLS):
        index = int(random.integers(len(IDS))), int(random.integers(width))
        found = runs[model].sum_of(Cell("blocks.0.hook_resid_pre", index))

        assert error_of(found) <= BOUND
        assert len(found.terms) == (2 if model.startswith("gpt2") else 1)


@pytest.mark.parametrize("model", MODELS)
def test_what_is_shown_adds_up(runs: dict[str, Run], model: str) -> None:
    """The named terms and the rest are the sum; the steps lead from it to the total."""
    config = runs[model].config
    for leaf in rules_of(config):
        for cell in cells(config, leaf, 12):
            found = runs[model].sum_of(cell)
            named = sum(term.value for term in found.terms)

            assert named + found.rest == pytest.approx(found.subtotal, rel=1e-12, abs=1e-12)
            assert len(found.terms) <= LARGEST
            last = found.steps[-1].result if found.steps else found.subtotal
            assert last == found.total
            for term in found.terms:
                assert found.n_rest == 0 or term.is_own or abs(term.value) > 0
            check_factors(runs[model], found)


def check_factors(run: Run, found: Sum) -> None:
    """Each factor that has a name is the number of that name; products are their factors'."""
    weight = from_arrays(run.weights)
    for term in found.terms:
        for factor in term.factors:
            if factor.cell is None:
                continue
            check_cell(factor.cell, run.config, len(IDS))
            stored = run.captured.arrays.get(factor.name)
            array = weight(factor.name) if stored is None else stored
            assert factor.value == array[factor.cell.index]
        if found.rule not in {"scale", "deviation", "length", "pattern", "probs", "logsumexp"}:
            assert term.value == pytest.approx(np.prod([one.value for one in term.factors]))
    for step in (*found.steps, *found.aside):
        if step.cell is not None:
            assert step.value == run.captured.value(step.cell)


@pytest.mark.parametrize("model", MODELS)
def test_one_s_own_share_is_always_named(runs: dict[str, Run], model: str) -> None:
    """However small: the term of the traced probability is among those that are shown."""
    for leaf in (hooks.PATTERN, PROBS):
        for cell in cells(runs[model].config, leaf, 40):
            own = [term for term in runs[model].sum_of(cell).terms if term.is_own]

            assert len(own) == 1
            assert own[0].factors[0].cell is not None
            assert own[0].factors[0].cell.index[-1] == cell.index[-1]


@pytest.mark.parametrize("model", MODELS)
def test_the_future_has_no_sum(runs: dict[str, Run], model: str) -> None:
    """A key behind its query is masked: the score is minus infinity and the share 0."""
    score = runs[model].sum_of(Cell("blocks.1.attn.hook_attn_scores", (0, 2, 5)))
    share = runs[model].sum_of(Cell("blocks.1.attn.hook_pattern", (0, 2, 5)))

    assert (score.rule, score.value, score.terms) == ("masked", -np.inf, ())
    assert (share.rule, share.value, share.terms) == ("masked", 0.0, ())


@pytest.mark.parametrize("model", MODELS)
def test_weights_were_learned(runs: dict[str, Run], model: str) -> None:
    """A weight has its value and no terms; a tied unembedding is the embedding's own number."""
    weights = runs[model].weights
    for name, index in (("W_E", (7, 3)), ("blocks.1.mlp.W_out", (5, 2)), ("ln_final.w", (9,))):
        found = runs[model].sum_of(Cell(name, index))
        assert (found.rule, found.value, found.terms) == ("learned", weights[name][index], ())

    found = runs[model].sum_of(Cell("W_U", (3, 7)))
    is_tied = runs[model].config.tie_word_embeddings
    assert found.rule == ("tied" if is_tied else "learned")
    assert found.value == (weights["W_E"][7, 3] if is_tied else weights["W_U"][3, 7])
    assert [term.factors[0].cell for term in found.terms] == (
        [Cell("W_E", (7, 3))] if is_tied else []
    )


@pytest.mark.parametrize("model", MODELS)
def test_the_log_of_the_sum(runs: dict[str, Run], model: str) -> None:
    """The logarithm of all exponentials' sum is traced as well."""
    for position in range(len(IDS)):
        assert error_of(runs[model].sum_of(Cell(hooks.LOGSUMEXP, (position,)))) <= BOUND


@pytest.mark.parametrize(
    ("name", "index", "kind", "said"),
    [
        ("blocks.0.hook_resid_midd", (0, 0), UnknownNameError, "hook_resid_mid"),
        ("blocks.9.hook_resid_mid", (0, 0), UnknownNameError, "blocks.9"),
        ("logits_top_ids", (0, 0), UnknownNameError, "logits_top_ids"),
        ("blocks.0.attn.hook_nothing", (0, 0), UnknownNameError, "hook_nothing"),
        ("blocks.0.hook_resid_mid", (10, 0), InputError, "10 × 64"),
        ("blocks.0.hook_resid_mid", (0, 64), InputError, "10 × 64"),
        ("blocks.0.hook_resid_mid", (0,), InputError, "10 × 64"),
        ("blocks.0.attn.hook_q", (0, 4, 0), InputError, "10 × 4 × 16"),
        ("W_E", (264, 0), InputError, "264 × 64"),
    ],
)
def test_what_is_no_number_is_said(
    runs: dict[str, Run],
    name: str,
    index: tuple[int, ...],
    kind: type[Exception],
    said: str,
) -> None:
    """A name or place that the model lacks is refused, with what there is."""
    with pytest.raises(kind) as caught:
        check_cell(Cell(name, index), runs["llama, tied"].config, len(IDS))

    assert said in str(caught.value)


def test_a_family_s_own_names_alone() -> None:
    """GPT-2 has no rotated queries, Llama no learned positions."""
    assert hooks.ROT_Q not in rules_of_family(GPT2)
    assert hooks.POS_EMBED not in rules_of_family(LLAMA)


def test_needs_are_few(runs: dict[str, Run]) -> None:
    """A sum asks for what it is made of, at its own position, and no more."""
    config = runs["gpt2, tied"].config
    asked = needs(Cell("blocks.1.attn.hook_q", (4, 2, 3)), config, IDS)

    assert asked.hooks == (("blocks.1.ln1.hook_norm_out", 4), ("blocks.1.attn.hook_q", 4))
    assert asked.weights == (
        Slice("blocks.1.attn.W_Q", column=35),
        Slice("blocks.1.attn.b_Q"),
    )
