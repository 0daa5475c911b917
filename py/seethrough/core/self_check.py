"""Stored numbers of one short text, and how far from them this device computes.

The build makes them with the numpy reference in float64 (export/self_check.py), never with the
graph that the page runs. A safetensors file whose metadata has prompt, ids and bound: of some
layers `hook_resid_post` at the last position [d_model], and the last position's logits of some
tokens (`logits`, their ids in `logit_ids`), all float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core.errors import SourceError
from seethrough.core.hooks import LOGITS
from seethrough.core.recorded import kind, read_told
from seethrough.core.safetensors import METADATA, read_safetensors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.manifest import Manifest

LOGIT_IDS = "logit_ids"
# ‖Δ‖ / ‖reference‖: what float32 may round, and the most where it rounds more (tests/parity.py).
BOUND, MOST = 1e-5, 1e-4
# So many times further from float64 than numpy's own float32 a device may be.
SCATTER = 4.0


@dataclass(frozen=True)
class SelfCheck:
    """What one model computes of one text.

    `bound`: how far a vector may be off, as a share of its length. `logit_ids` are the tokens whose
    logits `expected["logits"]` has; the rest of `expected` are hooks at the last position.
    """

    prompt: str
    ids: tuple[int, ...]
    bound: float
    logit_ids: Array
    expected: Mapping[str, Array]

    @property
    def names(self) -> tuple[str, ...]:
        """The outputs to compare: hooks, and the logits."""
        return tuple(self.expected)

    @property
    def n_numbers(self) -> int:
        """How many numbers are compared."""
        return sum(array.size for array in self.expected.values())

    def compare(self, arrays: Mapping[str, Array]) -> Outcome:
        """How far the outputs of one run of `ids` are from what is stored.

        Shapes: hooks [pos, d_model], logits [unembed, d_vocab]; the last row counts.
        Returns: The largest ‖Δ‖ / ‖reference‖, and of which output; a NaN is infinitely far.
        """
        errors = {name: self._error(name, arrays[name][-1]) for name in self.names}
        hook = max(errors, key=errors.__getitem__)
        return Outcome(self.prompt, errors[hook], self.bound, hook, self.n_numbers)

    def _error(self, name: str, row: Array) -> float:
        got = row[self.logit_ids] if name == LOGITS else row
        return distance(self.expected[name], got)


@dataclass(frozen=True)
class Outcome:
    """What a check found: the largest difference, what is allowed, and where it was."""

    prompt: str
    largest: float
    bound: float
    hook: str
    n_numbers: int

    @property
    def is_ok(self) -> bool:
        """Whether this device computes the model's numbers."""
        return self.largest <= self.bound

    def told(self) -> dict[str, Any]:
        """The same for a script."""
        told = {"prompt": self.prompt, "max": self.largest, "bound": self.bound}
        return {**told, "hook": self.hook, "n_numbers": self.n_numbers, "ok": self.is_ok}


def distance(reference: Array, got: Array) -> float:
    """‖Δ‖ / ‖reference‖; infinite where a number is none, or all of the reference is zero."""
    expected = reference.astype(np.float64)
    with np.errstate(all="ignore"):
        share = np.linalg.norm(got - expected) / np.linalg.norm(expected)
    return float(share) if np.isfinite(share) else float("inf")


def bound_of(scatter: float) -> float:
    """How far off a device may be where float32 itself is off by `scatter`."""
    return float(np.clip(SCATTER * scatter, BOUND, MOST))


def self_check_from_bytes(data: bytes, manifest: Manifest) -> SelfCheck:
    """Read the file, and hold it to its model.

    Raises:
        SourceError: It cannot be read, or tells of tokens, hooks or widths that the model lacks.
    """
    metadata, arrays = read_safetensors(data)

    def read(told: Mapping[str, Any]) -> SelfCheck:
        ids = tuple(kind(item, int) for item in told["ids"])
        found = dict(arrays)
        words = found.pop(LOGIT_IDS)
        prompt, bound = kind(told["prompt"], str), kind(told["bound"], float)
        return SelfCheck(prompt, ids, bound, words, found)

    check = read_told(metadata, read)
    _hold(check, manifest)
    return check


def _hold(check: SelfCheck, manifest: Manifest) -> None:
    """Refuse a check that is none of this model."""
    config, words = manifest.config, check.logit_ids
    dims = dict.fromkeys(check.names, (config.d_model,)) | {LOGITS: words.shape}
    known = {*manifest.hooks, LOGITS}
    is_known = LOGITS in check.expected and known.issuperset(check.names)
    has_ids = bool(check.ids) and all(0 <= token < config.d_vocab for token in check.ids)
    are_words = words.dtype == np.int32 and words.ndim == 1 and words.size > 0
    if not (is_known and has_ids and are_words and 0 < check.bound <= MOST):
        raise SourceError("recording.unreadable", part=METADATA)
    if words.min() < 0 or words.max() >= config.d_vocab:
        raise SourceError("recording.unreadable", part=LOGIT_IDS)
    for name, array in check.expected.items():
        is_right = array.dtype == np.float32 and array.shape == dims[name]
        if not is_right or not np.isfinite(array).all():
            raise SourceError("recording.dims", name=name, got=array.shape, expected=dims[name])
