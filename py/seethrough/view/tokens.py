"""The prompt as the model gets it: one chip a token, its id below."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.unrecorded import UNRECORDED, lacks_position
from seethrough.view.words import Reader, rich, say, sentences, title

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import TokenView

N_HUES = 8


def render(scene: Scene) -> str:
    """Every token of the prompt, the chosen one in solid ink; nothing before the first run."""
    if not scene.run.tokens:
        return ""
    chips = (chip(scene, token, index) for index, token in enumerate(scene.run.tokens))
    n_tokens = h("b", {}, count(scene, len(scene.run.tokens)))
    lead = rich(scene, "view.tokens.lead", n_tokens=n_tokens)
    return to_html(
        title(scene, "page.tokens.title"),
        h("p", {"class": "lead"}, lead),
        h("ol", {"class": "chips follows"}, [h("li", {}, item) for item in chips]),
    )


def chip(scene: Scene, token: TokenView, position: int, *, is_marked: bool | None = None) -> Node:
    """One token: a button that chooses its position.

    Args:
        is_marked: Whether the recording lacks what is told of it; None: its residual stream.
    """
    lacks = lacks_position(scene, position) if is_marked is None else is_marked
    is_chosen = position == scene.choice.position
    return button(scene.language, token, position, is_chosen=is_chosen, is_marked=lacks)


@lru_cache(maxsize=2048)
def button(
    language: str, token: TokenView, position: int, *, is_chosen: bool, is_marked: bool
) -> Node:
    """The same button, written once: another choice changes two of them."""
    reader = Reader(language)
    classes = ["chip", f"hue-{position % N_HUES}"]
    classes += ["is-special"] if token.is_special else []
    classes += ["is-selected"] if is_chosen else []
    key = "view.tokens.special" if token.is_special else "view.tokens.chip"
    told = say(reader, key, position=position, id=token.id)
    if is_marked:
        classes.append(UNRECORDED)
        told = sentences(told, say(reader, "view.unrecorded.token"))
    return h(
        "button",
        {
            "type": "button",
            "class": " ".join(classes),
            "data-action": "select-position",
            "data-position": str(position),
            "aria-pressed": "true" if is_chosen else "false",
            "title": told,
        },
        h("bdi", {"class": "chip-text"}, token.visible),
        h("span", {"class": "chip-note"}, str(token.id)),
    )
