"""Home's small picture of the whole model: what the run wrote, written again as a film.

The film goes once through the stops of the line, slowly, to the first new token; then each further
token is one moment. The line and what the model says are drawn anew at each moment; the new tokens
of the text enter by themselves (web/stage.js).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.state import WALK, Idea, tour_of
from seethrough.core.hooks import RESID_POST, RESID_PRE, hook_name
from seethrough.view import line, top
from seethrough.view.ideas import grown
from seethrough.view.ideas.plain import mark, place, plain, whole
from seethrough.view.node import Child, Node, h, to_html
from seethrough.view.numbers import count, probability
from seethrough.view.steps.written import enters
from seethrough.view.tokens import N_HUES
from seethrough.view.words import rich, say, token_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState, Scene, Step
    from seethrough.core.cache import Array
    from seethrough.core.tokens import Candidate, NewToken, TokenView

FIELDS = ("language", "tokens", "top", "config", "recorded", "written", "continuation", "stop")
MOST_TILES = 8
MOST_ROUNDS = 24  # new tokens that the film writes
N_SHOWN = 5
# The moments before the first token joins the text; each further token is one more.
CUT, LISTS, LAYERS, SHARES, JOINS = range(5)
# Which steps of the walk are at work at these moments.
AT_WORK = {
    CUT: ("tokenize",),
    LISTS: ("embed",),
    LAYERS: ("layers",),
    SHARES: ("logits", "softmax"),
    JOINS: ("sample", "loop"),
}
PAGE = "page."
TAKEN = "living-taken"


def rounds(scene: Scene) -> Sequence[NewToken]:
    """The tokens that the film writes."""
    return scene.run.steps[:MOST_ROUNDS]


def moments(scene: Scene) -> Sequence[Child]:
    """The film's sentences; none where nothing was written."""
    config, steps = scene.run.config, rounds(scene)
    if config is None or not steps or not scene.run.tokens:
        return ()
    first = {"token": mark(steps[0].visible), "share": h("b", {}, whole(scene, steps[0].prob))}
    wins = "home.film.drawn" if steps[0].rank else "home.film.wins"
    return [
        rich(scene, "home.film.cut"),
        rich(scene, "home.film.lists", d_model=count(scene, config.d_model)),
        rich(scene, "home.film.layers", n_layers=count(scene, config.n_layers)),
        rich(scene, "home.film.shares"),
        rich(scene, wins, **first),
        *([mark(step.visible), " ", h("b", {}, whole(scene, step.prob))] for step in steps[1:]),
    ]


FILM = Idea(FIELDS, lambda _scene: "", moments)


def spine(state: AppState) -> str:
    """The model as one line, small: what works at this moment is lit."""
    tour = tour_of(state.site.tours, WALK)
    steps = [step for step in tour.steps if is_inside(step)] if tour is not None else []
    if not steps:
        return ""
    moment = state.chrome.stage.moment
    beat = "" if moment is None or moment <= JOINS else f" is-beat-{moment % 2}"
    stops = [stop(state, step, moment) for step in steps]
    label = say(state, "home.line")
    return to_html(h("ol", {"class": f"living-line{beat}", "aria-label": label}, stops))


def is_inside(step: Step) -> bool:
    """Whether a step happens in the model, or in what drives it, and not in the page alone."""
    return any(not part.startswith(PAGE) for part in step.parts)


def stop(state: AppState, step: Step, moment: int | None) -> Node:
    """One stop; the layers are as many stripes as there are, two halves each."""
    is_repeated = line.REPEATED in step.parts
    is_lit = moment is not None and step.name in AT_WORK.get(moment, ())
    kinds = ("living-stop", f"is-{step.name}", "is-lit" if is_lit else "")
    name: list[Child] = [h("span", {}, line.name(state, step.name))]
    if is_repeated:
        name = [h("span", {}, line.name(state, step.name), " ", line.times(state)), stripes(state)]
    if line.AGAIN in step.parts:
        name = [h("span", {"class": "again"}, hidden(line.name(state, step.name)))]
    return h("li", {}, h("span", {"class": " ".join(filter(None, kinds))}, name))


def hidden(words: str) -> Node:
    """What a sign stands for, for those who do not see it."""
    return h("span", {"class": "visually-hidden"}, words)


def stripes(scene: Scene) -> Node | str:
    """A pair for each layer: attention, feed-forward."""
    n_layers = scene.run.config.n_layers if scene.run.config else 0
    if not n_layers:
        return ""
    wide = 1 / n_layers
    halves = [
        h(
            "rect",
            {
                "class": f"is-{name}",
                "x": place((at + shift) * wide),
                "width": place(0.36 * wide),
                "height": "100%",
            },
        )
        for at in range(n_layers)
        for name, shift in (("attention", 0.06), ("feed-forward", 0.5))
    ]
    return h("svg", {"class": "living-layers", "width": "100%", "aria-hidden": "true"}, halves)


