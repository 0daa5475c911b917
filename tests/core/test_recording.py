from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save

from seethrough.core import film, hooks
from seethrough.core.assets import GRAPH, WEIGHTS, Asset
from seethrough.core.errors import SourceError
from seethrough.core.recorded import METADATA_KEY
from seethrough.core.recording import (
    NORMS,
    Recording,
    from_bytes,
    packed,
    stream_names,
    to_metadata,
    unpacked,
)
from seethrough.core.reference import forward, from_arrays
from tests.fake_engine import tiny_model, true_logits
from tests.recorded import PROMPT, file_of, recorded

if TYPE_CHECKING:
    from seethrough.core.cache import Array

MODEL = tiny_model()
IDS = MODEL.tokenizer.encode(PROMPT)
MADE = recorded()
OTHER_FILM = film.to_json(recorded(prompt="an other").film)


def told(**changes: Any) -> bytes:  # noqa: ANN401 - JSON
    """The recording's file with something else in its metadata."""
    inner = json.loads(to_metadata(MADE)[METADATA_KEY]) | changes
    return save(dict(MADE.arrays), metadata={METADATA_KEY: json.dumps(inner)})


def test_a_recording_comes_back_whole() -> None:
    """Every field and every number survives the file."""
    read = from_bytes(file_of(MADE))

    for name in Recording.__dataclass_fields__:
        if name != "arrays":
            assert getattr(read, name) == getattr(MADE, name), name
    assert read.arrays.keys() == MADE.arrays.keys()
    for name, array in MADE.arrays.items():
        assert read.arrays[name].tobytes() == np.ascontiguousarray(array).tobytes(), name


def test_its_numbers_are_the_run_s() -> None:
    """Stream, pattern and norms by position and layer are the forward pass's own, exactly."""
    captured, _ = forward(MODEL.config, from_arrays(MODEL.arrays), IDS)
    read = from_bytes(file_of(MADE))

    stream = np.stack([captured[name] for name in stream_names(2)])
    np.testing.assert_array_equal(read.resid(), stream[:, [3, 4]])
    np.testing.assert_array_equal(read.pattern(0), captured["blocks.0.attn.hook_pattern"])
    lengths = np.sqrt((stream.astype(np.float64) ** 2).sum(axis=2))
    np.testing.assert_array_equal(read.norms, lengths.astype(np.float32))
    assert (read.n_layers, read.ids) == (2, tuple(IDS))


def test_each_step_of_the_continuation_keeps_what_it_could_have_said() -> None:
    """The ten best of each step, exact logits and probabilities, the taken one first."""
    ids = list(IDS)
    for step in from_bytes(file_of(MADE)).continuation:
        logits = true_logits(MODEL, ids)
        probs = np.exp(logits.astype(np.float64)) / np.exp(logits.astype(np.float64)).sum()
        best = np.argsort(-logits, kind="stable")[:10].tolist()
        assert [item.id for item in step.candidates] == best
        assert [item.logit for item in step.candidates] == logits[best].tolist()
        assert [item.prob for item in step.candidates] == pytest.approx(probs[best].tolist())
        assert step.entropy == pytest.approx(-(probs * np.log2(probs)).sum(), rel=1e-6)
        assert (step.id, step.elapsed_ms) == (best[0], 0.0)
        ids.append(step.id)


def test_a_recording_without_entropy_is_read() -> None:
    """Older recordings tell a step without how unsure the model was: it is not known then."""
    bare = replace(
        MADE, continuation=tuple(replace(step, entropy=None) for step in MADE.continuation)
    )

    assert from_bytes(file_of(bare)).continuation == bare.continuation


def test_its_film_is_the_tokeniser_s() -> None:
    """Word by word and merge by merge, and it ends in the recorded ids."""
    read = from_bytes(file_of(MADE))

    assert read.film == film.film_of(MODEL.tokenizer, PROMPT)
    assert tuple(token for word in read.film.words for token in word.ids) == read.ids


def test_a_candidate_that_the_model_has_not_is_refused() -> None:
    """Ids of every step's candidates are the vocabulary's."""
    step = MADE.continuation[0]
    strange = replace(step.candidates[0], id=MODEL.config.d_vocab)
    other = replace(step, candidates=(strange,))

    with pytest.raises(SourceError, match="was not made with these files"):
        replace(MADE, continuation=(other,)).check_against(MODEL.manifest)


