"""One training step taken apart: what is known of it, and what follows from that.

The numbers are the graph's own, of the last step of a run; of its documents one is kept with every
hook that is shown. What no output of the graph holds (a share, the way through a norm) is made from
them here, by the rules of core/train/backward.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.families import family_of
from seethrough.core.hooks import LEAF_DIMS, block_leaves, hook_name
from seethrough.core.maths import softmax
from seethrough.core.train.backward import IGNORED, through_norm
from seethrough.core.train.flat import flat_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.train.update import Updated

GRAD = ".grad"
ATTENTION, MLP = "attn", "mlp"  # what reads from the stream in each layer, and writes into it
# What is fetched of every layer: the stream, and what its two branches give back.
OF_STREAM = (hooks.RESID_PRE, hooks.RESID_MID, hooks.RESID_POST)
NORMS = {ATTENTION: "ln1.", MLP: "ln2."}
BY_HEAD = (hooks.SCORES, hooks.PATTERN)
OF_STEP = ("loss", "losses", "grad", "grad_norm", "clip_scale")


@dataclass(frozen=True, eq=False)
class SlowStep:
    """One step of a run. `document` is the one of its batch that is looked at.

    `number`: which step it was; `knobs`: what it was told (update.KNOBS); `decay`: by how much of
    the rate a matrix shrinks. `grad_norm`: the length of the whole gradient, `clip_scale` what it
    was multiplied with. `after_losses`, `after_logits`: the same text read again with the new
    weights.
    Shapes: tokens, targets int64 [document, pos]; losses, after_losses float32 the same; `arrays`
    hooks and gradients by name, of the document alone: [pos, …], of scores and patterns [head,
    query_pos, key_pos]; after_logits [pos, d_vocab]; gradient (before it is clipped) and each of
    `before` and `after` float32 [weight].
    """

    number: int
    config: ModelConfig
    alphabet: tuple[str, ...]
    has_documents: bool
    knobs: Mapping[str, float]
    decay: float
    tokens: Array
    targets: Array
    losses: Array
    grad_norm: float
    clip_scale: float
    document: int
    arrays: Mapping[str, Array]
    gradient: Array
    before: Updated
    after: Updated
    after_losses: Array
    after_logits: Array

    @cached_property
    def counted(self) -> Array:
        """Where there is a target: bool [document, pos]."""
        there: Array = self.targets != IGNORED
        return there

    @property
    def n_targets(self) -> int:
        """How many letters the loss is the mean of."""
        return int(self.counted.sum())

    @property
    def loss(self) -> float:
        """The mean loss of the batch before the step."""
        return float(self.losses[self.counted].mean(dtype=np.float64))

    @property
    def after_loss(self) -> float:
        """The same with the new weights."""
        return float(self.after_losses[self.counted].mean(dtype=np.float64))

    @property
    def text(self) -> Array:
        """The document's tokens: int64 [pos]."""
        return np.asarray(self.tokens[self.document])

    @property
    def aims(self) -> Array:
        """What comes next in it; IGNORED where nothing does: int64 [pos]."""
        return np.asarray(self.targets[self.document])

    @cached_property
    def shares(self) -> Array:
        """p of each letter at each place of the document: float64 [pos, d_vocab]."""
        return softmax(self.arrays[hooks.LOGITS].astype(np.float64))

    @cached_property
    def after_shares(self) -> Array:
        """The same with the new weights."""
        return softmax(self.after_logits.astype(np.float64))

    @cached_property
    def weights(self) -> Mapping[str, Array]:
        """The weights before the step, by name."""
        return flat_of(self.config).split(self.before.weights)

    @cached_property
    def weight_gradients(self) -> Mapping[str, Array]:
        """The gradient of every weight by the weight's name, before it is clipped."""
        return flat_of(self.config).split(self.gradient)

    def gradient_of(self, leaf: str, layer: int | None = None) -> Array:
        """A hook's gradient in the document."""
        return self.arrays[f"{hook_name(leaf, layer)}{GRAD}"]

    def p_of_aim(self, shares: Array) -> Array:
        """p of the right letter at each place, 0 where there is none: float64 [pos]."""
        aims = self.aims
        found: Array = np.where(aims == IGNORED, 0, shares[np.arange(len(aims)), aims])
        return found

    @property
    def worst(self) -> int:
        """The place of the document's largest loss."""
        return int(self.losses[self.document].argmax())


