"""A recorded walk's further parts: there and back, and everything that is wrong is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save

from export.record_parts import cut, file_of_part
from seethrough.core import hooks
from seethrough.core.captured import Captured
from seethrough.core.errors import SourceError
from seethrough.core.parts import (
    LAYERS_PART,
    LOGITS_PART,
    PARTS,
    Part,
    part_from_bytes,
    part_metadata,
    write_names,
)
from seethrough.core.recorded import METADATA_KEY
from seethrough.core.reference import forward, from_arrays
from tests.fake_engine import tiny_model
from tests.recorded import PROMPT, parts, recorded

if TYPE_CHECKING:
    from seethrough.core.cache import Array

MODEL = tiny_model()
CONFIG = MODEL.config
IDS = MODEL.tokenizer.encode(PROMPT)
LAST = len(IDS) - 1
WALK = recorded()
MADE = parts()
LOGITS, LAYERS = MADE[LOGITS_PART], MADE[LAYERS_PART]


def told(made: Part, **changes: Any) -> bytes:  # noqa: ANN401 - JSON
    """A part's file with something else in its metadata."""
    inner = json.loads(part_metadata(made)[METADATA_KEY]) | changes
    return save(dict(made.arrays), metadata={METADATA_KEY: json.dumps(inner)})


def with_array(part: Part, name: str, array: Array | None) -> bytes:
    """A part's file with another array, or without one."""
    kept = {**part.arrays, name: array}
    given = {name: array for name, array in kept.items() if array is not None}
    return save(given, metadata=part_metadata(part))


def refusal(data: bytes) -> str:
    """The key of the sentence with which a file is refused, read or held against its walk."""
    with pytest.raises(SourceError) as caught:
        part_from_bytes(data).check_against(WALK, CONFIG)
    assert str(caught.value)
    return caught.value.key


@pytest.mark.parametrize("name", PARTS)
def test_a_part_comes_back_whole(name: str) -> None:
    """Every field and every number survives the file, which fits its recording."""
    read = part_from_bytes(file_of_part(MADE[name]))

    read.check_against(WALK, CONFIG)
    for field in Part.__dataclass_fields__:
        if field != "arrays":
            assert getattr(read, field) == getattr(MADE[name], field), field
    assert read.arrays.keys() == MADE[name].arrays.keys()
    for key, array in MADE[name].arrays.items():
        assert read.arrays[key].tobytes() == array.tobytes(), key


def test_what_the_logits_part_adds_is_the_run_s() -> None:
    """All embeddings, the final norm, all logits of the last token; rows of W_U under their ids."""
    captured, _ = forward(CONFIG, from_arrays(MODEL.arrays), IDS)
    got = Captured().with_more(*LOGITS.more(WALK))

    for position in range(len(IDS)):
        np.testing.assert_array_equal(
            got.row(hooks.EMBED, position), captured[hooks.EMBED][position]
        )
    for name in (*hooks.FINAL_LEAVES, hooks.LOGITS):
        np.testing.assert_array_equal(got.row(name, LAST), captured[name][LAST])
        assert got.row(name, LAST - 1) is None
    for item in WALK.top:
        np.testing.assert_array_equal(got.row("W_U", item.id), MODEL.arrays["W_U"][:, item.id])
    assert got.row("W_U", next(i for i in range(300) if i not in {c.id for c in WALK.top})) is None


def test_what_the_layers_part_adds_is_the_run_s() -> None:
    """What each layer wrote at the recorded positions, under the positions that it has."""
    captured, _ = forward(CONFIG, from_arrays(MODEL.arrays), IDS)
    got = Captured().with_more(*LAYERS.more(WALK))

    assert LAYERS.positions == WALK.positions
    for name in write_names(CONFIG):
        assert got.row(name, 0) is None
        for position in WALK.positions:
            np.testing.assert_array_equal(got.row(name, position), captured[name][position])
    assert not got.has(hooks.TOP_IDS)


