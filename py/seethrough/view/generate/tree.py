"""The tree of all ways that the text went: what they share stands once, a fork tells its chances.

Each token is a button that goes there; the bars beside it show what else could stand in its place.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.core import tree
from seethrough.core.tokens import END
from seethrough.core.tree import PRESENT
from seethrough.view.generate import beats, shares, simple, tree_table, written
from seethrough.view.ideas.grown import reads, tint
from seethrough.view.ideas.plain import caption, mark, nothing_yet, picture
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count, probability, readout
from seethrough.view.steps.loop_branches import odds
from seethrough.view.steps.written import bits, shown_step
from seethrough.view.windowed import window
from seethrough.view.words import action_button, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tree import Stretch, Way

FIELDS = (
    "language",
    "tokens",
    "top",
    "config",
    "model",
    "model_card",
    "model_state",
    "written",
    "continuation",
    "stop",
    "branches",
    "place_names",
    "chosen_step",
    "busy",
    "live_bytes",
    "recorded",
    "source",
    "unfolded",
)
MOST_OF_A_STRETCH = 48  # tokens that are drawn
DEEPEST = 6  # forks behind each other that move to the side


def idea(scene: Scene) -> str:
    """The tree, and what else could stand at the chosen place."""
    return drawn(scene, is_exact=False)


def render(scene: Scene) -> str:
    """The same with every logit, and all ways in a table."""
    return drawn(scene, is_exact=True)


def drawn(scene: Scene, *, is_exact: bool) -> str:
    """The picture; before a run, what will stand there."""
    run = scene.run
    if not run.tokens or not (run.top or run.steps):
        return to_html(nothing_yet(scene, "idea.tree.rest"))
    grown = tree.stretches(run.ways)
    body = h(
        "div",
        {"class": "tree-body"},
        h(
            "div",
            {"class": "tree-ways"},
            h("p", {"class": "tree-given"}, written.given(scene)),
            forks(scene, grown, 0),
        ),
        h("div", {"class": "tree-side"}, side(scene, is_exact=is_exact)),
    )
    told = caption(*counted(scene, grown))
    kind = "generate tree is-exact" if is_exact else "generate tree"
    data = tree_table.folded_table(scene) if is_exact else []
    drawn_tree = h("div", {"class": kind}, told, body)
    return to_html(picture(say(scene, "tree.picture"), drawn_tree, *data))


def counted(scene: Scene, grown: tuple[Stretch, ...]) -> list[Child]:
    """How many ways and tokens there are; while there is one, how another begins."""
    n_ways = len([way for way in scene.run.ways if way.steps])
    if n_ways < 2:  # noqa: PLR2004 - one way is no fork
        return [*rich(scene, "idea.tree.one")]
    fields = {"n_ways": count(scene, n_ways), "n_tokens": count(scene, tree.n_nodes(grown))}
    return [*rich(scene, "idea.tree.ways", **fields)]


def forks(scene: Scene, found: tuple[Stretch, ...], depth: int) -> Node | None:
    """What goes on from one place, the likeliest first."""
    if not found:
        return None
    kind = "tree-forks" if 0 < depth <= DEEPEST else "tree-forks is-flat"
    return h(
        "ol", {"class": kind}, [stretch(scene, one, depth, n_beside=len(found)) for one in found]
    )


def stretch(scene: Scene, one: Stretch, depth: int, *, n_beside: int) -> Node:
    """Tokens in a row, with the chance of the first where others stand beside it."""
    first = one.steps[0]
    kinds = ["tree-stretch", tint(first.prob), *(["is-present"] if one.is_present else [])]
    chance = h("span", {"class": "tree-chance number"}, probability(scene, first.prob))
    shown = window(len(one.steps), most=MOST_OF_A_STRETCH, chosen=chosen_in(scene, one))
    row: list[Child] = [chance] if n_beside > 1 else []
    before = -1
    for at in shown.positions:
        if at != before + 1:
            row.append(h("span", {"class": "generate-gap"}, " … "))
        row += token(scene, one, at)
        before = at
    ended = one.ends
    if ended is not None:
        row.append(end(scene, ended))
    return h(
        "li",
        {"class": " ".join(kinds)},
        h("div", {"class": "tree-row"}, row),
        forks(scene, one.forks, depth + 1),
    )


def chosen_in(scene: Scene, one: Stretch) -> int | None:
    """Which of a stretch's tokens is the shown step's; None: none of them."""
    step = shown_step(scene)
    is_here = one.is_present and step is not None and one.first <= step < one.end
    return step - one.first if is_here and step is not None else None


def token(scene: Scene, one: Stretch, at: int) -> list[Child]:
    """One token: a button that goes there, with the name of the place."""
    new, way, step = one.steps[at], one.ways[0], one.first + at
    is_shown = chosen_in(scene, one) == at
    is_end = way.stop == END and step == len(way.steps) - 1
    words = say(scene, "generate.end") if is_end else reads(new)
    attributes: Attributes = {
        "type": "button",
        "class": " ".join(["generate-new", tint(new.prob), *(["is-chosen"] if is_shown else [])]),
        "data-action": "stand-at",
        "data-index": str(way.index),
        "data-step": str(step),
        "aria-pressed": "true" if is_shown else "false",
        "disabled": way.index != PRESENT and scene.busy not in {"", "load"},
        "title": written.told_of(scene, new),
    }
    name = scene.run.place_names.get(way.ids[: step + 1])
    label = h("span", {"class": "tree-name"}, h("bdi", {}, name)) if name else None
    return [h("button", attributes, h("bdi", {"class": "generate-word"}, words)), label]


def end(scene: Scene, way: Way) -> Node:
    """How likely a whole way is, and where the reader is."""
    n_bits = math.fsum(bits(step.prob) for step in way.steps)
    told = rich(scene, "tree.end", prob=odds(scene, n_bits), surprise=readout(scene, n_bits))
    here = h("b", {"class": "tree-here"}, say(scene, "tree.here")) if way.index == PRESENT else None
    return h("span", {"class": "tree-end"}, here, told)


def side(scene: Scene, *, is_exact: bool) -> list[Child]:
    """The chosen place: what else could stand there, its name, and what can be done with it."""
    now = beats.now(scene)
    parts: list[Child] = [
        h("div", {"class": "generate-next"}, shares.panel(scene, now, is_exact=is_exact))
    ]
    parts.append(h("div", {"class": "buttons"}, simple.goes_on(scene)))
    step = shown_step(scene)
    if step is None or scene.run.source != "live":
        return [*parts, files(scene)]
    new, ids = scene.run.steps[step], tuple(one.id for one in scene.run.steps[: step + 1])
    name = h(
        "input",
        {
            "type": "text",
            "data-action": "name-place",
            "data-step": str(step),
            "value": scene.run.place_names.get(ids, ""),
            "maxlength": "40",
            "autocomplete": "off",
        },
    )
    fields = {"token": mark(new.visible), "name": name}
    told = h("label", {"class": "picker tree-naming"}, rich(scene, "tree.name", **fields))
    is_idle = scene.busy in {"", "load"}
    at: Attributes = {"data-step": str(step), "disabled": not is_idle}
    buttons = [
        action_button(scene, "copy-text", "tree.copy"),
        action_button(scene, "prune", "tree.prune", at),
    ]
    return [*parts, told, h("div", {"class": "buttons"}, buttons), files(scene)]


def files(scene: Scene) -> Node:
    """The run as a file, and a file as the run."""
    is_idle = scene.busy in {"", "load"}
    box: Attributes = {
        "type": "file",
        "accept": ".json,application/json",
        "data-action": "open-run",
        "disabled": not is_idle,
    }
    off: Attributes = {"disabled": not is_idle}
    is_ours = scene.run.source == "live"
    save = action_button(scene, "save-run", "tree.save", off) if is_ours else None
    opens = h("label", {"class": "tree-open"}, say(scene, "tree.open"), " ", h("input", box))
    return h("div", {"class": "tree-files"}, save, opens)
