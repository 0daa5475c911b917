"""The two ways to hold the same weights while they run, and the memory that each needs.

"exact" turns blocks of small integers into float32 once, when the model is opened: fastest. "small"
keeps them as bytes and turns each matrix into float32 at every run, with the same arithmetic:
both give the same numbers up to rounding (ROUNDING), from the same files.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.core.errors import UnknownNameError

if TYPE_CHECKING:
    from seethrough.core.manifest import Manifest, TensorEntry

EXACT = "exact"
SMALL = "small"
MODES = (EXACT, SMALL)
# ‖Δ‖ / ‖exact‖ between the modes, at most, of any hook at any position. Measured on the 14 prompts
# of tests/parity.py: below 1e-5 but for six vectors, where float32 itself scatters, and 2.8e-5
# there; probabilities within 6e-6. tests/browser/test_modes.py holds the page to it.
ROUNDING = 5e-5
# Fitted to Chromium's renderer with SmolLM2 (tests/bench): the page with Python in it, and what
# ONNX Runtime, its graph and the activations of a long prompt take beside the weights.
PAGE_BYTES = 280 * 2**20
RUN_BYTES = 130 * 2**20
FLOAT_BYTES = 4
# What the engine can hold: WebAssembly has addresses of 32 bits.
ENGINE_BYTES = 4 * 2**30


def check_mode(name: str) -> str:
    """The mode, when there is one of this name.

    Raises:
        UnknownNameError: There is none.
    """
    if name not in MODES:
        raise UnknownNameError("modes.unknown", name=name, known=", ".join(MODES))
    return name


def mode_bytes(manifest: Manifest) -> dict[str, int]:
    """What each mode needs; a model without blocks has nothing to keep packed, and one mode."""
    has_blocks = any(entry.layout == "blocks" for entry in manifest.tensors)
    modes = MODES if has_blocks else (EXACT,)
    return {mode: needs_bytes(manifest, mode) for mode in modes}


def modes_of(manifest: Manifest) -> tuple[str, ...]:
    """The modes to open a model in: the small one alone where the engine cannot hold the exact."""
    needs = mode_bytes(manifest)
    is_too_much = needs[EXACT] - PAGE_BYTES > ENGINE_BYTES
    return (SMALL,) if is_too_much and SMALL in needs else MODES


def needs_bytes(manifest: Manifest, mode: str) -> int:
    """What the page's process takes at its peak with this model open, in bytes, estimated.

    In both modes the weight file lies beside the runtime until the session is made. Exact: each
    float32 matrix, twice while it is packed for the processor. Small: integers as bytes, scales as
    float32, both beside what they were made from, and during a run the largest matrix as float32.
    Where the integers are bytes in the file, the runtime turns all matrices into float32 before the
    first is used; half of the file is gone by then (fitted).
    """
    entries = [entry for entry in manifest.tensors if entry.layout != "transposed"]
    kinds: dict[bool, list[TensorEntry]] = {True: [], False: []}
    for entry in entries:
        kinds[mode == SMALL and entry.layout == "blocks"].append(entry)
    packed, folded = kinds[True], kinds[False]
    kept = sum(2 * _float_bytes(entry) for entry in folded) + sum(map(_packed_bytes, packed))
    if packed and all(entry.parts["values"].dtype == "int8" for entry in packed):
        kept += sum(map(_float_bytes, packed)) - manifest.weight_bytes // 2
    else:
        kept += max(map(_float_bytes, packed), default=0)
    return PAGE_BYTES + RUN_BYTES + manifest.weight_bytes + kept


def _packed_bytes(entry: TensorEntry) -> int:
    values = entry.parts["values"]
    shared = [part for role, part in entry.parts.items() if role != "values"]
    widened = math.prod(values.dims) + (values.size_bytes if values.dtype == "int4" else 0)
    return widened + sum(part.size_bytes + FLOAT_BYTES * math.prod(part.dims) for part in shared)


def _float_bytes(entry: TensorEntry) -> int:
    return FLOAT_BYTES * math.prod(entry.dims)
