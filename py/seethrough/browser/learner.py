"""OrtLearner: app.learning.Learner over a worker of its own (web/learn.js)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.app.learning import Done
from seethrough.browser import ffi, host
from seethrough.browser.worker import EngineWorker
from seethrough.core.train.places import loss_graph_path, step_graph_path
from seethrough.core.train.update import Updated

if TYPE_CHECKING:
    from seethrough.app.learning import Steps
    from seethrough.core.cache import Array

# One thread: the same seed gives the same curve to the bit.
THREADS = 1


class OrtLearner:
    """Trains one model with ONNX Runtime Web; weights stay in the worker between steps."""

    def __init__(self) -> None:
        self._own: EngineWorker | None = None

    async def open(self, size: str, family: str) -> None:
        """Have the graphs of a size; see app.learning.Learner."""
        await host.Bringing(lambda _bytes: None).engine()
        await host.keep_registered()
        await self._worker.call(
            "learn.open",
            step=ffi.page_url(step_graph_path(size, family)),
            loss=ffi.page_url(loss_graph_path(size, family)),
            threads=THREADS,
        )

    async def begin(self, state: Updated, decay: Array) -> None:
        """Take weights and moments to go on from; see app.learning.Learner."""
        vectors = {**state._asdict(), "decay": decay}
        given = {name: ffi.typed_array(vector) for name, vector in vectors.items()}
        await self._worker.call("learn.begin", state=given)

    async def steps(self, work: Steps) -> Done:
        """Do some steps; see app.learning.Learner."""
        answer = await self._worker.call(
            "learn.steps",
            tokens=_ids(work.tokens),
            targets=_ids(work.targets),
            knobs={name: ffi.tensor(values) for name, values in work.knobs.items()},
            fetch=list(work.fetch),
        )
        names = ("loss", "grad_norm", "clip_scale", *work.fetch)
        arrays = {name: getattr(answer.arrays, name, None) for name in names}
        return Done({name: ffi.numpy_array(one) for name, one in arrays.items() if one is not None})

    async def look(self, tokens: Array, targets: Array, fetch: tuple[str, ...]) -> dict[str, Array]:
        """The forward pass alone; see app.learning.Learner."""
        answer = await self._worker.call(
            "learn.look",
            tokens=_ids(tokens[None]),
            targets=_ids(targets[None]),
            fetch=list(fetch),
        )
        return {name: ffi.numpy_array(getattr(answer.arrays, name)) for name in fetch}

    async def again(self, work: Steps) -> dict[str, Array]:
        """The last step once more; see app.learning.Learner."""
        answer = await self._worker.call(
            "learn.again",
            tokens=_ids(work.tokens),
            targets=_ids(work.targets),
            knobs={name: ffi.tensor(values) for name, values in work.knobs.items()},
            fetch=list(work.fetch),
        )
        return {name: ffi.numpy_array(getattr(answer.arrays, name)) for name in work.fetch}

    async def state(self) -> Updated:
        """Weights and moments as they are now."""
        return await self._vectors("learn.state")

    async def before(self) -> Updated:
        """Weights and moments before the last step; see app.learning.Learner."""
        return await self._vectors("learn.before")

    async def _vectors(self, kind: str) -> Updated:
        answer = await self._worker.call(kind)
        vectors = (ffi.numpy_array(getattr(answer.arrays, name)) for name in Updated._fields)
        return Updated(*vectors)

    def cancel(self) -> None:
        """Stop between two steps."""
        if self._own is not None:
            self._own.tell("cancel")

    async def close(self) -> None:
        """End the worker: only then is its memory given back."""
        if self._own is not None:
            self._own.stop()
        self._own = None

    @property
    def _worker(self) -> EngineWorker:
        if self._own is None:
            self._own = EngineWorker(takes_early=False)
        return self._own


def _ids(ids: Array) -> dict[str, Any]:
    """{dims, data} of token ids; data is an Int32Array."""
    return {"dims": list(ids.shape), "data": ffi.typed_array(ids, np.int32)}
