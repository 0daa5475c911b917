"""A second head, layer or token beside the first: what chooses it, and how the two differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import SECOND
from seethrough.view.block import here
from seethrough.view.block.here import here_of
from seethrough.view.node import Markup, Node, h, to_html
from seethrough.view.twice import as_second
from seethrough.view.words import rich, say, visible_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from seethrough.app.state import AppState, Scene, Step
    from seethrough.view.block.here import Here

SLOT = "second"
# What the place of a second picture is drawn from, beside what the first is.
LOOKED_AT = ("language", "tokens", "config", "layer", "head", "position", "second")
FIELDS = (*here.FIELDS, "second", "route", "depth", "unfolded")


def place_of(step: Step, depth: str) -> str:
    """The slot of a step's second picture."""
    return SECOND + step.place_at(depth)


def drawn(state: AppState, render: Callable[[Scene], str]) -> str:
    """The second picture with its name; empty where none stands beside the first."""
    scene = state.beside
    place = None if scene is None else here_of(scene)
    if scene is None or place is None:
        return ""
    name = say(scene, "second.picture", **told(scene, place))
    inside = Markup(as_second(render(scene)))
    heading = h("p", {"class": "second-name", "aria-hidden": "true"}, name)
    return to_html(h("div", {"role": "group", "aria-label": name}, heading, inside))


def told(scene: Scene, place: Here) -> dict[str, object]:
    """A place by its layer, head and token, as far as the step tells them apart."""
    return {
        "layer": place.layer,
        "head": place.head,
        "token": visible_at(scene, place.position),
        "position": place.position,
        "has_head": has_head(scene),
    }


def has_head(scene: Scene) -> bool:
    """Whether the step is about one head."""
    pair = None if scene.step is None else scene.step.pair
    return pair is not None and "head" in pair.by


def render(state: AppState) -> str:
    """What opens it; once it is open, what chooses it, how the two differ, what closes it."""
    if state.choice.second is None:
        is_known = state.run.tokens and state.step is not None and state.step.pair is not None
        return to_html(opener(state)) if is_known else ""
    place, beside = here_of(state), state.choice.beside
    if place is None or beside is None or state.step is None or state.step.pair is None:
        return ""
    first = h("p", {"class": "second-first"}, say(state, "second.picture", **told(state, place)))
    return to_html(
        h(
            "div",
            {"class": "second-bar", "role": "group", "aria-label": say(state, "second.bar")},
            first,
            h("div", {"class": "second-choice"}, *pickers(state), closer(state)),
            difference(state),
        )
    )


def opener(state: AppState) -> Node:
    """The quiet button that puts a second place beside the first."""
    return switch(say(state, "second.open", has_head=has_head(state)))


def closer(state: AppState) -> Node:
    """The button that takes it away again."""
    return switch(say(state, "second.close"))


def switch(words: str) -> Node:
    """One button at a time: the focus stays on it."""
    attributes = {"type": "button", "class": "button second-switch", "data-action": "switch-second"}
    return h("button", attributes, words)


def pickers(state: AppState) -> Iterable[Node]:
    """A list of layers, of heads where the step is about one, and of tokens."""
    config, beside = state.run.config, state.choice.beside
    if config is None or beside is None:
        return
    numbers = [str(at) for at in range(max(config.n_layers, config.n_heads))]
    tokens = [f"{at} {token.visible}" for at, token in enumerate(state.run.tokens)]
    yield picker(say(state, "view.layer"), "layer", numbers[: config.n_layers], beside.layer)
    if has_head(state):
        yield picker(say(state, "view.head"), "head", numbers[: config.n_heads], beside.head)
    yield picker(say(state, "choice.token"), "position", tokens, beside.position)


def picker(label: str, part: str, names: list[str], chosen: int) -> Node:
    """One list; changing it is the action."""
    options = [
        h("option", {"value": str(at), "selected": at == chosen}, name)
        for at, name in enumerate(names)
    ]
    select = h("select", {"data-action": f"second-{part}"}, options)
    return h("label", {"class": "picker"}, h("span", {}, label), select)


def difference(state: AppState) -> Node:
    """How the two differ, in a sentence with their numbers; announced when it changes."""
    scene, step = state.beside, state.step
    pair = None if step is None else step.pair
    if scene is None or pair is None:
        words = rich(state, "second.same", has_head=has_head(state))
    else:
        words = list(pair.told(state, scene)) or rich(state, "second.waits")
    return h("p", {"class": "second-told", "role": "status"}, words)
