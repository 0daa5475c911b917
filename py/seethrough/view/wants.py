"""What several panels draw: the residual stream, the attention of the chosen layer, the logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.core.recording import stream_names
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view.pickers import layer_of

if TYPE_CHECKING:
    from seethrough.app.state import Scene


def chosen(scene: Scene) -> int:
    """The chosen position, inside the text."""
    return min(max(scene.choice.position, 0), len(scene.run.tokens) - 1)


def is_kept(scene: Scene, position: int) -> bool:
    """Whether a run keeps the numbers of a position: of a long one not of its end."""
    return 0 <= position <= scene.run.last_kept


def of_stream(scene: Scene) -> Wants:
    """The residual stream at every kept position."""
    config = scene.run.config
    return want(stream_names(config.n_layers)) if config and scene.run.tokens else NOTHING


def of_attention(scene: Scene) -> Wants:
    """The pattern of the chosen layer, all heads."""
    if scene.run.config is None or not scene.run.tokens:
        return NOTHING
    return want([hook_name(hooks.PATTERN, layer_of(scene))])


def of_everything(scene: Scene) -> Wants:
    """What the page of everything draws."""
    return of_stream(scene) | of_attention(scene)


def of_logits(scene: Scene) -> Wants:
    """The whole logits behind the last token."""
    last = len(scene.run.tokens) - 1
    return want([hooks.LOGITS], last) if last >= 0 and scene.run.config else NOTHING
