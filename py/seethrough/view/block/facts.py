"""What the steps behind attention's weights share: the place, the family's norms, directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seethrough.core import hooks
from seethrough.core.families import family_of
from seethrough.core.heads import reader_of
from seethrough.core.hooks import hook_name
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view.pickers import layer_of
from seethrough.view.wants import chosen, is_kept

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig

ROWS, FINAL_WEIGHT = "W_U", "ln_final.w"
N_ANSWERS = 5


class Answer(NamedTuple):
    """A token that the model could say behind the chosen one."""

    id: int
    visible: str


def name_of(scene: Scene, leaf: str) -> str:
    """A leaf of the chosen layer, by its full name."""
    return hook_name(leaf, layer_of(scene))


def row(scene: Scene, leaf: str) -> Array | None:
    """A hook of the chosen layer at the chosen token; None where it is not known."""
    return scene.run.captured.row(name_of(scene, leaf), chosen(scene))


def is_open(scene: Scene) -> bool:
    """Whether there is a run, and the numbers of the chosen token are kept."""
    return bool(scene.run.config and scene.run.tokens) and is_kept(scene, chosen(scene))


def has_norms_after(config: ModelConfig | None) -> bool:
    """Whether a half's writing goes through a norm before it is added."""
    return config is not None and family_of(config).has_norms_after


def at_once(config: ModelConfig | None) -> bool:
    """Whether both halves read the stream as it enters the layer, and are added at once."""
    return config is not None and family_of(config).is_parallel


def names_of(scene: Scene, leaves: Iterable[str]) -> list[str]:
    """The full names of those leaves that the model has."""
    known = () if scene.run.config is None else hooks.block_leaves(scene.run.config)
    return [name_of(scene, leaf) for leaf in leaves if leaf in known]


def into_mlp(scene: Scene) -> str:
    """The leaf of the stream that the feed-forward half reads."""
    return hooks.RESID_PRE if at_once(scene.run.config) else hooks.RESID_MID


def is_last(scene: Scene) -> bool:
    """Whether the chosen token is the text's last."""
    return chosen(scene) == len(scene.run.tokens) - 1


def answers(scene: Scene) -> tuple[Answer, ...]:
    """The best next tokens behind the last token; behind another one, what really follows."""
    if is_last(scene):
        return tuple(Answer(item.id, item.visible) for item in scene.run.top[:N_ANSWERS])
    after = scene.run.tokens[chosen(scene) + 1] if scene.run.tokens else None
    return () if after is None else (Answer(after.id, after.visible),)


def of_scores(scene: Scene) -> Wants:
    """What a score is read with: the final norm of this token, and rows of the unembedding."""
    if not is_open(scene):
        return NOTHING
    rows = [(ROWS, one.id) for one in answers(scene)]
    norm = Wants(weights=frozenset({FINAL_WEIGHT}))
    return want([hooks.FINAL_SCALE], chosen(scene), rows=rows) | norm


def direction(scene: Scene, token: int) -> Array | None:
    """The direction of the stream that a token's score is read along, the final norm held.

    Shapes: → [d_model]; None where something of it is not known.
    """
    vector = scene.run.captured.row(ROWS, token)
    return None if vector is None else direction_of(scene, vector)


def direction_of(scene: Scene, vector: Array) -> Array | None:
    """The same of any row of the unembedding. Shapes: vector [d_model] → [d_model]."""
    config, captured = scene.run.config, scene.run.captured
    scale = captured.row(hooks.FINAL_SCALE, chosen(scene))
    weight = captured.arrays.get(FINAL_WEIGHT)
    if config is None or scale is None or weight is None:
        return None
    return reader_of(config, vector, weight, float(scale[0]))
