"""A Learner in native onnxruntime: training is tested without a page."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort

from export.train.step import build_loss, build_step
from seethrough.app.learning import Done
from seethrough.core.errors import EngineError
from seethrough.core.train.sizes import N_POS, config_of
from seethrough.core.train.update import Updated

if TYPE_CHECKING:
    import onnx

    from seethrough.app.learning import Steps
    from seethrough.core.cache import Array

TOLD = ("loss", "grad_norm", "clip_scale")
VECTORS = ("weights.new", "m.new", "v.new")


class NativeLearner:
    """One thread; the promises of app.learning.Learner."""

    def __init__(self) -> None:
        self.is_closed = False
        self.is_stopped = False

    async def open(self, size: str, family: str) -> None:
        """Have the graphs of a size."""
        self._step, self._loss = _graphs(size, family)

    async def begin(self, state: Updated, decay: Array) -> None:
        """Take weights and moments to go on from."""
        self._state, self._decay = state, decay
        self._before: Updated | None = None

    async def steps(self, work: Steps) -> Done:
        """Do some steps."""
        told: dict[str, list[Array]] = {name: [] for name in TOLD}
        fetched: dict[str, Array] = {}
        for at in range(len(work.tokens)):
            if self.is_stopped:
                break
            feeds = self._fed(work, at, self._state)
            names = [*TOLD, *VECTORS, *work.fetch]
            got = dict(zip(names, self._step.run(names, feeds), strict=True))
            for name in TOLD:
                told[name].append(np.ravel(got[name]))
            if not all(np.isfinite(got[name]).all() for name in TOLD):
                break
            self._before = self._state
            self._state = Updated(*(got[name] for name in VECTORS))
            fetched = {name: got[name] for name in work.fetch}
        arrays = {name: np.concatenate(values or [np.zeros(0)]) for name, values in told.items()}
        return Done({**arrays, **fetched})

    def _fed(self, work: Steps, at: int, state: Updated) -> dict[str, Array]:
        feeds = {"tokens": work.tokens[at], "targets": work.targets[at], "decay": self._decay}
        knobs = {name: values[at : at + 1] for name, values in work.knobs.items()}
        return feeds | knobs | state._asdict()

    async def again(self, work: Steps) -> dict[str, Array]:
        """The last step once more."""
        outputs = self._step.run(list(work.fetch), self._fed(work, 0, await self.before()))
        return dict(zip(work.fetch, outputs, strict=True))

    async def before(self) -> Updated:
        """Weights and moments as they were before the last step."""
        if self._before is None:
            raise EngineError("engine.not_loaded")
        return self._before

    async def look(self, tokens: Array, targets: Array, fetch: tuple[str, ...]) -> dict[str, Array]:
        """The forward pass alone."""
        feeds = {"tokens": tokens, "targets": targets, "weights": self._state.weights}
        return dict(zip(fetch, self._loss.run(list(fetch), feeds), strict=True))

    async def state(self) -> Updated:
        """Weights and moments as they are now."""
        return self._state

    def cancel(self) -> None:
        """Stop between two steps."""
        self.is_stopped = True

    async def close(self) -> None:
        """Nothing is held."""
        self.is_closed = True


@cache
def _graphs(size: str, family: str) -> tuple[ort.InferenceSession, ort.InferenceSession]:
    """The graphs of a size, which hold nothing between two runs."""
    config = config_of(size, 2, family)
    return _opened(build_step(config, n_pos=N_POS)), _opened(build_loss(config, n_pos=N_POS))


def _opened(model: onnx.ModelProto) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options)
