"""A family from its description alone: graph, numpy pass, knobs, sums, walk; no source edited."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from export.hub_families import ARCHITECTURES
from export.hub_family import HubFamily
from export.native import NativeModel
from export.package import write_package
from export.quantize import quantized
from export.site import copy_models
from export.sources import read_checkpoint
from seethrough.app.state import Tracing
from seethrough.core import hooks, maths, reference
from seethrough.core.captured import BY_HEAD, Captured
from seethrough.core.cell import Cell
from seethrough.core.config import LayerConfig, ModelConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import FAMILIES
from seethrough.core.hooks import expected_hooks, hook_name, leaf_of
from seethrough.core.manifest import from_json, to_json
from seethrough.core.reference import Knobs, forward
from seethrough.core.sum_rules import rules_of, rules_of_family
from seethrough.core.sums import dims_of, needs, sum_of
from seethrough.core.weight_names import expected_dims
from seethrough.view import code, inside, sums
from tests.kinds import name_of_kind
from tests.native_page import NativePage
from tests.parity import TOLERANCES, parity_names, relative_errors, worst
from tests.steps import STEPS
from tests.toy_family import N_LAYERS, TOYS, WINDOW, checkpoint_of, registered
from tests.view.sample import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from export.checkpoint import Checkpoint
    from seethrough.core.cache import Array
    from seethrough.core.sum_parts import Slice

IDS = (4, 100, 7, 259, 31, 31, 200, 8, 262, 0)
N_CELLS = 40
BOUND = 1e-5
NORMAL = float(np.finfo(np.float32).tiny)
KINDS = [(name, leaf) for name, toy in TOYS.items() for leaf in rules_of_family(toy.family)]
# The toy's block, spelled out: TransformerLens' names, `hook_norm_out` ours, `hook_out` Bridge's.
BLOCK = """
hook_resid_pre
ln1.hook_scale ln1.hook_normalized ln1.hook_norm_out
attn.hook_q attn.hook_k attn.hook_v
attn.q_norm.hook_scale attn.q_norm.hook_normalized attn.q_norm.hook_norm_out
attn.k_norm.hook_scale attn.k_norm.hook_normalized attn.k_norm.hook_norm_out
attn.hook_rot_q attn.hook_rot_k
attn.hook_attn_scores attn.hook_pattern attn.hook_z
attn.hook_out
ln1_post.hook_scale ln1_post.hook_normalized ln1_post.hook_norm_out
hook_attn_out
hook_resid_mid
ln2.hook_scale ln2.hook_normalized ln2.hook_norm_out
mlp.hook_pre mlp.hook_pre_linear mlp.hook_post
mlp.hook_out
ln2_post.hook_scale ln2_post.hook_normalized ln2_post.hook_norm_out
hook_mlp_out
hook_resid_post
"""
WEIGHTS = """
ln1.w
attn.W_Q attn.W_K attn.W_V attn.W_O
attn.q_norm.w attn.k_norm.w
ln1_post.w
ln2.w
mlp.W_gate mlp.W_in mlp.W_out
ln2_post.w
"""


class Made:
    """A toy that was exported, with its checkpoint and the running graph."""

    def __init__(self, name: str, folder: Path) -> None:
        self.checkpoint: Checkpoint = checkpoint_of(TOYS[name])
        self.config = self.checkpoint.config
        self.folder = folder / name
        self.manifest = write_package(self.checkpoint, self.folder, model_id=name, title="Toy")
        self.model = NativeModel(self.folder, threads=1)

    def run(self, **options: object) -> dict[str, Array]:
        """Every hook, and the logits, of one pass over the ids, from an empty cache."""
        self.model.reset()
        return self.model.run(IDS, parity_names(self.manifest), **options)  # type: ignore[arg-type]

    def exact(self, **options: object) -> dict[str, Array]:
        """The same by the numpy reference in float64."""
        cache_, _ = forward(
            self.config,
            self.checkpoint.weight,
            IDS,
            dtype=np.float64,
            **options,  # type: ignore[arg-type]
        )
        return dict(cache_)

    def slice(self, part: Slice) -> Array:
        """A row, a column or the whole of a weight."""
        matrix = self.checkpoint.weight(part.name)
        if part.row is not None:
            return matrix[part.row]
        return matrix if part.column is None else matrix[:, part.column]


@pytest.fixture(scope="module", autouse=True)
def _families() -> Iterator[None]:
    """The toys are families as any other while these tests run."""
    with registered():
        yield
    assert set(FAMILIES) == {"llama", "gpt2", "gemma3", "qwen2", "qwen3", "gpt_neo", "gpt_neox"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    """Exports a toy once."""
    return cache(lambda name: Made(name, tmp_path_factory.mktemp("toy")))


@pytest.fixture(scope="module")
def page(
    made: Callable[[str], Made], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], NativePage]]:
    """The page of a toy, without a browser, after a prompt and three new tokens."""
    pages = []

    @cache
    def opened(name: str) -> NativePage:
        site = tmp_path_factory.mktemp("site")
        copy_models((made(name).folder,), site)
        shown = NativePage(site)
        pages.append(shown)
        shown.run("hello hello world, hello")
        shown.generate(3)
        return shown

    yield opened
    for shown in pages:
        shown.close()


def test_the_names_follow_from_the_description() -> None:
    """A block's hooks and weights in order, spelled out; outside it they are every family's."""
    config = TOYS["toy"].config()
    block = [spec.leaf for spec in expected_hooks(config) if spec.layer == 1]
    stored = [name for name in expected_dims(config) if name.startswith("blocks.1.")]

    assert block == BLOCK.split()
    assert stored == [f"blocks.1.{name}" for name in WEIGHTS.split()]
    assert [spec.name for spec in expected_hooks(config) if spec.layer is None] == [
        "hook_embed",
        *hooks.FINAL_LEAVES,
    ]


@pytest.mark.parametrize("name", TOYS)
def test_every_hook_of_the_graph_is_numpy_s(made: Callable[[str], Made], name: str) -> None:
    """Exported and run by onnxruntime: each hook at each position, and the logits, to 1e-5."""
    toy = made(name)
    errors = relative_errors(toy.exact(), toy.run())

    assert set(errors) >= {spec.name for spec in expected_hooks(toy.config)}
    assert worst(errors, 1)[0][0] <= TOLERANCES["hook"].bound, worst(errors, 3)
    outputs = [item.name for item in toy.model.session.get_outputs()]
    assert [one for one in outputs if one in set(toy.manifest.hooks)] == list(toy.manifest.hooks)


@pytest.mark.parametrize("name", TOYS)
def test_the_pass_in_float32_is_that_in_float64(made: Callable[[str], Made], name: str) -> None:
    """The numpy reference loses no more than rounding, and computes its hooks in their order."""
    toy = made(name)
    single, _ = forward(toy.config, toy.checkpoint.weight, IDS)

    assert list(single) == [*toy.manifest.hooks, hooks.LOGITS, hooks.LOGSUMEXP]
    assert worst(relative_errors(toy.exact(), single), 1)[0][0] <= TOLERANCES["hook"].bound


@pytest.mark.parametrize("name", TOYS)
def test_eight_bit_blocks_are_a_checkpoint_too(
    made: Callable[[str], Made], name: str, tmp_path: Path
) -> None:
    """Shipped in blocks the graph is the numpy pass over the very numbers of the blocks."""
    checkpoint = quantized(made(name).checkpoint, least=0)
    manifest = write_package(checkpoint, tmp_path, model_id=name, title="Toy")
    exact, _ = forward(manifest.config, checkpoint.weight, IDS, dtype=np.float64)

    got = NativeModel(tmp_path, threads=1).run(IDS, parity_names(manifest))
    assert worst(relative_errors(exact, got), 1)[0][0] <= TOLERANCES["hook"].bound


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("cuts", [[1] * len(IDS), [6, 1, 3]])
def test_a_cache_goes_on_at_its_place(
    made: Callable[[str], Made], name: str, cuts: list[int]
) -> None:
    """In parts over the cache, by graph and by numpy, the stream is that of the whole at once."""
    toy = made(name)
    ends = [hook_name(hooks.RESID_POST, layer) for layer in range(N_LAYERS)]
    whole, past = toy.exact(), ()
    toy.model.reset()
    got: list[dict[str, Array]] = []
    exact: list[dict[str, Array]] = []
    for at, size in zip(np.cumsum([0, *cuts]), cuts, strict=False):
        part = IDS[at : at + size]
        got.append(toy.model.run(part, ends))
        weight = toy.checkpoint.weight
        run, past = forward(toy.config, weight, part, past=past, dtype=np.float64)  # type: ignore[assignment]
        exact.append(dict(run))

    for end in ends:
        joined = {end: np.concatenate([run[end] for run in got])}
        errors = relative_errors({end: whole[end]}, joined)
        assert worst(errors, 1)[0][0] <= TOLERANCES["hook"].bound
        same = np.concatenate([run[end] for run in exact])
        np.testing.assert_allclose(same, whole[end], atol=1e-10)


@pytest.mark.parametrize("name", TOYS)
def test_knobs_do_what_the_reference_does(made: Callable[[str], Made], name: str) -> None:
    """With every knob turned at once every hook is the numpy pass's; a knob is after the norms."""
    toy, random = made(name), np.random.Generator(np.random.PCG64(3))
    config, n_pos = toy.config, len(IDS)
    scores = random.normal(size=(config.n_layers, config.n_heads, n_pos, n_pos))
    scores[1, 2, 5, 3] = -np.inf
    knobs = {
        "head_scale": random.uniform(-1, 2, (config.n_layers, config.n_heads)),
        "mlp_scale": np.array([0.5, 0, 1, -1]),
        "resid_add": random.normal(size=(config.n_layers + 1, n_pos, config.d_model)),
        "score_add": scores,
    }
    knobs = {knob: value.astype(np.float32) for knob, value in knobs.items()}
    exact, got = toy.exact(knobs=Knobs(**knobs)), toy.run(knobs=knobs)

    assert worst(relative_errors(exact, got), 1)[0][0] <= TOLERANCES["hook"].bound
    assert not got[hook_name(hooks.MLP_OUT, 1)].any()
    assert got[hook_name(hooks.LN2_POST_OUT, 1)].any()