def test_what_it_gives_is_frozen() -> None:
    """Nothing that a panel gets can be written into."""
    read = from_bytes(file_of(MADE))

    for array in (read.resid(), read.pattern(0), read.norms):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize("side", [1, 2, 5])
def test_a_triangle_unpacks_to_the_pattern(side: int) -> None:
    """The masked cells are 0 and every other one is where it was."""
    pattern = np.tril(np.arange(1.0, 1 + 3 * side * side, dtype=np.float32).reshape(3, side, side))

    np.testing.assert_array_equal(unpacked(packed(pattern), side), pattern)


def refusal(data: bytes) -> str:
    """The key of the sentence with which a file is refused."""
    with pytest.raises(SourceError) as caught:
        from_bytes(data)
    assert str(caught.value)
    return caught.value.key


@pytest.mark.parametrize("length", [0, 7, 300, -1])
def test_a_cut_recording_is_refused(length: int) -> None:
    """One sentence, nothing half-read; a byte too many is no better."""
    data = file_of(MADE)

    assert refusal(data[:length]) == "recording.unreadable"
    assert refusal(data + b"\0") == "recording.unreadable"


@pytest.mark.parametrize("inner", ["", "{", "[]", "3", "[" * 100_000], ids=lambda text: text[:9])
def test_another_safetensors_file_is_refused(inner: str) -> None:
    """Weights, or metadata that is not a recording's."""
    assert refusal(save(dict(MADE.arrays))) == "recording.unreadable"
    assert refusal(save(dict(MADE.arrays), metadata={METADATA_KEY: inner})) == (
        "recording.unreadable"
    )


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"format": 1}, "recording.format"),
        ({"format": 3}, "recording.format"),
        ({"format": None}, "recording.format"),
        ({"chat": "no"}, "recording.unreadable"),
        ({"tokens": []}, "recording.unreadable"),
        ({"tokens": None}, "recording.unreadable"),
        ({"tokens": [[1, "a", "a"]] * 5}, "recording.unreadable"),
        ({"positions": [3, 2]}, "recording.unreadable"),
        ({"positions": [2, 99]}, "recording.unreadable"),
        ({"positions": [-1, 2]}, "recording.unreadable"),
        ({"positions": []}, "recording.unreadable"),
        ({"positions": [3]}, "recording.dims"),
        ({"layers": [1]}, "recording.unreadable"),
        ({"layers": [2]}, "recording.unreadable"),
        ({"layers": []}, "recording.unreadable"),
        ({"top": []}, "recording.unreadable"),
        ({"continuation": [[1, "a", "a", 0.5, 0]]}, "recording.unreadable"),
        ({"continuation": [[1, "a", "a", "much", 0, []]]}, "recording.unreadable"),
        ({"continuation": [[1, "a", "a", float("nan"), 0, []]]}, "recording.not_finite"),
        ({"continuation": [[1, "a", "a", 0.5, 0, 3]]}, "recording.unreadable"),
        ({"continuation": [[1, "a", "a", 0.5, 0, [[1, "a", "a", 2.0]]]]}, "recording.unreadable"),
        (
            {"continuation": [[1, "a", "a", 0.5, 0, [[1, "a", "a", 2, 0.5]]]]},
            "recording.unreadable",
        ),
        (
            {"continuation": [[1, "a", "a", 0.5, 0, [[1, "a", "a", float("inf"), 0.5]]]]},
            "recording.not_finite",
        ),
        ({"continuation": [[1, "a", "a", 1.5, 0, []]]}, "recording.unreadable"),
        ({"continuation": [[1, "a", "a", -0.5, 0, []]]}, "recording.unreadable"),
        ({"continuation": [[1, "a", "a", 0.5, -1, []]]}, "recording.unreadable"),
        (
            {"continuation": [[1, "a", "a", 0.5, 0, [[1, "a", "a", 2.0, 1.5]]]]},
            "recording.unreadable",
        ),
        ({"continuation": [[1, "a", "a", 0.5, 0, [], -1.0]]}, "recording.unreadable"),
        ({"continuation": [[1, "a", "a", 0.5, 0, [], 1.0, 1.0]]}, "recording.unreadable"),
        ({"continuation": [[1, "a", "a", 0.5, 0, [], float("nan")]]}, "recording.not_finite"),
        ({"stop": "no reason"}, "recording.unreadable"),
        ({"stop": 3}, "recording.unreadable"),
        ({"film": None}, "recording.unreadable"),
        ({"film": {}}, "recording.unreadable"),
        ({"film": OTHER_FILM}, "recording.unreadable"),
    ],
    ids=str,
)
def test_metadata_that_means_nothing_is_refused(changes: dict[str, Any], key: str) -> None:
    """Another version, positions or layers that are not there, values of another kind."""
    assert refusal(told(**changes)) == key


