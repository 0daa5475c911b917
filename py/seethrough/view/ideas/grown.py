"""The text with what was written behind it, each new token tinted by its chance (steps 8 and 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.ideas.plain import caption
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.steps.input_text import text_of
from seethrough.view.steps.written import enters, has_end
from seethrough.view.windowed import window
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.tokens import NewToken

MOST_GIVEN, MOST_NEW = 200, 40  # characters of the prompt, new tokens
LARGE = 150  # characters; longer texts are set smaller
MOST_MOMENTS = 6  # new tokens that the film tells one by one
NEW_LINE = "↵"
REPLACED = "\ufffd"
TINTS = 10


def given(scene: Scene) -> str:
    """The reader's words; of long ones the end."""
    text = text_of(scene)
    return text if len(text) <= MOST_GIVEN else f"… {text[-MOST_GIVEN:]}"


def reads(new: NewToken) -> str:
    """A new token as it reads; what cannot be seen by its sign."""
    is_clear = bool(new.text.strip()) and new.text.isprintable() and REPLACED not in new.text
    return new.text if is_clear else new.visible


def moment_of(at: int, kind: str) -> dict[str, str]:
    """When a new token comes into the film; only the loop has one."""
    return enters(min(at, MOST_MOMENTS), "appear") if kind == "button" else {}


def tint(prob: float) -> str:
    """The class of a chance, in tenths."""
    return f"is-chance-{round(prob * TINTS)}"


def text(scene: Scene, steps: Sequence[NewToken], chosen: int | None, kind: str) -> list[Child]:
    """The prompt, then the new tokens; the chosen one is marked, others are named by a gap.

    Args:
        kind: What a token is: "button" (it chooses its step) or "span".
    """
    shown = window(len(steps), most=MOST_NEW, chosen=chosen)
    parts: list[Child] = [h("bdi", {}, given(scene))]
    length = len(given(scene))
    before = -1
    for at in shown.positions:
        if at != before + 1:
            parts.append(" … ")
        parts.append(token(steps[at], at, chosen, kind, name_of(scene, steps[at], at)))
        length += len(steps[at].text)
        before = at
    size = "is-medium" if length <= LARGE else "is-long"
    body = h("p", {"class": f"idea-page idea-grown {size}", "dir": "auto"}, parts)
    told = [say(scene, "idea.loop.tint")] if steps else []
    if any(NEW_LINE in reads(steps[at]) for at in shown.positions):
        told.append(say(scene, "idea.loop.new_line"))
    legend = caption(" ".join(told)) if told else ""
    return [h("div", {}, body, legend)]


def name_of(scene: Scene, new: NewToken, at: int) -> str:
    """A new token as it reads; the model's end token is no text."""
    is_end = has_end(scene) and at == len(scene.run.steps) - 1
    return f" {say(scene, 'idea.loop.end')}" if is_end else reads(new)


def token(new: NewToken, at: int, chosen: int | None, kind: str, name: str) -> Node:
    """A new token: the darker, the surer the model was."""
    states = [tint(new.prob)]
    if at == chosen:
        states.append("is-chosen")
    if kind == "button" and chosen is not None and at > chosen:
        states.append("is-later")
    classes = " ".join(("idea-new", *states))
    words = h("bdi", {}, name)
    if kind != "button":
        return h("span", {"class": classes}, words)
    attributes: Attributes = {
        **moment_of(at, kind),
        "type": "button",
        "class": classes,
        "data-action": "step-to",
        "data-step": str(at),
        "aria-pressed": "true" if at == chosen else "false",
        "tabindex": "-1",  # two buttons go from token to token: one stop each
    }
    return h("button", attributes, words)
