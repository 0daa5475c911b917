"""A model's hyper-parameters under TransformerLens' names, checked where they are made."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from seethrough.core.errors import SourceError

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


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """What a graph is built from and what every picture is sized by.

    `d_*` is a width, `n_*` a count. `family` names the wiring ("llama", "gpt2"). `rotary_base` is
    the theta of the rotary embedding, None where positions are learned; `eps` is added to the mean
    square inside the norm.

    Raises:
        SourceError: A count is not positive, or the heads do not share the width evenly.
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

    def __post_init__(self) -> None:
        for name in POSITIVE:
            if not getattr(self, name) > 0:
                raise SourceError("config.not_positive", name=name, value=getattr(self, name))
        if self.n_heads % self.n_key_value_heads:
            raise SourceError(
                "config.heads", n_heads=self.n_heads, n_key_value_heads=self.n_key_value_heads
            )
        if self.positional_embedding_type == "rotary":
            self._check_rotary()

    def _check_rotary(self) -> None:
        if self.d_head % 2:
            raise SourceError("config.rotary_width", d_head=self.d_head)
        if self.rotary_base is None or not self.rotary_base > 0:
            raise SourceError("config.not_positive", name="rotary_base", value=self.rotary_base)

    @property
    def n_group(self) -> int:
        """Query heads that share one key/value head; 1 without grouped queries."""
        return self.n_heads // self.n_key_value_heads

    def to_json(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelConfig:
        """Read a config that `to_json` wrote.

        Raises:
            SourceError: A field is missing or unknown.
        """
        names = {field.name for field in fields(cls)}
        wrong = names.symmetric_difference(data)
        if wrong:
            raise SourceError("config.fields", fields=", ".join(sorted(wrong)))
        return cls(**data)
