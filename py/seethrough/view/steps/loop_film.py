"""The film of the loop: a token joins the text, its column is computed, and again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from seethrough.core import cost
from seethrough.view.node import Node, h
from seethrough.view.numbers import count, probability
from seethrough.view.steps.written import why_it_ended
from seethrough.view.words import rich, token_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.view.node import Child

# So many steps are performed one by one; the others follow at once.
PERFORMED = 3


@dataclass(frozen=True)
class Beat:
    """One moment: the prompt is read, a step's token joins, its column is computed, and so on."""

    kind: str
    step: int = 0


def beats(scene: Scene) -> tuple[Beat, ...]:
    """What happens, in order; nothing before something is written."""
    n_steps = (
        0 if scene.run.config is None else len(scene.run.written) + len(scene.run.continuation)
    )
    return film_of(n_steps, bool(scene.run.stop))


@cache
def film_of(n_steps: int, ends: bool) -> tuple[Beat, ...]:  # noqa: FBT001 - whether it has an end
    """The film of so many steps."""
    if not n_steps:
        return ()
    film = [Beat("prompt")]
    for step in range(min(n_steps, PERFORMED)):
        film.append(Beat("join", step))
        if step + 1 < min(n_steps, PERFORMED):
            film.append(Beat("column", step))
    film += [Beat("rest", PERFORMED)] if n_steps > PERFORMED else []
    return (*film, Beat("stop")) if ends else tuple(film)


def moment_of(scene: Scene, kind: str, step: int = 0) -> int | None:
    """When something happens; what has no moment of its own comes with the rest."""
    return place_in(beats(scene), kind, step)


@cache
def place_in(film: tuple[Beat, ...], kind: str, step: int) -> int | None:
    """Where a film has a beat, or the rest; None: nowhere."""
    wanted, rest = Beat(kind, step), Beat("rest", PERFORMED)
    found = wanted if wanted in film else rest
    return film.index(found) if found in film else None


def last_moment(scene: Scene) -> int | None:
    """The film's last moment; None without a film."""
    return len(beats(scene)) - 1 if beats(scene) else None


def moments(scene: Scene) -> Sequence[Child]:
    """The sentence of each moment, with this text's own tokens and numbers."""
    told = {"prompt": prompt, "join": join, "column": column, "rest": rest, "stop": stop}
    return tuple(told[beat.kind](scene, beat.step) for beat in beats(scene))


def prompt(scene: Scene, _step: int) -> Sequence[Node | str]:
    """The prompt goes through the model at once."""
    n_layers = scene.run.config.n_layers if scene.run.config else 0
    n_prompt = count(scene, scene.run.n_prompt)
    return rich(scene, "loop.film.prompt", n_prompt=n_prompt, n_layers=count(scene, n_layers))


def join(scene: Scene, step: int) -> Sequence[Node | str]:
    """A token is taken and stands behind the text."""
    new = scene.run.steps[step]
    return rich(
        scene,
        "loop.film.join_best" if new.rank == 0 else "loop.film.join",
        token=token_mark(new.visible),
        prob=h("b", {}, probability(scene, new.prob)),
        rank=count(scene, new.rank + 1),
    )


def column(scene: Scene, step: int) -> Sequence[Node | str]:
    """Only that token is read."""
    n_bytes = cost.cache_bytes(scene.run.config) if scene.run.config else 0
    return rich(
        scene,
        "loop.film.column",
        token=token_mark(scene.run.steps[step].visible),
        n_kept=count(scene, scene.run.n_prompt + step),
        n_bytes=count(scene, n_bytes),
    )


def rest(scene: Scene, _step: int) -> Sequence[Node | str]:
    """The same again for every further token."""
    n_more = len(scene.run.steps) - PERFORMED
    token = token_mark(scene.run.steps[-1].visible)
    return rich(scene, "loop.film.rest", n_more=count(scene, n_more), token=token)


def stop(scene: Scene, _step: int) -> Sequence[Node | str]:
    """Why there is no further one."""
    return why_it_ended(scene)
