"""A Learner in native onnxruntime: training is tested without a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort

from export.train.step import build_loss, build_step
from seethrough.app.learning import Done
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
        config = config_of(size, 2, family)
        self._step = _opened(build_step(config, n_pos=N_POS))
        self._loss = _opened(build_loss(config, n_pos=N_POS))

    async def begin(self, state: Updated, decay: Array) -> None:
        """Take weights and moments to go on from."""
        self._state, self._decay = state, decay

    async def steps(self, work: Steps) -> Done:
        """Do some steps."""
        told: dict[str, list[Array]] = {name: [] for name in TOLD}
        fetched: dict[str, Array] = {}
        for at in range(len(work.tokens)):
            if self.is_stopped:
                break
            feeds = {"tokens": work.tokens[at], "targets": work.targets[at], "decay": self._decay}
            feeds |= self._state._asdict()
            feeds |= {name: values[at : at + 1] for name, values in work.knobs.items()}
            names = [*TOLD, *VECTORS, *work.fetch]
            got = dict(zip(names, self._step.run(names, feeds), strict=True))
            for name in TOLD:
                told[name].append(np.ravel(got[name]))
            fetched = {name: got[name] for name in work.fetch}
            if not all(np.isfinite(got[name]).all() for name in TOLD):
                break
            self._state = Updated(*(got[name] for name in VECTORS))
        arrays = {name: np.concatenate(values or [np.zeros(0)]) for name, values in told.items()}
        return Done({**arrays, **fetched})

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


def _opened(model: onnx.ModelProto) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options)
