"""The weight modes: what each needs, by the manifest alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seethrough.core.errors import UnknownNameError
from seethrough.core.manifest import TensorEntry, TensorPart
from seethrough.core.modes import (
    EXACT,
    MODES,
    PAGE_BYTES,
    RUN_BYTES,
    SMALL,
    check_mode,
    mode_bytes,
    modes_of,
    needs_bytes,
)
from tests import parity
from tests.fake_engine import tiny_model

MANIFEST = tiny_model().manifest
MIB = 2**20
# Peak of Chromium's renderer with SmolLM2 open after a prompt of 64 tokens, as
# tests/bench measured it (2 threads), in MiB.
MEASURED = {EXACT: 1477, SMALL: 837}


# The same of models in 8-bit blocks, in the small mode: the page with SmolLM2-360M; seeded weights
# in two shapes, of which the engine was measured (932 and 965), with the page's share, 180.
Shape = tuple[int, int, int, int, int]  # layers, d_model, width of k and v, d_mlp, vocabulary
MEASURED_IN_BYTES: dict[Shape, int] = {
    (32, 960, 320, 2560, 49152): 2190,
    (30, 576, 192, 1536, 49152): 932 + 180,
    (8, 960, 320, 2560, 49152): 965 + 180,
}


def matrices(shape: Shape) -> tuple[TensorEntry, ...]:
    """A Llama's matrices of a shape, in 8-bit blocks of 32 rows."""
    n_layers, width, kv, wide, n_tokens = shape
    dims = [(width, width), (width, width), (width, kv), (width, kv)]
    dims = [(width, n_tokens)] + n_layers * [*dims, (width, wide), (width, wide), (wide, width)]
    return tuple(
        TensorEntry(
            f"w{at}",
            (rows, columns),
            "blocks",
            {
                "values": TensorPart("int8", (rows, columns), 0, rows * columns),
                "scale": TensorPart("float16", (rows // 32, columns), 0, rows * columns // 16),
            },
            32,
            0,
            0,
        )
        for at, (rows, columns) in enumerate(dims)
    )


def blocks(dtype: str, size_bytes: int) -> TensorEntry:
    """A matrix of 64 x 10 in blocks of 32 rows with a minimum."""
    parts = {
        "values": TensorPart(dtype, (64, 10), 0, size_bytes),
        "scale": TensorPart("float16", (2, 10), 0, 40),
        "minimum": TensorPart("float16", (2, 10), 0, 40),
    }
    return TensorEntry("w", (64, 10), "blocks", parts, 32, 0, -8)


def beside_page(mode: str, *entries: TensorEntry) -> int:
    """What a model of some tensors needs beside the page and the weight file."""
    manifest = replace(MANIFEST, tensors=entries)
    return needs_bytes(manifest, mode) - PAGE_BYTES - RUN_BYTES - manifest.weight_bytes


def test_the_exact_mode_holds_each_matrix_twice() -> None:
    """As float32, and packed while the first copy is still there."""
    assert beside_page(EXACT, blocks("int4", 320)) == 2 * 4 * 640


def test_the_small_mode_holds_bytes_and_one_matrix() -> None:
    """Four bits beside the bytes made of them, scales as float32, the largest matrix as float32."""
    scales = 2 * (40 + 4 * 20)
    assert beside_page(SMALL, blocks("int4", 320)) == 640 + 320 + scales + 4 * 640
    half = MANIFEST.weight_bytes // 2
    assert beside_page(SMALL, blocks("int8", 640)) == 640 + scales + 4 * 640 - half


@pytest.mark.parametrize(("shape", "measured"), MEASURED_IN_BYTES.items())
def test_matrices_in_bytes_are_float32_all_at_once(shape: Shape, measured: int) -> None:
    """Of models in 8-bit blocks the small mode's estimate is within a tenth of the measured."""
    entries = matrices(shape)
    size = sum(part.size_bytes for entry in entries for part in entry.parts.values())
    manifest = replace(MANIFEST, tensors=entries, weight_bytes=size)

    assert 0.95 * measured <= needs_bytes(manifest, SMALL) / MIB <= 1.10 * measured


def test_a_transposed_tensor_costs_nothing_of_its_own() -> None:
    """A tied unembedding is the embedding."""
    tied = TensorEntry("W_U", (10, 64), "transposed", {}, source="w")
    for mode in MODES:
        assert beside_page(mode, blocks("int8", 640), tied) == beside_page(
            mode, blocks("int8", 640)
        )


def test_plain_weights_need_the_same_in_both_modes() -> None:
    """Nothing is kept packed where nothing was."""
    plain = TensorEntry(
        "w", (64, 10), "plain", {"values": TensorPart("float16", (64, 10), 0, 1280)}
    )
    assert beside_page(SMALL, plain) == beside_page(EXACT, plain)
    assert list(mode_bytes(replace(MANIFEST, tensors=(plain,)))) == ["exact"]
    assert list(mode_bytes(MANIFEST)) == ["exact", "small"]


def test_what_the_engine_cannot_hold_unpacked_is_small() -> None:
    """4 GiB hold half a billion numbers not twice as float32; without blocks nothing would help."""
    part = TensorPart("int8", (480, 2**20), 0, 480 * 2**20)
    large = TensorEntry("w", (480, 2**20), "blocks", {"values": part}, 32, 0, 0)
    plain = TensorEntry("w", (960, 2**20), "plain", {"values": part})

    assert modes_of(MANIFEST) == MODES
    assert modes_of(replace(MANIFEST, tensors=(large,))) == MODES
    huge = replace(MANIFEST, tensors=(large, large))
    assert modes_of(huge) == (SMALL,)
    assert modes_of(replace(MANIFEST, tensors=(plain,))) == MODES


@pytest.mark.parametrize("mode", MODES)
def test_the_estimate_is_what_was_measured(mode: str) -> None:
    """Of the default model within a tenth, and never too little by more than a twentieth."""
    estimate = needs_bytes(parity.default_manifest(), mode) / MIB
    assert 0.95 * MEASURED[mode] <= estimate <= 1.10 * MEASURED[mode]


def test_an_unknown_mode_is_refused() -> None:
    """In a sentence that names the modes."""
    assert [check_mode(mode) for mode in MODES] == ["exact", "small"]
    with pytest.raises(UnknownNameError, match="exact, small"):
        check_mode("")