@pytest.mark.parametrize(
    ("name", "array", "key"),
    [
        ("resid_norms", None, "recording.unreadable"),
        ("resid_norms", np.ones((2, 5), np.float32), "recording.unreadable"),
        ("resid_norms", np.ones((1, 5), np.float32), "recording.unreadable"),
        ("resid_norms", np.ones(4, np.float32), "recording.unreadable"),
        ("more", np.ones(4, np.float32), "recording.unreadable"),
        ("logits_top_ids", np.ones((1, 10), np.float32), "recording.dims"),
        ("logits_top_values", np.full((1, 10), 3e38, np.float32), "recording.not_finite"),
        ("logits_logsumexp", np.ones(2, np.float32), "recording.unreadable"),
        ("logits_logsumexp", np.array([np.inf], np.float32), "recording.not_finite"),
        ("blocks.0.hook_resid_pre", None, "recording.unreadable"),
        ("blocks.1.hook_resid_pre", np.ones((2, 31), np.float32), "recording.dims"),
        ("blocks.1.hook_resid_pre", np.full((2, 32), np.nan, np.float32), "recording.not_finite"),
        ("blocks.0.attn.hook_pattern", np.ones((4, 9), np.float32), "recording.dims"),
        ("blocks.0.attn.hook_pattern", np.ones(40, np.float32), "recording.unreadable"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(name: str, array: Array | None, key: str) -> None:
    """Dims that differ from the rest, one missing or too many, NaN or infinity."""
    kept = {**MADE.arrays, name: array}
    given = {name: array for name, array in kept.items() if array is not None}

    assert refusal(save(given, metadata=to_metadata(MADE))) == key


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "header"),
        (file_of(MADE) + b"\0", "data_offsets"),
        (save(dict(MADE.arrays)), "__metadata__"),
        (told(layers=[2]), "layers"),
        (save({"more": np.ones(1, np.int64)}, metadata=to_metadata(MADE)), "more"),
        (save({"more": np.ones(1, np.float32)}, metadata=to_metadata(MADE)), "logits_top_values"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_refusal_names_the_damaged_part(data: bytes, part: str) -> None:
    """By its name in the file, the same in every language."""
    with pytest.raises(SourceError, match=f"its part '{part}' is damaged"):
        from_bytes(data)


def altered(kind: str) -> tuple[Asset, ...]:
    """The model's files, those of a kind with another hash."""
    return tuple(
        replace(asset, sha256="1" * 64) if asset.kind == kind else asset
        for asset in MODEL.manifest.assets
    )


def test_its_own_manifest_lets_it_through() -> None:
    """A recording belongs to the files that it was made with."""
    MADE.check_against(MODEL.manifest)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "other"},
        {"assets": altered(GRAPH)},
        {"assets": altered(WEIGHTS)},
        {"assets": (*MODEL.manifest.assets, *MODEL.manifest.shards)},
        *[
            {"config": replace(MODEL.config, **{name: size})}
            for name, size in (
                ("n_layers", 3),
                ("d_model", 64),
                ("n_heads", 8),
                ("d_vocab", 100),
                ("n_ctx", 3),
            )
        ],
    ],
)
def test_another_export_s_recording_is_refused(changes: dict[str, Any]) -> None:
    """Numbers of another graph, other weights or another model are never shown as this one's."""
    with pytest.raises(SourceError, match="was not made with these files of Tiny 7"):
        MADE.check_against(replace(MODEL.manifest, **changes))


def test_the_metadata_is_one_entry() -> None:
    """The library writes several in any order: with one the same input gives the same bytes."""
    assert len(to_metadata(MADE)) == 1
    assert file_of(MADE) == file_of(recorded())
    assert {NORMS, hooks.TOP_IDS} <= MADE.arrays.keys()
