"""The lab's third step: the same text goes on a hundred times, each time with another seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.ending_plan import LIMITS
from seethrough.view.decode import ahead, icicle
from seethrough.view.decode.begin import begin_button
from seethrough.view.folded import folded
from seethrough.view.ideas.plain import caption, lead, nothing_yet, picture
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count, setting
from seethrough.view.steps.sample_dials import presets
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Endings, Scene

FIELDS = (
    "language",
    "busy",
    "tokens",
    "config",
    "sampling",
    "endings",
    "ending_plan",
    "live_bytes",
    "written",
    "continuation",
)
N_SHOWN = 8
ALL = ("way", "count", "seeds")


def idea(scene: Scene) -> str:
    """What is done, what steers it, the boxes, the commonest ways."""
    if not scene.run.tokens:
        return to_html(nothing_yet(scene, "idea.endings.rest"))
    told = lead(rich(scene, "idea.endings.lead"))
    return to_html(told, picture(say(scene, "idea.endings.picture"), *body(scene)))


def render(scene: Scene) -> str:
    """The same with every ending and its seeds in a table."""
    if not scene.run.tokens:
        return to_html(h("p", {"class": "lead"}, say(scene, "decode.endings.rest")))
    told = h("p", {"class": "lead"}, rich(scene, "decode.endings.lead"))
    found = scene.run.endings
    data = [] if found is None else [table_of_all(scene, found)]
    return to_html(told, *body(scene), *data)


def body(scene: Scene) -> list[Node]:
    """What steers the draws; what came out."""
    found = scene.run.endings
    button = begin_button(scene, "draw-endings", "endings")
    numbers = [number(scene, name) for name in LIMITS]
    steers = [presets(scene), *numbers, button, progress(scene)]
    parts = [h("div", {"class": "beam-steers"}, steers)]
    if found is None or not found.seeds:
        plan = scene.choice.ending_plan
        n_ways = plan.n_draws if scene.sampling.temperature else 1
        n_passes = 1 + n_ways * (plan.n_tokens - 1)
        return [*parts, ahead.told(scene, "endings", n_passes)]
    listed = h("div", {"class": "beam-found"}, commonest(scene, found))
    parts.append(h("div", {"class": "ending-body"}, icicle.picture(scene, found), listed))
    parts.append(legend(scene, found))
    return parts


def number(scene: Scene, name: str) -> Node:
    """One number of the plan."""
    least, most = LIMITS[name]
    attributes: Attributes = {
        "type": "number",
        "min": str(least),
        "max": str(most),
        "step": "1",
        "value": str(getattr(scene.choice.ending_plan, name)),
        "data-action": "set-endings",
        "data-name": name,
    }
    words = h("span", {}, say(scene, f"decode.endings.plan.{name}"))
    return h("label", {"class": "beam-number"}, words, h("input", attributes))


def progress(scene: Scene) -> Node:
    """How many are drawn, while it goes on."""
    found, told = scene.run.endings, list[Child]()
    if scene.busy == "generate" and found is not None:
        done, most = count(scene, found.n_done), count(scene, found.n_draws)
        told = [say(scene, "decode.endings.progress", done=done, most=most)]
    return h("p", {"class": "beam-progress", "role": "status"}, told)


def commonest(scene: Scene, found: Endings) -> list[Child]:
    """The endings, the commonest first, each with a bar; the others as a number."""
    falling = found.falling
    shown = falling[:N_SHOWN]
    most = len(found.seeds[falling[0]])
    rows = [row(scene, found, way, most) for way in shown]
    fields = {"n_ways": count(scene, len(falling)), "n_draws": count(scene, found.n_done)}
    title = h("h2", {"class": "beam-title"}, say(scene, "decode.endings.title", **fields))
    parts: list[Child] = [title, h("ol", {"class": "ending-ways"}, rows)]
    if len(falling) > len(shown):
        n_more = count(scene, len(falling) - len(shown))
        parts.append(h("p", {"class": "note"}, say(scene, "decode.endings.more", n_more=n_more)))
    return parts


def row(scene: Scene, found: Endings, way: tuple[int, ...], most: int) -> Node:
    """One ending: how often it came, its words, a bar."""
    n_alike = len(found.seeds[way])
    width = f"{100 * n_alike / most:.3f}%"
    bar = h("rect", {"width": width, "height": "100%"})
    shape: Attributes = {"class": "ending-bar", "width": "100%", "aria-hidden": "true"}
    return h(
        "li",
        {},
        h("b", {"class": "number"}, count(scene, n_alike)),
        h("bdi", {"class": "beam-text"}, text_of(found, way)),
        h("svg", shape, bar),
    )


def text_of(found: Endings, ids: tuple[int, ...]) -> str:
    """Tokens as shown, one behind the other."""
    return "".join(found.words[token] for token in ids)


def legend(scene: Scene, found: Endings) -> Node:
    """With what they were drawn."""
    first = found.settings.seed
    told = rich(
        scene,
        "decode.endings.legend",
        temperature=setting(scene, found.settings.temperature),
        first=str(first),
        last=str(first + found.n_draws - 1),
    )
    return caption(*told)


def table_of_all(scene: Scene, found: Endings) -> Node:
    """Every ending with its count and its seeds; closed at first."""
    name = say(scene, "decode.endings.table")
    return folded(scene, "endings-data", name, lambda: whole_table(scene, found))


def whole_table(scene: Scene, found: Endings) -> Node:
    """The table itself."""
    head = [h("th", {"scope": "col"}, say(scene, f"decode.endings.head.{name}")) for name in ALL]
    rows = [
        h(
            "tr",
            {},
            h("th", {"scope": "row"}, h("bdi", {}, text_of(found, way))),
            h("td", {}, count(scene, len(found.seeds[way]))),
            h("td", {"class": "ending-seeds"}, ", ".join(map(str, sorted(found.seeds[way])))),
        )
        for way in found.falling
    ]
    caption_of = h("caption", {}, say(scene, "decode.endings.table_caption"))
    body_of = h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)
    whole = h("table", {"class": "numbers"}, caption_of, *body_of)
    return h("div", {"class": "table scroll", "tabindex": "0"}, whole)
