"""Training in torch: the losses of a course, and how long a step takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch

from export.train.place import NAMES
from seethrough.core.train.backward import IGNORED
from seethrough.core.train.corpus import of_documents
from seethrough.core.train.sizes import config_of, first_weights
from seethrough.core.train.update import Rule
from tests.reference.torch_model import TorchModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig

    Batches = Sequence[tuple[Array, Array]]


def backward(model: TorchModel, tokens: Array, targets: Array) -> float:
    """Torch's own way back; returns the mean loss."""
    model.hooked.clear()
    for weight in model.weights.values():
        weight.grad = None
    losses = model.losses(torch.tensor(tokens), torch.tensor(targets))
    loss = losses.sum() / int((targets != IGNORED).sum())
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


def course(
    config: ModelConfig,
    weights: Mapping[str, Array],
    batches: Batches,
    rule: Rule,
    dtype: torch.dtype,
    *,
    is_hooked: bool = True,
) -> list[float]:
    """The losses of torch's AdamW with clip_grad_norm_ over some batches; matrices alone decay."""
    model = TorchModel.of(config, weights, dtype, is_hooked=is_hooked)
    matrices = [one for one in model.weights.values() if one.ndim > 1]
    others = [one for one in model.weights.values() if one.ndim == 1]
    groups = [
        {"params": matrices, "weight_decay": rule.decay},
        {"params": others, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, betas=(rule.beta1, rule.beta2), eps=rule.eps)
    losses = []
    for step, (tokens, targets) in enumerate(batches, start=1):
        for group in optimizer.param_groups:
            group["lr"] = rule.rate(step)
        losses.append(backward(model, tokens, targets))
        torch.nn.utils.clip_grad_norm_(model.weights.values(), rule.clip)
        optimizer.step()
    return losses


def milliseconds(size: str, n_steps: int) -> float:
    """A step of a size on one thread, nothing hooked, after a few that are not counted."""
    torch.set_num_threads(1)
    corpus = of_documents(NAMES.read_text(encoding="ascii").split(), 0)
    config = config_of(size, len(corpus.alphabet))
    weights = first_weights(config, 0)
    spent = []
    for count in (5, 5 + n_steps):
        batches = [corpus.batch(step, 0) for step in range(1, count + 1)]
        begin = time.perf_counter()
        course(config, weights, batches, Rule(), torch.float32, is_hooked=False)
        spent.append(time.perf_counter() - begin)
    return (spent[1] - spent[0]) / n_steps * 1000