def test_the_lens_is_each_state_s_unembedding() -> None:
    """The best five of each residual state, with exact probabilities; the last are the walk's."""
    states = [(layer, LAST) for layer in range(CONFIG.n_layers + 1)]
    captured, _ = forward(CONFIG, from_arrays(MODEL.arrays), IDS, unembed=states)

    for best, logits in zip(LAYERS.lens, captured[hooks.LOGITS].astype(np.float64), strict=True):
        assert [item.id for item in best] == np.argsort(-logits, kind="stable")[:5].tolist()
        probs = np.exp(logits) / np.exp(logits).sum()
        for item in best:
            assert item.logit == logits[item.id]
            assert item.prob == pytest.approx(probs[item.id], rel=1e-5)
            assert item.text == MODEL.tokenizer.decode([item.id], at_start=False)
    assert [item.id for item in LAYERS.lens[-1]] == [item.id for item in WALK.top[:5]]


def test_its_words_are_the_vocabulary_s() -> None:
    """The best tokens are named, best first, as the tokeniser shows them."""
    logits = forward(CONFIG, from_arrays(MODEL.arrays), IDS)[0][hooks.LOGITS][LAST]

    read = part_from_bytes(file_of_part(LOGITS)).words
    assert list(read) == np.argsort(-logits, kind="stable")[:500].tolist()
    assert all(shown == MODEL.tokenizer.visible(token) for token, shown in read.items())


@pytest.mark.parametrize("name", PARTS)
def test_a_shorter_part_is_as_good(name: str) -> None:
    """Cut to its last position it fits the recording, and says which one it has."""
    short = cut(MADE[name], len(MADE[name].positions) - 1)
    read = part_from_bytes(file_of_part(short))

    read.check_against(WALK, CONFIG)
    assert read.positions == (LAST,)
    got = Captured().with_more(*read.more(WALK))
    first = hooks.EMBED if name == LOGITS_PART else write_names(CONFIG)[0]
    assert got.row(first, 0) is None
    np.testing.assert_array_equal(got.row(first, LAST), MADE[name].arrays[first][-1])


def test_logits_may_be_left_out() -> None:
    """A vocabulary too large for 400 KB: the rest of the part is there."""
    arrays = {name: array for name, array in LOGITS.arrays.items() if name != hooks.LOGITS}
    read = part_from_bytes(file_of_part(replace(LOGITS, arrays=arrays)))

    read.check_against(WALK, CONFIG)
    assert Captured().with_more(*read.more(WALK)).row(hooks.LOGITS, LAST) is None


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("length", [0, 7, 300, -1])
def test_a_cut_part_is_refused(name: str, length: int) -> None:
    """One sentence, nothing half-read; a byte too many is no better."""
    data = file_of_part(MADE[name])

    assert refusal(data[:length]) == "recording.unreadable"
    assert refusal(data + b"\0") == "recording.unreadable"


@pytest.mark.parametrize("inner", ["", "{", "[]", "3", "[" * 100_000], ids=lambda text: text[:9])
def test_another_safetensors_file_is_refused(inner: str) -> None:
    """Weights, or metadata that is not a part's; a recording is no part."""
    assert refusal(save(dict(LOGITS.arrays))) == "recording.unreadable"
    assert refusal(save(dict(LOGITS.arrays), metadata={METADATA_KEY: inner})) == (
        "recording.unreadable"
    )


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"format": 1}, "recording.format"),
        ({"part": "more"}, "recording.unreadable"),
        ({"part": 3}, "recording.unreadable"),
        ({"part": LAYERS_PART}, "recording.unreadable"),
        ({"recording": "another"}, "recording.other_part"),
        ({"graph_sha256": "1" * 64}, "recording.other_part"),
        ({"shard_sha256s": []}, "recording.other_part"),
        ({"shard_sha256s": None}, "recording.unreadable"),
        ({"ids": IDS[:-1]}, "recording.other_part"),
        ({"ids": [1.0]}, "recording.unreadable"),
        ({"positions": []}, "recording.unreadable"),
        ({"positions": [4, 3]}, "recording.unreadable"),
        ({"positions": [0, 1, 2, 3, 5]}, "recording.unreadable"),
        ({"positions": [3, 4]}, "recording.dims"),
        ({"lens": [[["a", "a"]]]}, "recording.unreadable"),
        ({"words": None}, "recording.unreadable"),
        ({"words": [[300, "a"]]}, "recording.unreadable"),
        ({"words": [[-1, "a"]]}, "recording.unreadable"),
        ({"words": [["a", "a"]]}, "recording.unreadable"),
        ({"words": [[1, 2]]}, "recording.unreadable"),
    ],
    ids=str,
)
def test_metadata_that_means_nothing_is_refused(changes: dict[str, Any], key: str) -> None:
    """Another version, recording, model or prompt, positions that are not there, other kinds."""
    assert refusal(told(LOGITS, **changes)) == key


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"part": LOGITS_PART}, "recording.unreadable"),
        ({"lens": []}, "recording.dims"),
        ({"lens": None}, "recording.dims"),
        ({"lens": 3}, "recording.unreadable"),
        ({"lens": [[]] * 3}, "recording.unreadable"),
        ({"lens": [[["a", "a"]] * 5] * 2}, "recording.unreadable"),
        ({"lens": [[["a", 1]] * 5] * 3}, "recording.unreadable"),
        ({"positions": [4]}, "recording.dims"),
    ],
    ids=str,
)
def test_a_lens_that_means_nothing_is_refused(changes: dict[str, Any], key: str) -> None:
    """As many words as numbers, each of its kind."""
    assert refusal(told(LAYERS, **changes)) == key


