"""The idea of step 8: one token at a time, and only the newest goes through the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.tokens import CONTEXT, END
from seethrough.view.ideas import grown
from seethrough.view.ideas.plain import (
    caption,
    lead,
    mark,
    nothing_yet,
    picture,
    place,
    plain,
    whole,
)
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.price import priced
from seethrough.view.steps.written import enters, has_end, shown_step
from seethrough.view.tokens import N_HUES
from seethrough.view.words import action_button, rich, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene

FIELDS = (
    "language",
    "tokens",
    "top",
    "config",
    "written",
    "continuation",
    "stop",
    "chosen_step",
    "busy",
    "sampling",
    "live_bytes",
    "recorded",
    "prompt",
    "film",
)


def render(scene: Scene) -> str:
    """The text so far, what the model reads now, what it keeps, what it says."""
    if not scene.run.tokens or not (scene.run.top or scene.run.steps):
        return to_html(nothing_yet(scene, "idea.loop.rest"))
    step = shown_step(scene)
    key = "idea.loop.lead" if step else "idea.loop.lead_first"
    return to_html(
        lead(rich(scene, key)),
        picture(
            say(scene, "idea.loop.picture"),
            grown.text(scene, scene.run.steps, step, "button"),
            *film_rounds(scene),
            round_of(scene, step),
            buttons(scene, step),
        ),
    )


def moments(scene: Scene) -> Sequence[Child]:
    """The film: the first tokens one by one, then all others."""
    steps = scene.run.steps[: grown.MOST_MOMENTS]
    told: list[Child] = []
    for at, new in enumerate(steps):
        fields = {"token": mark(new.visible), "share": h("b", {}, whole(scene, new.prob))}
        if at:
            before = mark(steps[at - 1].visible)
            told.append(rich(scene, "idea.loop.film.then", before=before, **fields))
        else:
            told.append(rich(scene, "idea.loop.film.first", **fields))
    if len(scene.run.steps) > len(steps):
        told.append(say(scene, "idea.loop.film.on"))
    return told


def film_rounds(scene: Scene) -> list[Node]:
    """The round of each token that the film tells, in its moment alone."""
    n_told = min(len(scene.run.steps), grown.MOST_MOMENTS)
    return [
        round_of(scene, step, {**enters(step, "appear", until=step), "aria-hidden": "true"})
        for step in range(n_told)
    ]


def round_of(scene: Scene, step: int | None, told: dict[str, str] | None = None) -> Node:
    """One round: the notes, what is read, the model, what it says.

    Args:
        told: The moment of the film that it is of; None: it stands there at rest, and from the
            film's last moment on where that is no token's own.
    """
    n_moments = len(moments(scene))
    is_last = n_moments > min(len(scene.run.steps), grown.MOST_MOMENTS)
    at_rest = enters(n_moments - 1, "appear") if is_last else {}
    kinds = ["idea-round", *(["has-notes"] if step else []), *(["is-told"] if told else [])]
    return h(
        "div",
        {"class": " ".join(kinds), **(told or at_rest)},
        h("div", {"class": "idea-stop is-notes"}, notes(scene, step)) if step else None,
        h("div", {"class": "idea-stop"}, *read(scene, step)),
        arrow(),
        h("div", {"class": "idea-stop"}, h("span", {"class": "idea-model"}, model(scene))),
        arrow(),
        h("div", {"class": "idea-stop"}, *said(scene, step)),
    )


def arrow() -> Node:
    """From one to the next."""
    return h("span", {"class": "idea-arrow", "aria-hidden": "true"}, "→")


def model(scene: Scene) -> str:
    """What stands in the middle."""
    return say(scene, "idea.loop.model")


def notes(scene: Scene, step: int) -> list[Node]:
    """A stripe for each token whose notes are kept: all before the newest one."""
    n_kept = scene.run.n_prompt + step - 1
    wide = 1 / max(n_kept, 1)
    stripes = [
        h(
            "rect",
            {
                "class": f"hue-{at % N_HUES}",
                "x": place(at * wide),
                "width": place(wide * 0.8),
                "height": "100%",
            },
        )
        for at in range(n_kept)
    ]
    svg = h("svg", {"class": "idea-kept", "width": "100%", "aria-hidden": "true"}, stripes)
    told = say(scene, "idea.loop.notes", n_kept=count(scene, n_kept))
    return [svg, h("span", {"class": "idea-under"}, told)]


def read(scene: Scene, step: int | None) -> list[Node]:
    """What goes through the model: at first the whole text, then the newest token."""
    if not step:
        n_read = count(scene, scene.run.n_prompt)
        whole_text = h("span", {"class": "idea-tile"}, say(scene, "idea.loop.text"))
        return [whole_text, under(say(scene, "idea.loop.reads_all", n_read=n_read))]
    at = scene.run.n_prompt + step - 1
    name = h("bdi", {}, plain(scene.run.steps[step - 1].visible))
    tile = h("span", {"class": f"idea-tile hue-{at % N_HUES}"}, name)
    return [tile, under(say(scene, "idea.loop.reads"))]


def said(scene: Scene, step: int | None) -> list[Node]:
    """The next token and its chance; before any is written, the likeliest."""
    item = scene.run.top[0] if step is None else scene.run.steps[step]
    at = scene.run.n_prompt + (step or 0)
    is_end = has_end(scene) and step == len(scene.run.steps) - 1
    name = say(scene, "idea.loop.end") if is_end else plain(item.visible)
    tile = h("span", {"class": f"idea-tile hue-{at % N_HUES}"}, h("bdi", {}, name))
    likely = under(say(scene, "idea.loop.likely", share=whole(scene, item.prob)))
    return [tile, likely] if is_end else [tile, likely, joins(scene)]


def joins(scene: Scene) -> Node:
    """The way back: where a round ends the next begins."""
    return h("span", {"class": "idea-under is-joins"}, say(scene, "idea.loop.joins"))


def under(words: str) -> Node:
    """What stands below a stop."""
    return h("span", {"class": "idea-under"}, words)


def buttons(scene: Scene, step: int | None) -> Node:
    """From token to token; at the end of what is written, one more."""
    is_drawn = scene.sampling.temperature and scene.run.recorded is None
    chance = caption(say(scene, "idea.loop.chance")) if is_drawn else ""
    if step is None:
        return h("div", {"class": "idea-buttons"}, write(scene, "generate"), chance)
    last = len(scene.run.steps) - 1
    is_open = step == last and scene.run.stop not in {END, CONTEXT}
    items: list[Child] = [go(scene, step - 1, "back", is_open=step > 0)]
    items.append(
        write(scene, "next") if is_open else go(scene, step + 1, "on", is_open=step < last)
    )
    return h("div", {"class": "idea-buttons"}, items, chance if is_open else "")


def go(scene: Scene, step: int, way: str, *, is_open: bool) -> Node:
    """To the token before or behind the shown one."""
    more: Attributes = {
        "class": "button",
        "data-step": str(step),
        "disabled": not is_open,
        "id": f"idea-loop-{way}",
    }
    return action_button(scene, "step-to", f"idea.loop.{way}", more)


def write(scene: Scene, action: str) -> Node:
    """Let the model write: the first time, or one token more; with what that fetches first."""
    more: Attributes = {
        "type": "button",
        "class": "button",
        "data-action": action,
        "disabled": scene.busy not in {"", "load"},
    }
    words = priced(
        scene,
        say(scene, f"idea.loop.{action}"),
        lambda size: say(scene, f"idea.loop.{action}_for", size=size),
    )
    return h("button", more, words)
