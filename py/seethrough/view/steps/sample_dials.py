"""The controls of the step "sample": five settings, presets, and what is done with the dart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.sampling import PRESETS
from seethrough.view.message import sentence
from seethrough.view.node import Attributes, Node, h
from seethrough.view.numbers import setting
from seethrough.view.words import action_button, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene

# Name, kind, least, greatest, step: what the browser offers; app/sampler.py decides.
DIALS = (
    ("temperature", "range", "0", "2", "0.05"),
    ("top_k", "number", "0", None, "1"),
    ("top_p", "range", "0.01", "1", "0.01"),
    ("min_p", "range", "0", "0.5", "0.01"),
    ("seed", "number", "0", None, "1"),
)


def dials(scene: Scene) -> Node:
    """The settings, as they are; what was refused is said below them."""
    refused = scene.choice.throws.refused
    return h(
        "fieldset",
        {"class": "dials"},
        h("legend", {"class": "visually-hidden"}, say(scene, "step.sample.dials")),
        [dial(scene, *one) for one in DIALS],
        h("div", {"class": "refused", "role": "alert"}, sentence(scene, refused, "is-error"))
        if refused
        else None,
    )


def dial(scene: Scene, name: str, kind: str, least: str, greatest: str | None, *steps: str) -> Node:
    """One setting: a slider with its number, or a number to write."""
    value = getattr(scene.sampling, name)
    shown = setting(scene, value)
    is_slider = kind == "range"
    attributes: Attributes = {
        "type": kind,
        "min": least,
        "max": greatest,
        "step": steps[0],
        "value": f"{value:g}",
        "data-action": "set-sampling",
        "data-name": name,
        "data-live": "try-sampling" if is_slider else None,
        "aria-label": say(scene, f"step.sample.dial.{name}"),
        "aria-valuetext": shown if is_slider else None,
        "inputmode": None if is_slider else "numeric",
    }
    return h(
        "label",
        {"class": f"dial is-{kind}", "title": say(scene, f"page.sampling.{name}")},
        h("span", {"class": "dial-name"}, say(scene, f"step.sample.dial.{name}")),
        h("span", {"class": "number dial-value"}, shown) if is_slider else None,
        h("input", attributes),
    )


def presets(scene: Scene) -> Node:
    """Settings that are worth trying."""
    now = scene.sampling
    shape = (now.temperature, now.top_k, now.top_p, now.min_p)
    buttons = [
        action_button(
            scene,
            "set-sampling",
            f"step.sample.preset.{name}",
            {
                "class": "pill",
                "data-name": "preset",
                "data-preset": name,
                "value": name,
                "aria-pressed": "true" if shape == preset else "false",
            },
        )
        for name, preset in PRESETS.items()
    ]
    label = say(scene, "step.sample.presets")
    return h("div", {"class": "presets", "role": "group", "aria-label": label}, buttons)