@pytest.mark.parametrize("name", TOYS)
def test_a_window_hides_what_is_far(made: Callable[[str], Made], name: str) -> None:
    """In a layer with a window a query sees that many tokens, in the others all before it."""
    toy = made(name)
    got = toy.run()
    for layer in range(N_LAYERS):
        reach = toy.config.layer(layer).window or len(IDS)
        scores = got[hook_name(hooks.SCORES, layer)]
        pattern = got[hook_name(hooks.PATTERN, layer)]
        for query in range(len(IDS)):
            first = max(0, query - reach + 1)
            seen = np.zeros(len(IDS), bool)
            seen[first : query + 1] = True
            assert (np.isfinite(scores[:, query]) == seen).all()
            assert (pattern[:, query][:, ~seen] == 0).all()
            assert toy.config.first_seen(layer, query) == first
    windows = [toy.config.layer(layer).window for layer in range(N_LAYERS)]
    assert {WINDOW, None} == set(windows)


def test_each_layer_turns_by_its_own_base(made: Callable[[str], Made]) -> None:
    """Local layers turn queries by one base, the global one by another."""
    toy = made("like-gemma")
    got, positions = toy.exact(), np.arange(len(IDS))
    for layer, base in enumerate((1e4, 1e4, 1e6, 1e4)):
        angles = maths.rotary_angles(positions, toy.config.d_head, base, np.float64)
        turned = maths.rotate(got[hook_name(hooks.Q_NORM_OUT, layer)], angles)
        np.testing.assert_allclose(got[hook_name(hooks.ROT_Q, layer)], turned, atol=1e-12)


