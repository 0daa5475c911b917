"""What one run captured: hook name -> array, checked against the hook table on the way in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core.hooks import axis_sizes, check_dims, check_hook_names

if TYPE_CHECKING:
    from seethrough.core.config import ModelConfig

Array = np.ndarray[Any, np.dtype[Any]]


class ActivationCache(Mapping[str, Array]):
    """A read-only mapping from hook name to array, without a batch axis.

    `cache["blocks.3.attn.hook_pattern"]` is [head, query_pos, key_pos].

    Args:
        arrays: The captured arrays; each is made read-only.
        n_past: Cached positions before the first captured one.
        n_unembed: Residual states that went through the unembedding.
        top_k: How many of the best logits were asked for.

    Raises:
        UnknownNameError: A name is not a hook of the model.
        ShapeError: An array's dims are not the hook's.
    """

    def __init__(
        self,
        config: ModelConfig,
        arrays: Mapping[str, Array],
        *,
        n_pos: int,
        n_past: int = 0,
        n_unembed: int = 1,
        top_k: int = 1,
        model: str = "this model",
    ) -> None:
        self.config = config
        self.n_pos = n_pos
        self.n_past = n_past
        sizes = axis_sizes(config, n_pos=n_pos, n_past=n_past, n_unembed=n_unembed, top_k=top_k)
        for spec in check_hook_names(arrays, config, model):
            check_dims(spec, arrays[spec.name].shape, sizes)
        self._arrays = {name: _read_only(array) for name, array in arrays.items()}

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        return f"ActivationCache({len(self)} hooks, {self.n_pos} positions after {self.n_past})"


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view
