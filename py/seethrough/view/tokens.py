"""The prompt as the model gets it: one chip a token, its id below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.unrecorded import UNRECORDED, lacks_position
from seethrough.view.words import rich, say, title

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.tokens import TokenView

N_HUES = 8


def render(state: AppState) -> str:
    """Every token of the prompt, the chosen one in solid ink; nothing before the first run."""
    if not state.tokens:
        return ""
    chips = (chip(state, token, index) for index, token in enumerate(state.tokens))
    one = len(state.tokens) == 1
    lead = rich(
        state,
        "view.tokens.lead_one" if one else "view.tokens.lead",
        n_tokens=h("b", {}, count(len(state.tokens))),
    )
    return to_html(
        title(state, "page.tokens.title"),
        h("p", {"class": "lead"}, lead),
        h("ol", {"class": "chips follows"}, [h("li", {}, item) for item in chips]),
    )


def chip(state: AppState, token: TokenView, position: int, *, is_marked: bool = True) -> Node:
    """One token: a button that chooses its position.

    Args:
        is_marked: Mark it where the recording lacks its residual stream.
    """
    selected = position == state.picture.position
    classes = ["chip", f"hue-{position % N_HUES}"]
    classes += ["is-special"] if token.is_special else []
    classes += ["is-selected"] if selected else []
    key = "view.tokens.special" if token.is_special else "view.tokens.chip"
    told = say(state, key, position=position, id=token.id)
    if is_marked and lacks_position(state, position):
        classes.append(UNRECORDED)
        told = say(state, "view.unrecorded.token", chip=told)
    return h(
        "button",
        {
            "type": "button",
            "class": " ".join(classes),
            "data-action": "select-position",
            "data-position": str(position),
            "aria-pressed": "true" if selected else "false",
            "title": told,
        },
        h("bdi", {"class": "chip-text"}, token.visible),
        h("span", {"class": "chip-note"}, str(token.id)),
    )