def test_the_reference_is_the_description_by_hand(made: Callable[[str], Made]) -> None:
    """Of the Gemma-like toy one block is computed again here, from its words alone."""
    toy = made("like-gemma")
    got, config = toy.exact(), toy.config

    def weight(name: str) -> Array:
        return toy.checkpoint.weight(name).astype(np.float64)

    def norm(x: Array, name: str) -> Array:
        root = np.sqrt((x**2).mean(axis=-1, keepdims=True) + config.eps)
        return x / root * (1 + weight(f"blocks.2.{name}.w"))

    np.testing.assert_allclose(got["hook_embed"], weight("W_E")[list(IDS)] * np.sqrt(32))
    stream = got["blocks.2.hook_resid_pre"]
    x = norm(stream, "ln1")
    q, k, v = ((x @ weight(f"blocks.2.attn.W_{one}")).reshape(10, -1, 16) for one in "QKV")
    q, k = norm(q, "attn.q_norm"), norm(k, "attn.k_norm")
    angles = np.arange(10)[:, None] * 1e6 ** (-np.arange(8) / 8)
    z = np.zeros((10, 4, 16))
    for head in range(4):
        for at in range(10):
            rows = []
            for x_, place in ((q[at, head], at), *((k[i, head // 2], i) for i in range(at + 1))):
                pairs = (x_[:8] + 1j * x_[8:]) * np.exp(1j * angles[place])
                rows.append(np.concatenate([pairs.real, pairs.imag]))
            share = np.exp(np.array(rows[1:]) @ rows[0] / 4)
            z[at, head] = share / share.sum() @ v[: at + 1, head // 2]
    mid = stream + norm(z.reshape(10, -1) @ weight("blocks.2.attn.W_O"), "ln1_post")
    np.testing.assert_allclose(got["blocks.2.hook_resid_mid"], mid, atol=1e-6)
    x = norm(mid, "ln2")
    gate = x @ weight("blocks.2.mlp.W_gate")
    gelu = gate / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (gate + 0.044715 * gate**3)))
    made_ = (gelu * (x @ weight("blocks.2.mlp.W_in"))) @ weight("blocks.2.mlp.W_out")
    post = mid + norm(made_, "ln2_post")
    np.testing.assert_allclose(got["blocks.2.hook_resid_post"], post, atol=1e-6)


def cells(config: ModelConfig, leaf: str) -> list[Cell]:
    """Cells of a kind in all layers, by a seeded generator; keys that are hidden among them."""
    random, found = np.random.default_rng([len(leaf), N_CELLS]), []
    for at in range(N_CELLS):
        name = name_of_kind(leaf, at % N_LAYERS)
        dims = dims_of(name, config, len(IDS))
        assert dims is not None, name
        found.append(Cell(name, tuple(int(random.integers(size)) for size in dims)))
    return found


@pytest.mark.parametrize(("name", "leaf"), KINDS)
def test_the_sum_behind_each_kind_is_its_number(
    made: Callable[[str], Made], name: str, leaf: str
) -> None:
    """In every layer, from what `needs` names alone: the graph's number, to 1e-5 of its terms."""
    toy = made(name)
    captured = Captured(captured_of(toy))
    for cell in cells(toy.config, leaf):
        asked = needs(cell, toy.config, IDS)
        known = Captured({one: captured.arrays[one] for one, _ in asked.hooks})
        slices = {part: toy.slice(part) for part in asked.weights}
        found = sum_of(cell, toy.config, IDS, known, slices)

        if found.value == -np.inf:
            assert found.rule in {"masked", "out_of_window"}
            continue
        assert abs(found.total - found.value) <= BOUND * max(found.magnitude, NORMAL), found
        named = sum(term.value for term in found.terms)
        assert named + found.rest == pytest.approx(found.subtotal, rel=1e-12, abs=1e-12)
        assert all(np.isfinite(one.value) for term in found.terms for one in term.factors)


@cache
def captured_of(toy: Made) -> dict[str, Array]:
    """What the graph gave, once."""
    return toy.run()


def test_what_a_window_hides_has_no_sum(made: Callable[[str], Made]) -> None:
    """A key before the window is told apart from one after the query; a share adds up inside."""
    toy = made("toy")
    captured = Captured(captured_of(toy))
    rules = {}
    for key in (0, 4, 5, 6):
        cell = Cell("blocks.0.attn.hook_pattern", (1, 5, key))
        asked = needs(cell, toy.config, IDS)
        slices = {part: toy.slice(part) for part in asked.weights}
        rules[key] = sum_of(cell, toy.config, IDS, captured, slices)

    assert [found.rule for found in rules.values()] == [
        "out_of_window",
        "pattern",
        "pattern",
        "masked",
    ]
    assert len(rules[4].terms) == WINDOW


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("step", STEPS)
def test_the_walk_s_steps_stand(page: Callable[[str], NativePage], name: str, step: str) -> None:
    """Each of the nine steps is drawn with the toy's numbers, its code beside it."""
    shown = page(name)
    html = shown.turn_to(step)

    assert shown.state.chrome.error is None
    assert len(html) > 200
    assert "{" not in "".join(Reading(html).texts)
    told = "".join(Reading(code.render(shown.state)).texts)
    functions = code.functions_of(shown.state)
    assert functions
    for function in functions:
        assert code.source_of(function) in told


def test_the_code_is_the_family_s_own(page: Callable[[str], NativePage]) -> None:
    """The functions that only this description needs stand there, those of others do not."""
    shown = page("like-gemma")
    shown.turn_to("layers")
    functions = code.functions_of(shown.state)

    assert {reference.normed_heads, reference.normed_after, maths.gelu_new} <= set(functions)
    assert reference.plain_mlp not in functions
    shown.turn_to("embed")
    assert code.functions_of(shown.state) == (reference.embed_scaled,)


@pytest.mark.parametrize("name", TOYS)
def test_the_inside_of_a_block_has_every_hook(page: Callable[[str], NativePage], name: str) -> None:
    """The page of a block shows each of the toy's hooks by name."""
    shown = page(name)
    state = shown.state
    assert state.run.config is not None
    names = [hook_name(leaf, state.choice.layer) for leaf in hooks.block_leaves(state.run.config)]
    html = shown.open_block()

    assert all(f"{one}[" in html for one in names if leaf_of(one) not in inside.LEFT_OUT)


@pytest.mark.parametrize("name", TOYS)
def test_every_kind_can_be_opened_on_the_page(page: Callable[[str], NativePage], name: str) -> None:
    """The app fetches what a sum needs, and the panel has words, a formula and terms for it."""
    shown = page(name)
    assert shown.state.run.config is not None
    for leaf in rules_of(shown.state.run.config):
        named = name_of_kind(leaf, 2)
        dims = dims_of(named, shown.state.run.config, 5)
        assert dims is not None
        index = tuple(size // 2 for size in dims)
        cell = Cell(named, (index[0], 3, 2) if leaf in BY_HEAD else index)
        shown.trace(str(cell))
        tracing = shown.state.choice.sum

        assert isinstance(tracing, Tracing)
        assert tracing.message is None, (cell, tracing.message)
        assert tracing.sum is not None
        html = sums.render(shown.state)
        assert str(cell) in "".join(Reading(html).texts)
        assert "{" not in "".join(Reading(html).texts)


def config_on_hub(settings: Mapping[str, Any], _has_head: bool) -> ModelConfig:  # noqa: FBT001 - see HubFamily
    """The toy's sizes; its config.json says where the windows are."""
    windows = [WINDOW if kind == "local" else None for kind in settings["layer_types"]]
    layers = tuple(LayerConfig(window=window) for window in windows)
    return replace(TOYS["toy"].config(), layers=layers)


def test_a_hub_folder_of_it_is_read(
    made: Callable[[str], Made], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a row that says how it lies on the hub, a folder gives the toy's config and numbers."""
    toy = made("toy")
    ours = {re.sub(r"blocks\.\d+\.", "blocks.{l}.", name) for name in expected_dims(toy.config)}
    row = HubFamily(
        config_on_hub,
        {f"model.{name}": name for name in ours},
        lambda name, stored, _config: {name: stored},
    )
    monkeypatch.setitem(ARCHITECTURES, "ToyForCausalLM", row)
    stored = {f"model.{name}": x.dequantized() for name, x in toy.checkpoint.tensors.items()}
    save_file(stored, tmp_path / "model.safetensors")
    kinds = ["local", "global"] * (N_LAYERS // 2)
    settings = {"architectures": ["ToyForCausalLM"], "layer_types": kinds, "eos_token_id": 263}
    (tmp_path / "config.json").write_text(json.dumps(settings), "utf-8")
    tokenizer = json.dumps(toy.checkpoint.tokenizer)
    (tmp_path / "tokenizer.json").write_text(tokenizer, "utf-8")

    checkpoint = read_checkpoint(tmp_path, {})

    assert checkpoint.config == toy.config
    for name in expected_dims(toy.config):
        np.testing.assert_array_equal(checkpoint.weight(name), toy.checkpoint.weight(name))


def test_layers_are_read_and_written(made: Callable[[str], Made]) -> None:
    """A manifest keeps what each layer has of its own; where all are alike it says nothing."""
    manifest = made("like-gemma").manifest

    assert from_json(to_json(manifest)) == manifest
    kept = json.loads(to_json(manifest))["config"]["layers"][2]
    assert kept == {"window": None, "rotary_base": None, "is_turned": True}
    plain = manifest.config.to_json() | {"layers": ()}
    alike = ModelConfig.from_json(plain)
    assert "layers" not in alike.to_json()
    assert ModelConfig.from_json(alike.to_json()) == alike


def test_a_description_is_needed(made: Callable[[str], Made]) -> None:
    """A family that nobody described, and a wrong number of layers, are said in words."""
    data = made("toy").manifest.config.to_json()
    with pytest.raises(SourceError, match="of the family 'nobody', this version knows llama"):
        ModelConfig.from_json({**data, "family": "nobody"})
    with pytest.raises(SourceError, match="tells of 1 layers one by one and has 4"):
        ModelConfig.from_json({**data, "layers": data["layers"][:1]})
    with pytest.raises(SourceError, match="window is 0, expected a number above 0"):
        ModelConfig.from_json({**data, "layers": [{"window": 0}] * N_LAYERS})
