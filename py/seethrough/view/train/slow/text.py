"""The text of the step: what the model read, and the letter that it had to guess at each place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.train.backward import IGNORED
from seethrough.view.folded import folded
from seethrough.view.ideas.plain import caption, lead, picture
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count
from seethrough.view.train.slow.letters import before_mark, has_aim, mark, visible
from seethrough.view.train.slow.tables import data_table
from seethrough.view.train.slow.tape import tape
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.train.slow import SlowStep

MOST_LINES = 16


def idea(state: AppState, step: SlowStep) -> list[Child]:
    """One snippet in large letters; a tap on a letter says what stood before it."""
    shape = {"documents": count(state, len(step.tokens)), "letters": count(state, len(step.text))}
    return [
        lead(rich(state, "idea.slow.text", number=count(state, step.number), **shape)),
        picture(
            say(state, "slow.text.picture"),
            chooser(state, step),
            tape(state, step),
            at_place(state, step),
            documents(state, step),
        ),
    ]


def numbers(state: AppState, step: SlowStep) -> list[Child]:
    """All snippets of the batch, and every token with its number."""
    shape = {"documents": count(state, len(step.tokens)), "letters": count(state, len(step.text))}
    counted = count(state, step.n_targets)
    return [
        h("p", {"class": "lead"}, rich(state, "slow.text.numbers", targets=counted, **shape)),
        documents(state, step),
        tape(state, step),
        at_place(state, step),
        folded(state, "slow-tokens", say(state, "slow.text.table"), lambda: table(state, step)),
    ]


def at_place(state: AppState, step: SlowStep) -> Node:
    """What was read, and what came."""
    position = state.lesson.slow.position
    if not has_aim(step, position):
        return caption(say(state, "slow.no_aim"))
    read = before_mark(state, step, position)
    aim = mark(step, int(step.aims[position]))
    return caption(rich(state, "slow.text.place", before=read, letter=aim))


def chooser(state: AppState, step: SlowStep) -> Node:
    """The snippet before and after this one."""
    last = len(step.tokens) - 1
    told = say(state, "slow.text.which", which=step.document + 1, documents=last + 1)
    return h(
        "div",
        {"class": "slow-chooser"},
        turn(state, "back", step.document - 1, is_there=step.document > 0),
        h("span", {"role": "status"}, told),
        turn(state, "next", step.document + 1, is_there=step.document < last),
    )


def turn(state: AppState, way: str, document: int, *, is_there: bool) -> Node:
    """A button to the snippet beside."""
    told: Attributes = {
        "type": "button",
        "class": "button",
        "data-action": "slow-document",
        "data-document": str(document),
        "disabled": not is_there,
    }
    return h("button", told, say(state, f"slow.text.{way}"))


def documents(state: AppState, step: SlowStep) -> Node:
    """Every snippet of the batch as a line; the shown one is marked."""
    items = [h("li", {}, line(step, at)) for at in range(min(len(step.tokens), MOST_LINES))]
    label = say(state, "slow.text.documents")
    return h("ol", {"class": "slow-documents", "aria-label": label}, items)


def line(step: SlowStep, document: int) -> Node:
    """A snippet as a button."""
    told: Attributes = {
        "type": "button",
        "data-action": "slow-document",
        "data-document": str(document),
        "aria-pressed": "true" if document == step.document else "false",
    }
    words = "".join(visible(step, int(token)) for token in step.tokens[document])
    return h("button", told, h("bdi", {}, words))


def table(state: AppState, step: SlowStep) -> Node:
    """Each place: the letter that was read and the one that came, with their ids."""
    head = [say(state, f"slow.column.{name}") for name in ("place", "read", "id", "came", "id")]
    rows = [
        h("tr", {}, h("th", {"scope": "row"}, str(at)), *pair(step, read), *pair(step, aim))
        for at, (read, aim) in enumerate(zip(map(int, step.text), map(int, step.aims), strict=True))
    ]
    return data_table(head, rows)


def pair(step: SlowStep, token: int) -> list[Node]:
    """A letter and its id."""
    if token == IGNORED:
        return [h("td", {}), h("td", {})]
    return [h("td", {}, h("bdi", {}, visible(step, token))), h("td", {}, str(token))]
