"""The form: the text for the model, how it is read, how it is continued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import Message
from seethrough.core.settings import SETTINGS
from seethrough.core.written import plain_digits
from seethrough.view.node import Attributes, Node, h
from seethrough.view.words import engine_card, say, say_message

if TYPE_CHECKING:
    from seethrough.app.state import AppState


def form(state: AppState, *, has_sampling: bool, cost: Node | None = None) -> Node:
    """The form of a page; its buttons are allowed once Python can serve them.

    `cost` stands under the buttons: what pressing Run costs.
    """
    return h(
        "form",
        {"id": "prompt-form", "autocomplete": "off", "novalidate": True},  # refused in our words
        h("label", {"for": "prompt"}, say(state, "page.prompt.label")),
        h(
            "textarea",
            {
                "id": "prompt",
                "name": "prompt",
                "rows": "2",
                "spellcheck": "false",
                "dir": "auto",
                "enterkeyhint": "go",
                "title": say(state, "page.prompt.keys"),
            },
            "\n" + state.text.prompt if state.text.prompt.startswith("\n") else state.text.prompt,
        ),
        mode(state),
        h("div", {"class": "buttons"}, button(state, "run", "submit"), button(state, "cancel")),
        cost,
        sampling(state) if has_sampling else None,
        continuing(state) if has_sampling else None,
    )


def continuing(state: AppState) -> Node:
    """What goes on from the prompt."""
    names = ("next", "generate", "stop")
    return h("div", {"class": "buttons"}, [button(state, name) for name in names])


def button(state: AppState, name: str, kind: str = "button") -> Node:
    """A button of the form."""
    attributes: Attributes = {
        "type": kind,
        "name": name,
        "data-action": name,
        "disabled": True,
    }
    return h("button", attributes, say(state, f"page.{name}"))


def mode(state: AppState) -> Node:
    """Plain text, or a message inside the model's chat template; a model need not have one."""
    card = engine_card(state) or next(iter(state.site.models), None)
    title = "" if card is None or card.has_chat else card.title
    told = (card and card.chat_reason) or Message("page.mode.no_chat", {"model": title})
    note = h("p", {"class": "note"}, say_message(state, told)) if title else ""
    return h(
        "fieldset",
        {"class": "mode"},
        h("legend", {}, say(state, "page.mode.title")),
        choice(state, "plain", is_chosen=bool(title) or not state.text.chat),
        choice(state, "chat", is_chosen=not title and state.text.chat, is_offered=not title),
        note,
    )


def choice(state: AppState, name: str, *, is_chosen: bool, is_offered: bool = True) -> Node:
    """One of the two ways."""
    attributes: Attributes = {
        "type": "radio",
        "name": "mode",
        "value": name,
        "checked": is_chosen,
        "disabled": not is_offered,
    }
    return h("label", {}, h("input", attributes), " ", say(state, f"page.mode.{name}"))


def sampling(state: AppState) -> Node:
    """The controls of the draw, with their present values."""
    controls = [
        h(
            "label",
            {},
            say(state, f"page.sampling.{name}"),
            h(
                "input",
                {
                    "type": row.control.kind,
                    "name": name,
                    "min": row.control.least,
                    "max": row.control.most,
                    "step": row.control.step,
                    "value": plain_digits(state.sampling[name]),
                },
            ),
        )
        for name, row in SETTINGS.items()
    ]
    title = h("legend", {}, say(state, "page.sampling.title"))
    return h("fieldset", {"class": "sampling"}, title, controls)
