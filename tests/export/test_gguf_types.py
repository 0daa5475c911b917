from __future__ import annotations

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType
from hypothesis import given, settings
from hypothesis import strategies as st

from export.gguf_types import IN_BLOCKS, SUPPORTED, unpack
from export.pack import WeightPack


@pytest.mark.parametrize("kind", IN_BLOCKS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), n_rows=st.integers(1, 5), n_blocks=st.integers(1, 3))
def test_any_bytes_are_the_gguf_packages_numbers(
    kind: str, seed: int, n_rows: int, n_blocks: int
) -> None:
    """Rows of any bytes of a type are what gguf's own dequantisation makes of them, bit for bit."""
    stored = GGMLQuantizationType[kind]
    n_in, n_bytes = gguf.GGML_QUANT_SIZES[stored]
    data = np.random.default_rng(seed).integers(0, 256, (n_rows, n_blocks * n_bytes), np.uint8)

    ours = unpack(kind, data, (n_rows, n_blocks * n_in))

    assert ours is not None
    with np.errstate(all="ignore"):
        got, expected = ours.dequantized(), gguf.dequantize(data, stored)
    assert got.dtype == np.float32
    assert np.array_equal(got, expected, equal_nan=True)


def test_the_types_are_the_gguf_packages() -> None:
    """Each type has the name and the size of a block that gguf gives it; others are None."""
    for kind in SUPPORTED:
        assert kind in GGMLQuantizationType.__members__
    for kind, (n_bytes, _) in IN_BLOCKS.items():
        assert gguf.GGML_QUANT_SIZES[GGMLQuantizationType[kind]][1] == n_bytes
    assert unpack("IQ4_XS", np.zeros((1, 136), np.uint8), (1, 256)) is None


# What a type costs on the disk and in the download, in bits a number.
@pytest.mark.parametrize(
    ("kind", "bits"),
    [
        ("Q8_0", 8.5),
        ("Q4_0", 4.5),
        ("Q4_1", 5),
        ("Q5_0", 8.5),
        ("Q5_1", 9),
        ("Q4_K", 6),
        ("Q5_K", 10),
        ("Q6_K", 10),
    ],
)
def test_what_a_type_costs(kind: str, bits: float) -> None:
    """So many bits a number are shipped, as README says."""
    n_in, n_bytes = gguf.GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
    stored = unpack(kind, np.zeros((64, 512 // n_in * n_bytes), np.uint8), (64, 512))
    pack = WeightPack()
    assert stored is not None
    pack.add("W", stored)

    assert sum(part.size_bytes for part in pack.entries["W"].parts.values()) * 8 == bits * 64 * 512
