"""A model's hyper-parameters under TransformerLens' names, checked where they are made."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from seethrough.core.errors import SourceError
from seethrough.core.families import family_named

if TYPE_CHECKING:
    from collections.abc import Mapping

POSITIVE = (
    "d_model",
    "n_layers",
    "n_heads",
    "n_key_value_heads",
    "d_head",
    "d_mlp",
    "d_vocab",
    "n_ctx",
    "eps",
)
SELDOM = ("layers", "rotary_factors", "rotary_dim")


@dataclass(frozen=True, kw_only=True)
class LayerConfig:
    """What a layer has of its own.

    `window`: how many positions a query sees, its own among them; None: all that are not later.
    `rotary_base`: the layer's own; None: the model's. `is_turned`: False where queries and keys
    stay as they are in a model that turns them elsewhere (no position at all comes in there).

    Raises:
        SourceError: A number is not positive.
    """

    window: int | None = None
    rotary_base: float | None = None
    is_turned: bool = True

    def __post_init__(self) -> None:
        for name in ("window", "rotary_base"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise SourceError("config.not_positive", name=name, value=value)


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """What a graph is built from and what every picture is sized by.

    `d_*` is a width, `n_*` a count. `family` names a row of core/families.py. `rotary_base` is the
    theta of the rotary embedding, None where positions are learned; `eps` is added to the mean
    square inside the norm. `layers` says what each layer has of its own; empty: all are alike.
    `rotary_factors` stretch or squeeze each pair's turns, the first pair's first; empty: none does.
    `rotary_dim`: how many numbers of a head, its first, are turned; None: all.

    Raises:
        SourceError: A count is not positive, the heads do not share the width evenly, the family is
            none of ours, more numbers are turned than a head has, or `layers` or `rotary_factors`
            has another number of them.
    """

    family: str
    d_model: int
    n_layers: int
    n_heads: int
    n_key_value_heads: int
    d_head: int
    d_mlp: int
    d_vocab: int
    n_ctx: int
    eps: float
    rotary_base: float | None
    act_fn: str
    normalization_type: str
    positional_embedding_type: str
    tie_word_embeddings: bool
    layers: tuple[LayerConfig, ...] = ()
    rotary_factors: tuple[float, ...] = ()
    rotary_dim: int | None = None

    def __post_init__(self) -> None:
        family_named(self.family)
        for name in POSITIVE:
            if not getattr(self, name) > 0:
                raise SourceError("config.not_positive", name=name, value=getattr(self, name))
        if self.n_heads % self.n_key_value_heads:
            raise SourceError(
                "config.heads", n_heads=self.n_heads, n_key_value_heads=self.n_key_value_heads
            )
        if len(self.layers) not in {0, self.n_layers}:
            raise SourceError("config.layers", got=len(self.layers), n_layers=self.n_layers)
        if self.positional_embedding_type == "rotary":
            self._check_rotary()

    def _check_rotary(self) -> None:
        if self.n_turned % 2 or not 0 < self.n_turned <= self.d_head:
            raise SourceError("config.rotary_width", n_turned=self.n_turned, d_head=self.d_head)
        if self.rotary_base is None or not self.rotary_base > 0:
            raise SourceError("config.not_positive", name="rotary_base", value=self.rotary_base)
        pairs = self.n_turned // 2
        if len(self.rotary_factors) not in {0, pairs}:
            raise SourceError("config.factors", got=len(self.rotary_factors), expected=pairs)
        for factor in self.rotary_factors:
            if not 0 < factor < math.inf:
                raise SourceError("config.not_positive", name="rotary_factors", value=factor)

    @property
    def n_group(self) -> int:
        """Query heads that share one key/value head; 1 without grouped queries."""
        return self.n_heads // self.n_key_value_heads

    @property
    def n_turned(self) -> int:
        """How many numbers of a head are turned where positions are rotary; the others stay."""
        return self.d_head if self.rotary_dim is None else self.rotary_dim

    @property
    def attn_scale(self) -> float:
        """What a query times a key is divided by: the root of the head's width, or 1."""
        return math.sqrt(self.d_head) if family_named(self.family).has_scaled_scores else 1.0

    def layer(self, layer: int) -> LayerConfig:
        """What a layer has of its own."""
        return self.layers[layer] if self.layers else LayerConfig()

    def rotary_base_of(self, layer: int) -> float:
        """The theta that a layer turns its queries and keys by; 0 where positions are learned."""
        return self.layer(layer).rotary_base or self.rotary_base or 0.0

    def rotary_factors_of(self, layer: int) -> tuple[float, ...]:
        """By what a layer multiplies each pair's turn; empty: by nothing. All 0: nothing turns."""
        if not self.layer(layer).is_turned:
            return (0.0,) * (self.n_turned // 2)
        return self.rotary_factors

    def first_seen(self, layer: int, query: int) -> int:
        """The first position that a query sees in a layer: 0, or where its window begins."""
        window = self.layer(layer).window
        return 0 if window is None else max(0, query - window + 1)

    def to_json(self) -> dict[str, Any]:
        """The fields as plain JSON values; what few models have stands there only if it is set."""
        written = asdict(self)
        return {name: value for name, value in written.items() if value or name not in SELDOM}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelConfig:
        """Read a config that `to_json` wrote.

        Raises:
            SourceError: A field is missing or unknown.
        """
        names = {field.name for field in fields(cls)}
        wrong = names.symmetric_difference({*SELDOM, *data})
        if wrong:
            raise SourceError("config.fields", fields=", ".join(sorted(wrong)))
        layers = tuple(LayerConfig(**layer) for layer in data.get("layers", ()))
        factors = tuple(data.get("rotary_factors", ()))
        return cls(**{**data, "layers": layers, "rotary_factors": factors})
