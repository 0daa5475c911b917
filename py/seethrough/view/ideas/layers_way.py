"""The last token's way through the layers: one line, six stops, the best guess at each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.ideas.layers_shape import cut
from seethrough.view.ideas.plain import SPACE, mark, place, plain
from seethrough.view.node import Node, h
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate

N_STOPS = 6
# On a phone six stops have room for words of so many characters.
MOST_CELLS = 8


def way(scene: Scene) -> Node | str:
    """The line with its stops, the two helpers named; nothing where the guesses are not known."""
    best = guesses(scene)
    if not best:
        return ""
    return h(
        "div",
        {"class": "idea-look-way"},
        h("p", {"class": "idea-note"}, *told(scene)),
        line(scene, best),
    )


def told(scene: Scene) -> list[Node | str]:
    """The two helpers by name, each in its colour."""
    attention, forward = (
        h("i", {"class": f"is-{kind}"}, say(scene, f"idea.layers.{key}"))
        for key, kind in (("attention", "attention"), ("forward", "feed-forward"))
    )
    token = mark(scene.run.tokens[-1].visible)
    jobs = rich(scene, "idea.layers.way", token=token, attention=attention, forward=forward)
    key = "idea.layers.stripes_all" if scene.choice.off else "idea.layers.stripes"
    return [*jobs, " ", h("span", {"class": "idea-look-stripes"}, say(scene, key))]


def guesses(scene: Scene) -> tuple[Candidate, ...]:
    """The best next token of each of the last token's states; empty where not known."""
    lens, config = scene.run.lens, scene.run.config
    if lens is None or config is None or lens.position != len(scene.run.tokens) - 1:
        return ()
    best = tuple(top[0] for top in lens.tops if top)
    return best if len(best) == config.n_layers + 1 else ()


def settled_at(best: tuple[Candidate, ...]) -> int:
    """The first state whose best guess is the answer for good."""
    others = [at for at, item in enumerate(best) if item.id != best[-1].id]
    return others[-1] + 1 if others else 0


def stops_of(best: tuple[Candidate, ...]) -> tuple[int, ...]:
    """Six states, spread over the way; where there is room the one at which the answer is found."""
    end = len(best) - 1
    n_stops = min(N_STOPS, len(best))
    spread = [round(end * at / (n_stops - 1)) for at in range(n_stops)]
    settled = settled_at(best)
    half = end / (n_stops - 1) / 2
    if half <= settled <= end - half:
        nearest = min(spread[1:-1], key=lambda at: abs(at - settled), default=settled)
        spread = [settled if at == nearest else at for at in spread]
    return tuple(spread)


def line(scene: Scene, best: tuple[Candidate, ...]) -> Node:
    """A tick for each layer's attention and one for its feed-forward, the stops below."""
    n_ticks = 2 * (len(best) - 1)
    ticks = [tick(at, 1 / n_ticks) for at in range(n_ticks)]
    settled = settled_at(best) / (len(best) - 1)
    found = {"class": "is-settled", "x": place(settled), "width": place(1 - settled)}
    ticks.append(h("rect", {**found, "y": "14", "height": "3"}))
    stops = [stop(scene, best, at) for at in stops_of(best)]
    label = say(scene, "idea.layers.line")
    return h("svg", {"class": "idea-look-line", "role": "group", "aria-label": label}, ticks, stops)


def tick(at: int, width: float) -> Node:
    """Half a layer: attention first."""
    kind = "feed-forward" if at % 2 else "attention"
    places = {"x": place((at + 0.2) * width), "width": place(0.6 * width), "height": "12"}
    return h("rect", {"class": f"is-{kind}", **places})


def stop(scene: Scene, best: tuple[Candidate, ...], at: int) -> Node:
    """The best guess at one state, below its place; it is marked where it is the answer."""
    item, end = best[at], len(best) - 1
    anchor = "start" if at == 0 else "end" if at == end else "middle"
    title = say(scene, "layers.after", layer=at - 1) if at else say(scene, "idea.layers.start")
    attributes = {
        "class": "idea-look-stop is-final" if item.id == best[-1].id else "idea-look-stop",
        "x": place(at / end),
        "y": "36",
        "text-anchor": anchor,
        "data-state": str(at),
    }
    return h("text", attributes, h("title", {}, title), guess(scene, item))


def guess(scene: Scene, item: Candidate) -> str:
    """A guess as it stands below the line; an empty one by its name."""
    is_space = item.visible == SPACE
    return say(scene, "idea.layers.space") if is_space else cut(plain(item.visible), MOST_CELLS)
