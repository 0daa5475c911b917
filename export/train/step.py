"""The two graphs of a model that learns: forward with the loss, and a whole training step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.train.backward import backward
from export.train.forward import NO_FILE, begin, forward, lose
from export.train.update import update
from export.train.weights import LearnedPack
from export.wiring import build_model

if TYPE_CHECKING:
    import onnx

    from seethrough.core.config import ModelConfig


def build_loss(config: ModelConfig, *, n_pos: int, is_shown: bool = True) -> onnx.ModelProto:
    """Forward alone: hooks, `losses` and `loss`, for what is held out and for samples."""
    build = begin(config, "loss", n_pos=n_pos, is_shown=is_shown)
    logits = forward(build)
    if not is_shown:
        build.graph.hook(logits, "logits", ("row", "d_vocab"))
    lose(build, logits)
    return build.graph.model({"family": config.family})


def build_run(config: ModelConfig) -> onnx.ModelProto:
    """The graph that every other view runs, its weights an input: a trained model opened."""
    return build_model(config, LearnedPack(config), name="run", weight_file=NO_FILE)


def build_step(config: ModelConfig, *, n_pos: int, is_shown: bool = True) -> onnx.ModelProto:
    """Forward, loss, backward with every gradient, and the update."""
    build = begin(config, "step", n_pos=n_pos, is_shown=is_shown)
    lose(build, forward(build))
    backward(build)
    update(build)
    return build.graph.model({"family": config.family})
