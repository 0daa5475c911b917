"""The controls of the step "sample": the settings, presets, and what is done with the dart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.settings import PRESETS, SETTINGS, preset
from seethrough.core.written import plain_digits
from seethrough.view.message import sentence
from seethrough.view.node import Attributes, Node, h
from seethrough.view.numbers import setting
from seethrough.view.words import action_button, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.settings import Control


def dials(scene: Scene, *, without: tuple[str, ...] = ()) -> Node:
    """The settings, as they are; what was refused is said below them.

    Args:
        without: Settings whose dials stand elsewhere.
    """
    refused = scene.choice.throws.refused
    rows = [(name, row.dial) for name, row in SETTINGS.items() if name not in without]
    return h(
        "fieldset",
        {"class": "dials"},
        h("legend", {"class": "visually-hidden"}, say(scene, "step.sample.dials")),
        [dial(scene, name, control) for name, control in rows if control],
        h("div", {"class": "refused", "role": "alert"}, sentence(scene, refused, "is-error"))
        if refused
        else None,
    )


def dial(
    scene: Scene,
    name: str,
    control: Control,
    *,
    value: float | None = None,
    action: str = "set-sampling",
) -> Node:
    """One setting: a slider with its number, or a number to write.

    Args:
        value: Where it is not the setting of the page; then nothing is tried while it is held.
        action: What sets it.
    """
    is_of_page, value = value is None, scene.sampling[name] if value is None else value
    shown = setting(scene, value)
    is_slider = control.kind == "range"
    attributes: Attributes = {
        "type": control.kind,
        **limits(control, value),
        "step": control.step,
        "value": plain_digits(value),
        "data-action": action,
        "data-name": name,
        "data-live": "try-sampling" if is_slider and is_of_page else None,
        "aria-label": say(scene, f"step.sample.dial.{name}"),
        "aria-valuetext": shown if is_slider else None,
        "inputmode": None if is_slider else "numeric",
    }
    return h(
        "label",
        {"class": f"dial is-{control.kind}", "title": say(scene, f"page.sampling.{name}")},
        h("span", {"class": "dial-name"}, say(scene, f"step.sample.dial.{name}")),
        h("span", {"class": "number dial-value"}, shown) if is_slider else None,
        h("input", attributes),
    )


def limits(control: Control, value: float) -> Attributes:
    """How far a control goes: a slider as far as the value, which a link or the form may set."""
    least, most = control.least, control.most
    if control.kind == "range" and most is not None:
        now = plain_digits(value)
        least, most = min(least, now, key=float), max(most, now, key=float)
    return {"min": least, "max": most}


def presets(scene: Scene) -> Node:
    """Settings that are worth trying."""
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
                "aria-pressed": "true" if scene.sampling.shape == preset(name) else "false",
            },
        )
        for name in PRESETS
    ]
    label = say(scene, "step.sample.presets")
    return h("div", {"class": "presets", "role": "group", "aria-label": label}, buttons)
