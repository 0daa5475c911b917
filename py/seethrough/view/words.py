"""Sentences from the catalogue, as text or with nodes in their slots."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.app.state import card_of
from seethrough.core.messages import catalogue, text
from seethrough.view.node import Attributes, Node, h

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState, ModelCard, Scene, Spoken
    from seethrough.core.tokens import Candidate, NewToken, TokenView

SLOT = re.compile("\ue000(\\d+)\ue001")


@dataclass(frozen=True)
class Reader:
    """Who reads: all that words need to know where no scene is at hand."""

    language: str


def say(spoken: Spoken, message: str, /, **fields: object) -> str:
    """A sentence in the reader's language."""
    return text(message, spoken.language, **fields)


def rich(spoken: Spoken, message: str, /, **fields: Node | str) -> list[Node | str]:
    """A sentence whose slots hold nodes (a token, a hook name) as well as text.

    Slots are filled with marks first and cut out after, so that no field is read as a mark.
    """
    values = list(fields.values())
    marks = {name: f"\ue000{index}\ue001" for index, name in enumerate(fields)}
    parts = SLOT.split(text(message, spoken.language, **marks))
    return [values[int(part)] if index % 2 else part for index, part in enumerate(parts)]


def token_mark(visible: str) -> Node:
    """A token inside a sentence, its spaces seen, its direction kept to itself."""
    return h("bdi", {"class": "token"}, visible)


def hook_mark(name: str) -> Node:
    """A hook name inside a sentence, as it may be copied into TransformerLens."""
    return h("code", {"class": "hook"}, name)


def page_title(spoken: Spoken, key: str) -> Node:
    """A page's heading; it takes the focus when the page is turned to."""
    return h("h1", {"class": "page-title", "tabindex": "-1"}, say(spoken, key))


def title(spoken: Spoken, key: str) -> Node:
    """A panel's heading."""
    return h("h2", {"class": "panel-title"}, say(spoken, key))


def action_button(spoken: Spoken, action: str, key: str, more: Attributes | None = None) -> Node:
    """A button for an action; `more` adds attributes, or replaces the class."""
    attributes = {"type": "button", "class": "button", "data-action": action}
    return h("button", {**attributes, **(more or {})}, say(spoken, key))


def engine_card(state: AppState) -> ModelCard | None:
    """The model that is open, loading or failed; before any is, the chosen one."""
    wanted = state.site.engine.model or state.run.model
    return next((card for card in state.site.models if card.id == wanted), None)


def model_name(scene: Scene) -> str:
    """The title of the chosen model; its id where it has no card."""
    card = scene.model_card
    return card.title if card else scene.run.model


def token_at(scene: Scene, position: int) -> TokenView | None:
    """The token of a position, None where the state has none (yet)."""
    return scene.run.tokens[position] if 0 <= position < len(scene.run.tokens) else None


def visible_at(scene: Scene, position: int) -> str:
    """The token of a position as shown; its number where there is no token."""
    token = token_at(scene, position)
    return str(position) if token is None else token.visible


def name_of(scene: Scene, token: int) -> str | None:
    """A token as shown, where its text is known here; None where only its id is.

    A recording knows the text of its best tokens, some hundred; a model that is open of every one.
    """
    known: Sequence[Candidate | NewToken | TokenView] = (
        *scene.run.tokens,
        *scene.run.top,
        *scene.run.continuation,
    )
    for item in known:
        if item.id == token:
            return item.visible
    if scene.vocabulary is not None:
        return scene.vocabulary.visible(token)
    return scene.run.words.get(token) if scene.run.source == "recorded" else None


def subject_name(scene: Scene, subject: str) -> str:
    """What a walk is about: a known recording's title, another one's prompt, "your own text".

    The model is told beside it where two models have such a recording.
    """
    card = card_of(scene.recordings, subject)
    key = f"subject.{card.id if card else subject}"
    prompt = card.prompt if card else subject
    name = say(scene, key) if key in catalogue(scene.language) else prompt
    if card is None or not card.model_title:
        return name
    return say(scene, "walk.of_model", name=name, model=card.model_title)