def text(scene: Scene, *, is_asked: bool) -> Node:
    """The text; while its next word is asked for a gap, else what was written behind it."""
    given = h("bdi", {}, grown.given(scene))
    if is_asked:
        blank = h("span", {"class": "living-blank"}, say(scene, "home.blank"))
        return h("p", {"class": "living-text", "dir": "auto"}, given, " ", blank)
    shown = rounds(scene)
    new = [word(scene, step, at) for at, step in enumerate(shown)]
    more = " …" if len(scene.run.steps) > len(shown) else ""
    return h("p", {"class": "living-text", "dir": "auto"}, given, new, more)


def word(scene: Scene, new: NewToken, at: int) -> list[Child]:
    """A new token, flying from where the model says it; its space stands before it."""
    name = grown.name_of(scene, new, at)
    classes = f"idea-new living-new {grown.tint(new.prob)}"
    flight = enters(at + JOINS, "fly", source=TAKEN)
    space = " " if name.startswith(" ") else ""
    return [space, h("span", {"class": classes, **flight}, h("bdi", {}, name.removeprefix(" ")))]


def plate(scene: Scene, moment: int | None) -> Node:
    """What the model has at a moment: tokens, lists, shares; at rest the first shares."""
    if moment == CUT:
        return tiles(scene)
    if moment in {LISTS, LAYERS}:
        drawn = strips(scene, is_through=moment == LAYERS)
        return drawn if drawn is not None else tiles(scene)
    return best(scene, max(0, (moment or 0) - JOINS))


def tiles(scene: Scene) -> Node:
    """The last tokens of the text with their ids."""
    first = max(0, len(scene.run.tokens) - MOST_TILES)
    shown = list(enumerate(scene.run.tokens))[first:]
    items = [h("li", {}, tile(token, index)) for index, token in shown]
    if first:
        items.insert(0, h("li", {"class": "is-quiet"}, say(scene, "home.before", n_tokens=first)))
    return h("ol", {"class": "tiles"}, items)


def tile(token: TokenView, position: int) -> Node:
    """A token of the prompt, with its id."""
    return h(
        "span",
        {"class": f"tile hue-{position % N_HUES}"},
        h("bdi", {"class": "chip-text"}, token.visible),
        h("span", {"class": "chip-note"}, str(token.id)),
    )


def strips(scene: Scene, *, is_through: bool) -> Node | None:
    """The last token's numbers as they enter the layers, and as they leave; None: not recorded."""
    known, config = scene.run.recorded, scene.run.config
    at = len(scene.run.tokens) - 1
    if known is None or config is None or at not in known.positions:
        return None
    row = known.positions.index(at)
    names = [("enter", hook_name(RESID_PRE, 0))]
    if is_through:
        names.append(("leave", hook_name(RESID_POST, config.n_layers - 1)))
    token = mark(scene.run.tokens[at].visible)
    shown = [
        h("li", {}, h("span", {}, rich(scene, f"home.strip.{key}", token=token)), strip(values))
        for key, name in names
        for values in [known.arrays[name][row]]
    ]
    return h("ol", {"class": "living-strips"}, shown)


def strip(values: Array) -> Node:
    """A vector's numbers, each a stroke up or down from the middle.

    Shapes: values [d_model].
    """
    shares = np.sqrt(np.abs(values) / (float(np.abs(values).max()) or 1.0))
    up, down = (strokes(shares, np.flatnonzero(values * sign > 0), sign) for sign in (1, -1))
    box = {"viewBox": f"0 0 {values.size} 100", "preserveAspectRatio": "none"}
    return h(
        "svg",
        {"class": "living-strip", **box, "aria-hidden": "true"},
        h("path", {"class": "is-positive", "d": up}),
        h("path", {"class": "is-negative", "d": down}),
    )


def strokes(shares: Array, places: Array, sign: int) -> str:
    """A path of bars over (or under) the middle."""
    return "".join(f"M{at}.5 50v{-sign * 50 * float(shares[at]):.1f}" for at in places)


def best(scene: Scene, step: int) -> Node:
    """The best tokens for one place of the text with their shares; the one that was taken."""
    new = scene.run.steps[step] if step < len(scene.run.steps) else None
    known = scene.run.top if new is None or not new.candidates else new.candidates
    shown = list(known[:N_SHOWN])
    if new is not None and new.id not in {item.id for item in shown}:
        shown = [*shown[:-1], *(item for item in known if item.id == new.id)]
    taken = new.id if new is not None else -1
    rows = [share(scene, item, is_taken=item.id == taken) for item in shown]
    axis = top.heading(scene, "bar")
    scale = h("li", {"class": "guess", "aria-hidden": "true"}, h("span"), h("span"), axis)
    bars = h("ol", {"class": "guesses"}, rows, scale)
    if not any(grown.NEW_LINE in item.visible for item in shown):
        return bars
    return h("div", {}, bars, h("p", {"class": "note"}, say(scene, "idea.loop.new_line")))


def share(scene: Scene, item: Candidate, *, is_taken: bool) -> Node:
    """A token and its share, as a number and as a length."""
    name = h("span", {"id": TAKEN if is_taken else None}, token_mark(plain(item.visible)))
    return h(
        "li",
        {"class": "guess is-taken" if is_taken else "guess"},
        name,
        h("span", {"class": "number"}, probability(scene, item.prob)),
        top.bar(item.prob, "bar-fill"),
    )
