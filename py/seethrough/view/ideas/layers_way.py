"""The last token's way through the layers: one line, six stops, the best guess at each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.ideas.plain import mark, place, plain
from seethrough.view.node import Node, h
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate

N_STOPS = 6


def way(scene: Scene) -> Node | str:
    """The line with its stops, the two helpers named; nothing where the guesses are not known."""
    best = guesses(scene)
    if not best:
        return ""
    stops = stops_of(best)
    return h(
        "div",
        {"class": "idea-look-way"},
        h("p", {"class": "idea-note"}, *told(scene)),
        line(len(best) - 1),
        h("ol", {"class": "idea-look-stops"}, [stop(scene, best, at) for at in stops]),
    )


def told(scene: Scene) -> list[Node | str]:
    """The two helpers by name, each in its colour."""
    attention, forward = (
        h("i", {"class": f"is-{kind}"}, say(scene, f"idea.layers.{key}"))
        for key, kind in (("attention", "attention"), ("forward", "feed-forward"))
    )
    token = mark(scene.run.tokens[-1].visible)
    return rich(scene, "idea.layers.way", token=token, attention=attention, forward=forward)


def guesses(scene: Scene) -> tuple[Candidate, ...]:
    """The best next token of each of the last token's states; empty where not known."""
    lens, config = scene.run.lens, scene.run.config
    if lens is None or config is None or lens.position != len(scene.run.tokens) - 1:
        return ()
    best = tuple(top[0] for top in lens.tops if top)
    return best if len(best) == config.n_layers + 1 else ()


def stops_of(best: tuple[Candidate, ...]) -> tuple[int, ...]:
    """Six states, spread over the way; among them the first one that has the answer for good."""
    end = len(best) - 1
    n_stops = min(N_STOPS, len(best))
    spread = [round(end * at / max(n_stops - 1, 1)) for at in range(n_stops)]
    settled = next(at for at in range(end + 1) if all(b.id == best[-1].id for b in best[at:]))
    if settled not in spread:
        inner = spread[1:-1]
        nearest = min(inner, key=lambda at: abs(at - settled), default=None)
        spread = [settled if at == nearest else at for at in spread]
    return tuple(sorted(set(spread)))


def line(n_layers: int) -> Node:
    """A tick for each layer's attention and one for its feed-forward."""
    width = 1 / (2 * n_layers)
    kinds = ("attention", "feed-forward")
    ticks = [
        h(
            "rect",
            {
                "class": f"is-{kinds[at % 2]}",
                "x": place(at * width + width * 0.2),
                "width": place(width * 0.6),
                "height": "100%",
            },
        )
        for at in range(2 * n_layers)
    ]
    return h("svg", {"class": "idea-look-line", "aria-hidden": "true"}, ticks)


def stop(scene: Scene, best: tuple[Candidate, ...], at: int) -> Node:
    """The best guess at one state; it is marked where it is the answer."""
    item, end = best[at], len(best) - 1
    is_final = " is-final" if item.id == best[-1].id else ""
    where = "start" if at == 0 else "end" if at == end else "between"
    title = say(scene, "layers.after", layer=at - 1) if at else say(scene, "idea.layers.start")
    return h(
        "li",
        {"class": f"idea-look-stop is-{where}{is_final}", "title": title, "data-state": str(at)},
        h("bdi", {}, plain(item.visible)),
    )
