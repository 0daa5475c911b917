"""Sentences from the catalogue, as text or with nodes in their slots."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from seethrough.app.state import card_of
from seethrough.core.marks import TERM, TOLD
from seethrough.core.messages import Wording, catalogue, text, wording
from seethrough.core.routes import Route, address_of
from seethrough.core.written import Mark, Written, key_of
from seethrough.view.node import Attributes, Child, Node, h

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.app.state import AppState, Message, ModelCard, Scene, Spoken
    from seethrough.core.tokens import Candidate, NewToken, TokenView

# A field's place, and where an element around the words that it chose begins and ends.
SLOT, OPENS, CLOSES, ENDS = "\ue000", "\ue002", "\ue003", "\ue001"
PLACES = re.compile(f"{SLOT}(\\d+){ENDS}")
MARKS = re.compile(f"([{SLOT}{OPENS}{CLOSES}]\\d+{ENDS}|{TERM}[a-z_]+{ENDS}|{TOLD})")


@dataclass(frozen=True)
class Reader:
    """Who reads: all that words need to know where no scene is at hand."""

    language: str


class Framed(NamedTuple):
    """A field that chooses among wordings, and the element that the chosen one stands in.

    Args:
        value: A number, or the node of one; or what a select goes by, yes or no.
    """

    value: Node | str | bool
    tag: str
    attributes: Attributes


Field: TypeAlias = "Node | str | bool | Framed"


def say(spoken: Spoken, message: str, /, **fields: object) -> str:
    """A sentence in the reader's language."""
    return text(message, spoken.language, **fields)


def rich(spoken: Spoken, message: str, /, **fields: Field) -> list[Node | str]:
    """A sentence whose slots hold nodes (a token, a hook name) as well as text.

    Slots are filled with marks first and cut out after, so that no field is read as a mark. A term
    of the glossary becomes a link that opens its entry.
    """
    said = wording(message, spoken.language)
    values = list(fields.values())
    if isinstance(said, Wording):
        return built(said.format_map(marks_of(fields)), values)
    told = said.format_map({name: f"{SLOT}{index}{ENDS}" for index, name in enumerate(fields)})
    if TERM in told:
        return built(told, values)
    parts = PLACES.split(told)
    return [shown(values[int(part)]) if at % 2 else part for at, part in enumerate(parts)]


def marks_of(fields: Mapping[str, Field]) -> dict[str, Mark]:
    """The marks of fields, by name; that of a number has its digits, for a sentence to agree."""
    return {name: mark_of(index, value) for index, (name, value) in enumerate(fields.items())}


def built(said: str, values: Sequence[Field]) -> list[Node | str]:
    """A sentence with its marks as nodes; what a framed field chooses stands in an element."""
    told: list[Node | str] = []
    outside: list[tuple[list[Node | str], str]] = []
    for part in MARKS.split(said):
        if part[:1] == SLOT:
            told.append(shown(values[int(part[1:-1])]))
        elif part[:1] in {OPENS, TERM}:
            outside.append((told, part[1:-1]))
            told = []
        elif part[:1] == CLOSES:
            frame, inside = values[int(part[1:-1])], told
            assert isinstance(frame, Framed)
            told, _ = outside.pop()
            told.append(h(frame.tag, frame.attributes, *inside))
        elif part == TOLD:
            inside = told
            told, term = outside.pop()
            told.append(term_mark(term, *inside))
        elif part:
            told.append(part)
    return told


def term_mark(term: str, *words: Child) -> Node:
    """A term of the glossary inside a sentence: it opens its entry (view/glossary.py).

    It is a link, which breaks with its line and leads to the list of terms until Python is there.
    """
    attributes: Attributes = {
        "class": "term",
        "href": address_of(Route("glossary")),
        "data-action": "tell-term",
        "data-term": term,
        "aria-haspopup": "dialog",
    }
    return h("a", attributes, *words)


def shown(field: Field) -> Node | str:
    """A field as it stands in its slot."""
    inside = field.value if isinstance(field, Framed) else field
    return key_of(inside) if isinstance(inside, bool) else inside


def mark_of(index: int, field: Field) -> Mark:
    """The mark of a field, by its place among the fields."""
    mark = f"{SLOT}{index}{ENDS}"
    if not isinstance(field, Framed):
        return Mark(mark, digits_in(field), "" if isinstance(field, Node) else key_of(field))
    key = "" if isinstance(field.value, Node) else key_of(field.value)
    frame = f"{OPENS}{index}{ENDS}", f"{CLOSES}{index}{ENDS}"
    return Mark(mark, digits_in(field.value), key, *frame)


def digits_in(field: Child) -> str | None:
    """The digits of a written number, also where it is all that an element holds; else None."""
    if isinstance(field, Node):
        return digits_in(field.children[0]) if len(field.children) == 1 else None
    return field.digits if isinstance(field, Written) else None


def say_message(spoken: Spoken, message: Message) -> str:
    """A message's own sentence in the reader's language, without its more."""
    return say(spoken, message.key, **message.fields)


def sentences(*said: str) -> str:
    """Whole sentences, one after the other; what is empty is none."""
    return " ".join(filter(None, said))


def token_mark(visible: str) -> Node:
    """A token inside a sentence, its spaces seen, its direction kept to itself."""
    return h("bdi", {"class": "token"}, visible)


def hook_mark(name: str) -> Node:
    """A hook name inside a sentence, as it may be copied into TransformerLens."""
    return h("code", {"class": "hook"}, name)


def page_title(spoken: Spoken, key: str) -> Node:
    """A page's heading."""
    return heading(say(spoken, key))


def heading(words: str) -> Node:
    """The heading of a page; it takes the focus when the page is turned to."""
    return h("h1", {"class": "page-title", "tabindex": "-1"}, words)


def step_title(scene: Scene) -> str:
    """What the shown step is about, at the reader's depth; a tour's only step has no title."""
    tour, step = scene.tour, scene.step
    if tour is None or step is None or not tour.settled(step.name):
        return ""
    if step.is_idea_at(scene.depth):
        return say(scene, f"idea.{step.name}.title")
    return say(scene, f"step.{step.name}")


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
