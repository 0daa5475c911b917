"""Costs: every count equals what the numpy reference multiplies, counted while it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seethrough.core import cost
from seethrough.core.reference import forward, from_arrays
from seethrough.core.weight_names import expected_dims
from tests.view.walk_sample import FAMILIES, config_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.config import ModelConfig

IDS = (5, 17, 4, 200, 9, 31, 8)


class Counted(np.ndarray[Any, np.dtype[Any]]):
    """An array that counts the multiply-adds of every matrix product that it takes part in."""

    done = 0
    __array_priority__ = 1.0  # np.concatenate keeps the kind, too

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - numpy's own protocol
        """Compute as numpy does, and count."""
        plain = [item.view(np.ndarray) if isinstance(item, Counted) else item for item in inputs]
        kwargs = {
            name: tuple(map(np.asarray, value)) if name == "out" else value
            for name, value in kwargs.items()
        }
        result = getattr(ufunc, method)(*plain, **kwargs)
        if ufunc is np.matmul:
            Counted.done += result.size * plain[0].shape[-1]
        return result.view(Counted) if isinstance(result, np.ndarray) else result


def weights(config: ModelConfig) -> Mapping[str, Counted]:
    """Weights of any values: the count does not depend on them."""
    named = expected_dims(config).items()
    return {name: np.ones(dims, np.float32).view(Counted) for name, dims in named}


def counted(config: ModelConfig, n_new: int, n_past: int, n_unembed: int) -> int:
    """Multiply-adds that the reference does over the first ids, some of them in the cache."""
    source = from_arrays(weights(config))
    past = forward(config, source, IDS[:n_past])[1] if n_past else ()
    Counted.done = 0
    unembed = [(config.n_layers, n_new - 1 - at) for at in range(n_unembed)]
    forward(config, source, IDS[n_past : n_past + n_new], past=past, unembed=unembed)
    return Counted.done


@pytest.mark.parametrize("is_tied", [True, False])
@pytest.mark.parametrize(
    ("n_new", "n_past", "n_unembed"), [(1, 0, 1), (7, 0, 1), (7, 0, 7), (1, 6, 1), (3, 2, 2)]
)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_matrix_product_is_counted(
    family: str, n_new: int, n_past: int, n_unembed: int, *, is_tied: bool
) -> None:
    """A pass costs what the reference multiplies, in both families, with a cache and without."""
    config = replace(config_of(family), tie_word_embeddings=is_tied)

    told = cost.multiply_adds(config, n_new, n_past, n_unembed=n_unembed)

    assert told == counted(config, n_new, n_past, n_unembed)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_continuation_is_the_sum_of_its_passes(family: str) -> None:
    """Three tokens after a prompt of four: the prompt at once and two more; or all again."""
    config = config_of(family)
    kept = counted(config, 4, 0, 1) + counted(config, 1, 4, 1) + counted(config, 1, 5, 1)
    again = counted(config, 4, 0, 1) + counted(config, 5, 0, 1) + counted(config, 6, 0, 1)

    assert cost.continuation_cost(config, 4, 3) == kept
    assert cost.continuation_cost(config, 4, 3, keeps=False) == again
    assert cost.continuation_cost(config, 4, 0) == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_bytes_are_those_of_the_arrays(family: str) -> None:
    """The cache is as large as the keys and values that the reference hands on."""
    config = config_of(family)
    _, present = forward(config, from_arrays(weights(config)), IDS)

    held = sum(keys.nbytes + values.nbytes for keys, values in present)

    assert cost.cache_bytes(config, len(IDS)) == held
    assert cost.cache_bytes(config) * len(IDS) == held


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_read_are_all_matrices(family: str) -> None:
    """Each matrix once, the unembedding too, the tables of rows not."""
    config = config_of(family)
    tables = {"W_E", "W_pos"}
    read = sum(
        array.nbytes
        for name, array in weights(config).items()
        if array.ndim == 2 and name not in tables
    )

    assert cost.weight_bytes(config) == read + 4 * config.d_model * config.d_vocab


def test_smollm2_in_known_numbers() -> None:
    """SmolLM2 keeps 46 080 bytes a token; its matrices have 134.5 million numbers."""
    config = replace(
        config_of("llama"),
        d_model=576,
        n_layers=30,
        n_heads=9,
        n_key_value_heads=3,
        d_head=64,
        d_mlp=1536,
        d_vocab=49152,
    )

    assert cost.cache_bytes(config) == 46_080
    assert cost.weight_bytes(config) == 4 * 134_479_872
