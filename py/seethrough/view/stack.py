"""Where the step happens: in the page, in the runtime that drives the model, in the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.kept import kept
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene

# The places and their parts in order; which step works in which is said by the steps
# (view/tours.py), as "page.capture".
PARTS: dict[str, tuple[str, ...]] = {
    "page": ("capture", "display"),
    "runtime": ("tokeniser", "driver", "sampler", "loop", "cache"),
    "model": ("embedding", "blocks", "head"),
}


def render(scene: Scene) -> str:
    """The three places with their parts; those of this step are lit, earlier ones ticked."""
    if scene.tour is None or not any(step.parts for step in scene.tour.steps):
        return ""
    summary = h("summary", {}, say(scene, "stack.title"))
    shown = places(scene, is_written=bool(scene.run.steps))
    return to_html(h("details", {"class": "where", "id": "stack-of-step"}, summary, shown))


@kept("language", "route", "config")
def places(scene: Scene, *, is_written: bool) -> Node:
    """The places; where nothing is written the loop has not worked."""
    idle = () if is_written else ("loop",)
    items = [h("li", {}, place(scene, name, parts, idle)) for name, parts in PARTS.items()]
    return h("ul", {"class": "stack"}, items)


def place(scene: Scene, name: str, parts: tuple[str, ...], idle: tuple[str, ...]) -> list[Node]:
    """One place and what works in it."""
    n_layers = count(scene, scene.run.config.n_layers) if scene.run.config else ""
    items = [
        part(
            scene,
            say(scene, f"stack.{name}.{key}", n_layers=n_layers).strip(),
            steps := steps_in(scene, f"{name}.{key}"),
            has_worked=steps != idle,
        )
        for key in parts
    ]
    return [
        h("h2", {"class": f"stack-place is-{name}"}, say(scene, f"stack.{name}")),
        h("ul", {}, items),
    ]


def steps_in(scene: Scene, part: str) -> tuple[str, ...]:
    """The steps of the tour that happen in a part."""
    steps = scene.tour.steps if scene.tour else ()
    return tuple(step.name for step in steps if part in step.parts)


def part(scene: Scene, words: str, steps: tuple[str, ...], *, has_worked: bool) -> Node:
    """One part: at work now, done, or still to come."""
    tour = scene.tour
    current = tour.number(scene.route.step) if tour else 0
    works = [tour.number(step) for step in steps] if tour else []
    is_now, is_done = current in works, has_worked and all(work < current for work in works)
    mark = "now" if is_now else "done" if is_done else "later"
    told = h("span", {"class": "visually-hidden"}, say(scene, f"stack.mark.{mark}"))
    attributes = {"class": f"stack-part is-{mark}", "aria-current": "true" if is_now else None}
    return h("li", attributes, words, " ", told)
