"""The film of step 5: which moments it has, when each thing enters, what each moment says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.view import film
from seethrough.view.logit_facts import compared, last_position, query_of, spread, terms_of
from seethrough.view.numbers import cell, count, signed
from seethrough.view.steps.logit_sum import halves
from seethrough.view.words import rich, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate
    from seethrough.view.node import Attributes, Child, Node

N_BEST = 5


def moments(scene: Scene) -> Sequence[Child]:
    """A sentence for each moment of the film, with this input's own tokens and numbers."""
    return tuple(caption(scene, shot) for shot in shots(scene))


def caption(scene: Scene, shot: str) -> Child:
    """The sentence of one moment."""
    shown, whole = compared(scene, N_BEST), spread(scene)
    opened = opened_token(scene, shown)
    found, config = terms_of(scene, opened.id), scene.run.config
    rivals = [item for item in shown if item is not opened]
    fields: dict[str, Node | str] = {
        "token": token_mark(visible_at(scene, last_position(scene))),
        "n_layers": count(scene, config.n_layers if config else 0),
        "d_model": count(scene, config.d_model if config else 0),
        "d_vocab": count(scene, config.d_vocab if config else 0),
        "best": token_mark(opened.visible),
        "id": str(opened.id),
        "logit": signed(scene, opened.logit),
    }
    if shot == "others":
        fields |= {
            "rival": token_mark(rivals[0].visible),
            "rival_logit": signed(scene, rivals[0].logit),
        }
    if shot in {"product", "sum"} and found is not None:
        added = halves(scene, found)
        gains, losses = added.parts
        fields |= {"n_agreeing": count(scene, found.n_agreeing), "gains": gains, "losses": losses}
        fields |= {"logit": added.whole}
    if shot == "all" and whole is not None:
        fields |= {
            "mean": cell(scene, float(whole.logits.mean())),
            "rank": count(scene, whole.rank(opened.id)),
        }
    return rich(scene, f"logits.film.{shot}", **fields)


def opened_token(scene: Scene, shown: Sequence[Candidate]) -> Candidate:
    """The token whose terms are told: the chosen one where it is shown, else the best."""
    return next((item for item in shown if item.id == scene.choice.compared), shown[0])


def final_name(scene: Scene) -> str:
    """The hook of what leaves the last block."""
    return hook_name(hooks.RESID_POST, (scene.run.config.n_layers if scene.run.config else 1) - 1)


def shots(scene: Scene) -> tuple[str, ...]:
    """The moments of the film, as far as their numbers are here."""
    if not scene.run.tokens or not scene.run.top:
        return ()
    names = []
    if scene.run.captured.row(final_name(scene), last_position(scene)) is not None:
        names.append("last")
    if query_of(scene) is not None:
        names.append("query")
    shown = compared(scene, N_BEST)
    if terms_of(scene, opened_token(scene, shown).id) is not None:
        names += ["row", "product", "sum"]
    if len(shown) > 1:
        names.append("others")
    return (*names, "all") if spread(scene) is not None else tuple(names)


def timed(scene: Scene, shot: str, move: str, source: str = "") -> Attributes:
    """The place in this film of what enters at a moment (view/film.py)."""
    return film.timed(shots(scene), shot, move, source)
