"""The design system on one page: type, colour roles, tokens, controls, messages, motion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import Message
from seethrough.view import message, top
from seethrough.view.node import Node, h
from seethrough.view.tokens import N_HUES
from seethrough.view.words import page_title, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.view.node import Slot

SIZES = (56, 40, 28, 21, 17, 15, 13)
ROLES = (
    "embedding",
    "query",
    "key",
    "value",
    "attention",
    "feed-forward",
    "residual",
    "logit",
    "negative",
    "positive",
)
GROUNDS = ("paper", "raised", "ink", "ink-soft", "hairline", "edge", "alarm")
SPACES = (1, 2, 3, 4, 6, 8)
MOTIONS = ("hover", "reveal", "move", "operation")


def frame(state: AppState, _slot: Slot) -> list[Node]:
    """Every part of the system as it is."""
    parts = (
        ("type", [sample(state, size) for size in SIZES]),
        ("grounds", [h("ul", {"class": "swatches"}, [swatch(name) for name in GROUNDS])]),
        ("roles", [h("ul", {"class": "swatches"}, [swatch(name) for name in ROLES])]),
        ("hues", [h("p", {"class": "chips"}, [hue(index) for index in range(N_HUES)])]),
        ("spaces", [h("ul", {"class": "spaces"}, [space(n) for n in SPACES])]),
        ("controls", controls(state)),
        ("messages", messages(state)),
        ("motion", [h("ul", {"class": "motions"}, [motion(name) for name in MOTIONS])]),
    )
    return [
        page_title(state, "title.styleguide"),
        h("p", {"class": "page-lead"}, say(state, "guide.lead")),
        *(
            h("section", {}, h("h2", {"class": "section-title"}, say(state, f"guide.{name}")), body)
            for name, body in parts
        ),
    ]


def sample(state: AppState, size: int) -> Node:
    """A line in one size of the scale."""
    line = h("span", {"class": f"type-{size}"}, say(state, "page.tagline"))
    return h("p", {"class": "sample"}, h("code", {}, str(size)), line)


def swatch(name: str) -> Node:
    """A colour by its role's name."""
    return h("li", {}, h("span", {"class": f"swatch is-{name}"}), h("code", {}, f"--{name}"))


def hue(index: int) -> Node:
    """A token's tint by position."""
    number = h("span", {"class": "chip-text"}, str(index))
    return h("span", {"class": f"chip hue-{index}"}, number)


def space(number: int) -> Node:
    """One step of the spacing scale."""
    name = f"space-{number}"
    return h("li", {}, h("span", {"class": f"space is-{name}"}), h("code", {}, f"--{name}"))


def motion(name: str) -> Node:
    """A duration: the bar grows while it is pointed at or focused."""
    bar = h("span", {"class": f"motion is-{name}"})
    return h("li", {"tabindex": "0"}, bar, h("code", {}, f"--{name}"))


def controls(state: AppState) -> list[Node]:
    """Buttons, pills, a badge, a bar."""
    return [
        h(
            "p",
            {"class": "ways"},
            h("button", {"type": "button", "class": "button is-primary"}, say(state, "page.run")),
            h("button", {"type": "button", "class": "button"}, say(state, "page.generate")),
            h(
                "button",
                {"type": "button", "class": "button", "disabled": True},
                say(state, "page.stop"),
            ),
            h("b", {"class": "badge is-recorded"}, say(state, "source.badge.recorded")),
            h("b", {"class": "badge is-live"}, say(state, "source.badge.live")),
        ),
        top.bar(0.5, "bar-fill"),
    ]


def messages(state: AppState) -> list[Node]:
    """A notice and an error, as a reader gets them."""
    error = Message("engine.network", {"path": "model.onnx"})
    notice = Message("engine.cancelled")
    return [
        message.sentence(state, error, "is-error"),
        message.sentence(state, notice, "is-notice"),
    ]
