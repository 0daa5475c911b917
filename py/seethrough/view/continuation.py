"""What the model wrote: the prompt in grey, then each new token with its probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.messages import catalogue
from seethrough.core.tokens import LIMIT
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, probability
from seethrough.view.tokens import N_HUES
from seethrough.view.words import say, title

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import NewToken


def render(scene: Scene) -> str:
    """The continuation and why it ended; nothing before the first one."""
    if not scene.run.continuation and not scene.run.stop:
        return ""
    first = len(scene.run.tokens)
    prompt = [h("bdi", {"class": "prompt-token"}, token.visible) for token in scene.run.tokens]
    new = [chip(scene, token, first + index) for index, token in enumerate(scene.run.continuation)]
    return to_html(
        title(scene, "page.continuation.title"),
        h("p", {"class": "plain-text"}, *plain_text(scene)),
        h("div", {"class": "chips continuation"}, prompt, new),
        h("p", {"class": "note"}, stop_reason(scene)) if scene.run.stop else "",
    )


def plain_text(scene: Scene) -> list[Node]:
    """The same as plain text, to read and to copy."""
    before = "".join(token.text for token in scene.run.tokens if not token.is_special)
    after = "".join(token.text for token in scene.run.continuation)
    return [h("span", {"class": "is-quiet"}, before), h("span", {}, after)]


def chip(scene: Scene, token: NewToken, position: int) -> Node:
    """One new token; its rank is told where it was not the most likely one."""
    prob = probability(scene, token.prob)
    note = prob
    if token.rank > 0:
        note = say(scene, "view.continuation.ranked", prob=prob, rank=token.rank + 1)
    return h(
        "span",
        {
            "class": f"chip is-new hue-{position % N_HUES}",
            "title": say(scene, "view.tokens.chip", position=position, id=token.id),
        },
        h("bdi", {"class": "chip-text"}, token.visible),
        h("span", {"class": "chip-note"}, note),
    )


def stop_reason(scene: Scene) -> str:
    """Why the loop ended, in words; an unknown reason is shown as it came."""
    if scene.run.stop == LIMIT and scene.run.recorded is not None:
        n_new = len(scene.run.recorded.continuation)
        return say(scene, "view.stop_recorded", n_new=count(scene, n_new))
    key = f"view.stop.{scene.run.stop}"
    known = key in catalogue(scene.language)
    return say(scene, key) if known else say(scene, "view.stop", reason=scene.run.stop)
