"""Where the reader looks inside a layer: its numbers by leaf, and what is said while they lack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.families import family_of
from seethrough.core.hooks import hook_name
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view.inside import lacking
from seethrough.view.node import Node, h
from seethrough.view.pickers import layer_of
from seethrough.view.wants import chosen, is_kept
from seethrough.view.words import rich, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig

FIELDS = (
    *("language", "tokens", "config", "captured", "layer", "head", "position"),
    *("recorded", "source", "live_bytes", "walk_card", "missing", "asked_layer"),
)


@dataclass(frozen=True)
class Here:
    """A layer, one of its heads with the keys and values that it reads, a token."""

    config: ModelConfig
    layer: int
    head: int
    kv_head: int
    position: int

    def name(self, leaf: str) -> str:
        """A leaf's full name in this layer."""
        return hook_name(leaf, self.layer)

    @property
    def is_turned(self) -> bool:
        """Whether this layer turns its queries and keys by their positions."""
        return family_of(self.config).is_rotary and self.config.layer(self.layer).is_turned

    @property
    def query_leaf(self) -> str:
        """The query that meets the keys: after the rotation, where there is one."""
        return hooks.ROT_Q if family_of(self.config).is_rotary else hooks.Q

    @property
    def key_leaf(self) -> str:
        """The key that meets the query."""
        return hooks.ROT_K if family_of(self.config).is_rotary else hooks.K


def here_of(scene: Scene) -> Here | None:
    """Where the reader looks; None before a run."""
    config = scene.run.config
    if config is None or not scene.run.tokens:
        return None
    head = min(max(scene.choice.head, 0), config.n_heads - 1)
    return Here(config, layer_of(scene), head, head // config.n_group, chosen(scene))


def of_layer(scene: Scene, leaves: Iterable[str]) -> Wants:
    """Some hooks of the chosen layer, at the chosen token; those of heads whole."""
    here = here_of(scene)
    if here is None or not is_kept(scene, here.position):
        return NOTHING
    return want((here.name(leaf) for leaf in leaves), here.position)


def row_by_head(scene: Scene, here: Here, leaf: str) -> Array | None:
    """The chosen row of a head's scores or weights, as far as the token sees; None: not known.

    Shapes: → [position + 1].
    """
    array = scene.run.captured.arrays.get(here.name(leaf))
    if array is None or here.head >= len(array) or here.position >= array.shape[1]:
        return None
    row: Array = array[here.head, here.position, : here.position + 1]
    return row


def rows_together(scene: Scene, here: Here, leaf: str) -> list[Array]:
    """The row of a head, and that of the place beside it, so that both have one scale."""
    beside = None if scene.beside is None else here_of(scene.beside)
    rows = [row_by_head(scene, place, leaf) for place in (here, beside) if place is not None]
    return [row for row in rows if row is not None]


def of_head(scene: Scene, here: Here, leaf: str, position: int) -> Array | None:
    """The head's query, or the key or value that it reads, of a token. Shapes: → [d_head]."""
    row = scene.run.captured.row(here.name(leaf), position)
    is_shared = leaf not in {hooks.Q, hooks.ROT_Q}
    return None if row is None else row[here.kv_head if is_shared else here.head]


def told(scene: Scene, here: Here) -> dict[str, Node | str]:
    """What a sentence may name: the token, the head, the layer."""
    token = token_mark(visible_at(scene, here.position))
    return {"token": token, "layer": str(here.layer), "head": str(here.head)}


def nothing_yet(scene: Scene) -> Node:
    """What stands before a run."""
    return h("p", {"class": "lead"}, rich(scene, "page.attention.lead"))


def waits(scene: Scene) -> Node:
    """What a recording lacks, with the way to it; or that the model is at it."""
    return lacking(scene)