@pytest.mark.parametrize(
    ("part", "name", "array", "key"),
    [
        (LOGITS, "more", np.ones(4, np.float32), "recording.unreadable"),
        (LOGITS, hooks.EMBED, None, "recording.unreadable"),
        (LOGITS, hooks.EMBED, np.ones((5, 31), np.float32), "recording.dims"),
        (LOGITS, hooks.POS_EMBED, np.ones((5, 32), np.float32), "recording.unreadable"),
        (LOGITS, hooks.FINAL_SCALE, np.ones((1, 32), np.float32), "recording.dims"),
        (LOGITS, hooks.FINAL_OUT, np.full((1, 32), np.nan, np.float32), "recording.not_finite"),
        (LOGITS, hooks.LOGITS, np.ones((1, 299), np.float32), "recording.dims"),
        (LOGITS, hooks.LOGITS, np.ones((1, 300), np.float32), "recording.other_part"),
        (LOGITS, hooks.LOGITS, np.full((1, 300), np.inf, np.float32), "recording.not_finite"),
        (LOGITS, "W_U", np.ones((9, 32), np.float32), "recording.dims"),
        (LOGITS, "W_U", np.ones((10, 32), np.int32), "recording.dims"),
        (LAYERS, "blocks.1.hook_mlp_out", None, "recording.unreadable"),
        (LAYERS, "blocks.1.hook_mlp_out", np.ones((1, 32), np.float32), "recording.dims"),
        (LAYERS, "blocks.2.hook_mlp_out", np.ones((2, 32), np.float32), "recording.unreadable"),
        (LAYERS, hooks.TOP_IDS, np.full((3, 5), 300, np.int32), "recording.unreadable"),
        (LAYERS, hooks.TOP_IDS, np.full((3, 5), -1, np.int32), "recording.unreadable"),
        (LAYERS, hooks.TOP_IDS, np.ones((3, 5), np.float32), "recording.dims"),
        (LAYERS, hooks.TOP_VALUES, np.ones((3, 4), np.float32), "recording.unreadable"),
        (LAYERS, hooks.TOP_VALUES, np.full((3, 5), 3e38, np.float32), "recording.not_finite"),
        (LAYERS, hooks.LOGSUMEXP, np.full(3, np.nan, np.float32), "recording.not_finite"),
        (LAYERS, hooks.LOGSUMEXP, np.ones((3, 1), np.float32), "recording.unreadable"),
        (LAYERS, hooks.LOGSUMEXP, None, "recording.unreadable"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    part: Part, name: str, array: Array | None, key: str
) -> None:
    """Another model's dims, one missing or too many, NaN or infinity, tokens that are not there."""
    assert refusal(with_array(part, name, array)) == key


def test_a_part_of_another_family_is_refused() -> None:
    """A model with learned positions has one more array."""
    learned = replace(CONFIG, family="gpt2")

    with pytest.raises(SourceError, match="hook_pos_embed"):
        LOGITS.check_against(WALK, learned)


def test_the_same_part_gives_the_same_bytes() -> None:
    """Its one metadata entry and its arrays are in one order."""
    assert all(file_of_part(MADE[name]) == file_of_part(parts()[name]) for name in PARTS)