def base_names(config: ModelConfig) -> tuple[str, ...]:
    """The outputs of the step's graph that every place of the slow motion is drawn from."""
    stream = [
        f"{hook_name(leaf, layer)}{GRAD}" for layer in range(config.n_layers) for leaf in OF_STREAM
    ]
    norms = [
        name
        for layer in range(config.n_layers)
        for part in NORMS.values()
        for name in norm_names(part, layer)
    ]
    ends = (hooks.LOGITS, f"{hooks.LOGITS}{GRAD}", f"{hooks.EMBED}{GRAD}")
    return (*OF_STEP, *ends, *stream, *norms, *norm_names("ln_final.", None))


def norm_names(part: str, layer: int | None) -> tuple[str, ...]:
    """What the way back through a norm needs, and what came out of it."""
    scale, normalized, out = (hook_name(leaf, layer) for leaf in hooks.norm_leaves(part))
    return scale, normalized, f"{normalized}{GRAD}", f"{out}{GRAD}"


def layer_names(config: ModelConfig, layer: int) -> tuple[str, ...]:
    """Every hook of a layer and its gradient, and what stands around the layers."""
    inside = [hook_name(leaf, layer) for leaf in block_leaves(config)]
    ends = [*hooks.embed_leaves(config), *hooks.FINAL_LEAVES, hooks.LOGITS]
    return tuple(name for one in (*inside, *ends) for name in (one, f"{one}{GRAD}"))


def of_document(arrays: Mapping[str, Array], document: int, n_pos: int) -> dict[str, Array]:
    """The part of each hook and gradient that is one document's, in memory of its own."""
    rows = slice(document * n_pos, (document + 1) * n_pos)
    return {
        name: (value[document] if is_by_document(name) else value[rows]).copy()
        for name, value in arrays.items()
        if hooks.leaf_of(name.removesuffix(GRAD)) in LEAF_DIMS
    }


def is_by_document(name: str) -> bool:
    """Whether a hook's first axis is that of documents, not of all their rows."""
    return hooks.leaf_of(name.removesuffix(GRAD)) in BY_HEAD


@dataclass(frozen=True)
class Split:
    """Where the stream went two ways, so that two gradients add up.

    `hook`: the stream's name there. Shapes: each [pos, d_model]; `past` came along the stream,
    `through` out of what read from it, `total` is both.
    """

    hook: str
    part: str
    layer: int
    past: Array
    through: Array
    total: Array


def splits(step: SlowStep) -> tuple[Split, ...]:
    """Every place where gradients add up, from the last layer to the first."""
    found = []
    for layer in reversed(range(step.config.n_layers)):
        for part, leaf, past in (
            (MLP, hooks.RESID_MID, hooks.RESID_POST),
            (ATTENTION, hooks.RESID_PRE, hooks.RESID_MID),
        ):
            through = out_of_norm(step, NORMS[part], layer)
            carried, total = step.gradient_of(past, layer), step.gradient_of(leaf, layer)
            found.append(Split(hook_name(leaf, layer), part, layer, carried, through, total))
    return tuple(found)


def out_of_norm(step: SlowStep, part: str, layer: int | None) -> Array:
    """The gradient that comes out of a norm, towards what it read: [pos, d_model]."""
    scale, normalized, _ = (hook_name(leaf, layer) for leaf in hooks.norm_leaves(part))
    return through_norm(
        step.arrays[f"{normalized}{GRAD}"],
        step.arrays[normalized],
        step.arrays[scale],
        is_centred=family_of(step.config).norm.is_centred,
    )


def stream_of(step: SlowStep) -> tuple[tuple[str, Array], ...]:
    """The stream's gradient at each of its hooks, from the last to the first: [pos, d_model]."""
    n_layers = step.config.n_layers
    last = hook_name(hooks.RESID_POST, n_layers - 1)
    rest = [(one.hook, one.total) for one in splits(step)]
    return ((last, step.arrays[f"{last}{GRAD}"]), *rest)


def lengths(array: Array) -> Array:
    """How long each place's vector is: [pos, …] → float64 [pos]."""
    flat = array.reshape(len(array), -1).astype(np.float64)
    measured: Array = np.sqrt((flat * flat).sum(axis=1))
    return measured
