"""Transformers' models, made once; torch is imported only when a test asks for one of them."""

# ruff: noqa: ANN401 - what a run meddles with goes through as it is

from __future__ import annotations

import gc
import pickle
import warnings
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from export.gguf_source import read_gguf
from seethrough.core import hooks
from seethrough.core.hooks import LEAF_DIMS
from tests.built import default_gguf
from tests.native import native
from tests.parity import (
    TOLERANCES,
    default_model,
    leaf_of,
    relative_errors,
    scatter_bound,
    worst,
)
from tests.reference.report import REPORT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from export.checkpoint import Checkpoint
    from export.native import NativeModel
    from seethrough.core.cache import Array
    from tests.reference.oracle import Transformers

HERE = Path(__file__).parent
N_ORDERS = 4
# What the folder's tests made and no other wants; called when the last of them has run.
LET_GO: list[Callable[[], None]] = []


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Gigabytes of models and weights do not stay while the process runs other folders' tests."""
    if nextitem is None or HERE not in nextitem.path.parents:
        for let_go in LET_GO:
            let_go()
        gc.collect()  # torch's modules know one another in circles


@dataclass
class Oracles:
    """Transformers in float32 and float64, and in float32 with its sums in other orders."""

    single: Transformers
    # What was asked last, as bytes, with its answers: several tests ask about one prompt.
    asked: bytes = b""
    kept: dict[str, Mapping[str, Array]] = field(default_factory=dict)

    @cached_property
    def double(self) -> Transformers:
        """The same weights in float64."""
        return self.single.in_float64()

    @cached_property
    def reordered(self) -> list[Transformers]:
        """The same model with its sums in another order, float32."""
        return [self.single.reordered(seed) for seed in range(N_ORDERS)]

    def let_go(self) -> None:
        """Drop all but the one model; what is asked for again is made again."""
        self.__dict__.pop("double", None)
        self.__dict__.pop("reordered", None)
        self.asked = b""
        self.kept.clear()

    def exact(self, ids: Sequence[int], **meddling: Any) -> Mapping[str, Array]:
        """Every hook in float64."""
        return self._kept("exact", self.double.hooks, ids, meddling)

    def scatter(self, ids: Sequence[int], **meddling: Any) -> Mapping[str, Array]:
        """How far transformers' own float32 is from float64, per hook and position.

        The root mean square over five orders of summation.
        """
        return self._kept("scatter", self._scatter, ids, meddling)

    def _kept(
        self,
        name: str,
        ask: Callable[..., Mapping[str, Array]],
        ids: Sequence[int],
        meddling: dict[str, Any],
    ) -> Mapping[str, Array]:
        asked = pickle.dumps((list(ids), meddling))
        if asked != self.asked:
            self.asked = asked
            self.kept.clear()
        if name not in self.kept:
            self.kept[name] = ask(ids, **meddling)
        return self.kept[name]

    def _scatter(self, ids: Sequence[int], **meddling: Any) -> dict[str, Array]:
        exact = self.exact(ids, **meddling)
        squares: dict[str, Array] = {}
        for model in (self.single, *self.reordered):
            errors = relative_errors(exact, model.hooks(ids, **meddling))
            for name, error in errors.items():
                squares[name] = squares.get(name, 0) + error**2
        return {name: np.sqrt(total / (1 + N_ORDERS)) for name, total in squares.items()}


@dataclass
class Judge:
    """Decides whether captured values are the model's: the rule of tests/parity.py."""

    oracles: Oracles

    def check(
        self,
        label: str,
        prompt: str,
        ids: Sequence[int],
        got: Mapping[str, Array],
        reference: Mapping[str, Array] | None = None,
        **meddling: Any,
    ) -> None:
        """Every hook at every position within 1e-5 of transformers' float32.

        Where one is not, transformers runs again in float64, and in float32 in other orders: ours
        must be as close to float64 as float32 gets there, and within 1e-4.
        """
        reference = reference or self.oracles.single.hooks(ids, **meddling)
        missing = set(reference) - set(got)
        assert missing <= {hooks.LOGSUMEXP}, sorted(missing)[:5]
        errors = relative_errors(aligned(reference, got), got)
        REPORT.note(label, prompt, worst(errors, 1)[0])
        beyond = [
            (name, int(position))
            for name, error in errors.items()
            for position in np.flatnonzero(~(error <= TOLERANCES["hook"].bound))
        ]
        if beyond:
            exact = aligned(self.oracles.exact(ids, **meddling), got)
            ours = relative_errors({name: exact[name] for name, _ in beyond}, got)
            scatter = aligned(self.oracles.scatter(ids, **meddling), got)
            for name, position in beyond:
                allowed = scatter_bound(scatter[name])[position]
                far = ours[name][position]
                line = (
                    f"{label}, {prompt}: {name} at {position}: {errors[name][position]:.1e} from "
                    f"float32, {far:.1e} from float64, where float32 itself scatters by "
                    f"{scatter[name][position]:.1e}"
                )
                assert far <= allowed, line
                assert errors[name][position] <= TOLERANCES["rounding"].bound, line
                REPORT.beyond.append(line)


def aligned(reference: Mapping[str, Array], got: Mapping[str, Array]) -> dict[str, Array]:
    """The part of the reference that was captured.

    A page unembeds the last positions alone; the position is then counted from the first of them.
    """
    part = {}
    for name, array in reference.items():
        if name in got:
            is_short = LEAF_DIMS[leaf_of(name)][0] == "unembed"
            part[name] = array[-len(got[name]) :] if is_short else array
    return part


@pytest.fixture(scope="session")
def make_transformers() -> Callable[..., Transformers]:
    """Makes an oracle of a checkpoint; what importing torch warns of is not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tests.reference.oracle import Transformers  # noqa: PLC0415 - torch is not everywhere

    def make(kind: str, path: Any) -> Transformers:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return getattr(Transformers, f"from_{kind}")(path)

    return make


@pytest.fixture(scope="session")
def note_chat() -> Callable[[str, str], None]:
    """Remembers what is said of a chat template."""
    return lambda name, told: REPORT.tell("chat template", name, told)


@pytest.fixture(scope="session")
def oracles(make_transformers: Callable[..., Transformers]) -> Oracles:
    """The default model in transformers."""
    made = Oracles(make_transformers("gguf", default_gguf()))
    LET_GO.append(made.let_go)
    return made


@pytest.fixture(scope="session")
def judge(oracles: Oracles) -> Judge:
    """The rule, with the default model's oracles."""
    return Judge(oracles)


@pytest.fixture(scope="session")
def checkpoint() -> Checkpoint:
    """The default model as we read it."""
    return read_gguf(default_gguf(), {})


@pytest.fixture(scope="session")
def weight(checkpoint: Checkpoint) -> Callable[[str], Array]:
    """The default model's weights by name, each dequantised once."""
    kept = cache(checkpoint.weight)
    LET_GO.append(kept.cache_clear)
    return kept


@pytest.fixture(scope="session", name="native")
def opened() -> NativeModel:
    """The default model as we export it, in native onnxruntime."""
    return native(default_model())
