"""Where the step happens: in the page, in the runtime that drives the model, in the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.routes import FIRST_STEP, STEPS
from seethrough.view.kept import kept
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import AppState

# Place -> its parts, and the steps in which each part works.
PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "page": {"capture": ("input",), "display": ("done",)},
    "runtime": {
        "tokeniser": ("tokenize",),
        "driver": ("embed", "layers", "logits"),
        "sampler": ("softmax", "sample"),
        "loop": ("loop",),
        "cache": ("loop",),
    },
    "model": {
        "embedding": ("embed",),
        "blocks": ("layers",),
        "head": ("logits",),
    },
}


def render(state: AppState) -> str:
    """The three places with their parts; those of this step are lit, earlier ones ticked."""
    if state.route.view != "walk":
        return ""
    heading = h("h2", {"class": "aside-title"}, say(state, "stack.title"))
    return to_html(heading, places(state, is_written=bool(state.steps)))


@kept("language", "route", "config")
def places(state: AppState, *, is_written: bool) -> Node:
    """The places; where nothing is written the loop has not worked."""
    idle = () if is_written else ("loop",)
    items = [h("li", {}, place(state, name, parts, idle)) for name, parts in PARTS.items()]
    return h("ul", {"class": "stack"}, items)


def place(
    state: AppState, name: str, parts: dict[str, tuple[str, ...]], idle: tuple[str, ...]
) -> list[Node]:
    """One place and what works in it."""
    n_layers = count(state.config.n_layers) if state.config else ""
    items = [
        part(
            state,
            say(state, f"stack.{name}.{key}", n_layers=n_layers).strip(),
            steps,
            has_worked=steps != idle,
        )
        for key, steps in parts.items()
    ]
    return [
        h("h3", {"class": f"stack-place is-{name}"}, say(state, f"stack.{name}")),
        h("ul", {}, items),
    ]


def part(state: AppState, words: str, steps: tuple[str, ...], *, has_worked: bool) -> Node:
    """One part: at work now, done, or still to come."""
    current = STEPS.index(state.route.step or FIRST_STEP)
    works = [STEPS.index(step) for step in steps]
    is_now, is_done = current in works, has_worked and all(work < current for work in works)
    mark = "now" if is_now else "done" if is_done else "later"
    told = h("span", {"class": "visually-hidden"}, say(state, f"stack.mark.{mark}"))
    attributes = {"class": f"stack-part is-{mark}", "aria-current": "true" if is_now else None}
    return h("li", attributes, words, " ", told)
