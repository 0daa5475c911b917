"""What steers the two sides: by what they differ, side B, how many tokens, the button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.against import BY_MODEL, BY_PROMPT, BY_SETTINGS, KINDS, MOST_WRITTEN, SET
from seethrough.core.contrast import NAMES
from seethrough.core.settings import SETTINGS
from seethrough.view.decode.begin import begin_button
from seethrough.view.decode.compare_columns import letter
from seethrough.view.decode.odds import hot
from seethrough.view.message import sentence
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count
from seethrough.view.steps.sample_dials import dial
from seethrough.view.words import action_button, model_name, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene


def steers(scene: Scene, *, is_exact: bool) -> Node:
    """All of it."""
    return h(
        "div",
        {"class": "versus-steers"},
        tabs(scene),
        h("div", {"class": "versus-sides"}, left(scene, is_exact), right(scene, is_exact)),
        h(
            "div",
            {"class": "beam-steers"},
            length(scene),
            begin_button(scene, "write-both", "compare"),
            progress(scene),
        ),
    )


def tabs(scene: Scene) -> Node:
    """By what the two sides differ."""
    now = scene.choice.against.kind
    buttons = [
        action_button(
            scene,
            "set-against",
            f"decode.compare.by.{kind}",
            {
                "class": "pill",
                "data-name": "kind",
                "value": kind,
                "aria-pressed": "true" if kind == now else "false",
            },
        )
        for kind in KINDS
    ]
    label = say(scene, "decode.compare.by")
    return h("div", {"class": "presets", "role": "group", "aria-label": label}, buttons)


def side(scene: Scene, at: int, *parts: Child) -> Node:
    """What can be set of one side."""
    words = say(scene, "decode.compare.side", side=NAMES[at])
    legend = h("legend", {"class": "visually-hidden"}, words)
    inside = h("div", {"class": "versus-set"}, parts)
    return h("fieldset", {"class": "versus-side"}, legend, letter(NAMES[at]), inside)


def left(scene: Scene, is_exact: bool) -> Node:  # noqa: FBT001 - as asked for above
    """The present run: its settings, prompt or model."""
    kind, run = scene.choice.against.kind, scene.run
    if kind == BY_SETTINGS:
        refused = scene.choice.throws.refused
        said = sentence(scene, refused, "is-error") if refused else None
        dials = [one_dial(scene, name, "set-sampling") for name in names(is_exact)]
        return side(scene, 0, dials, said)
    if kind == BY_PROMPT:
        return side(scene, 0, h("bdi", {"class": "card-prompt"}, run.given[0] if run.given else ""))
    return side(scene, 0, h("p", {}, model_name(scene)))


def names(is_exact: bool) -> tuple[str, ...]:  # noqa: FBT001 - as asked for above
    """The settings that are offered."""
    return SET if is_exact else ("temperature",)


def right(scene: Scene, is_exact: bool) -> Node:  # noqa: FBT001 - as asked for above
    """What it is set against."""
    plan = scene.choice.against
    if plan.kind == BY_SETTINGS:
        return side(scene, 1, [one_dial(scene, name, "set-against") for name in names(is_exact)])
    if plan.kind == BY_PROMPT:
        attributes: Attributes = {
            "rows": "2",
            "dir": "auto",
            "data-action": "set-against",
            "data-name": "prompt",
        }
        words = h("span", {"class": "visually-hidden"}, say(scene, "decode.compare.prompt"))
        return side(scene, 1, h("label", {}, words, h("textarea", attributes, plan.prompt)))
    return side(scene, 1, models(scene))


def one_dial(scene: Scene, name: str, action: str) -> Node | None:
    """A setting of a side."""
    control = SETTINGS[name].dial
    if control is None:
        return None
    settings = scene.sampling if action == "set-sampling" else scene.choice.against.settings
    shown = hot(control) if name == "temperature" else control
    return dial(scene, name, shown, value=settings[name], action=action)


def models(scene: Scene) -> Node:
    """The other models of this build; where there is none, that is said."""
    others = [card for card in scene.models if card.id != scene.run.model]
    if not others:
        return h("p", {"class": "note"}, say(scene, "decode.compare.one_model"))
    chosen = scene.choice.against.model
    options = [h("option", {"value": "", "selected": not chosen}, "–")]
    options += [
        h("option", {"value": card.id, "selected": card.id == chosen}, card.title)
        for card in others
    ]
    words = h("span", {"class": "visually-hidden"}, say(scene, "decode.compare.model"))
    attributes: Attributes = {"data-action": "set-against", "data-name": "model"}
    return h("label", {}, words, h("select", attributes, options))


def length(scene: Scene) -> Node:
    """How many tokens each side has."""
    attributes: Attributes = {
        "type": "number",
        "min": "1",
        "max": str(MOST_WRITTEN),
        "step": "1",
        "value": str(scene.choice.against.n_tokens),
        "data-action": "set-against",
        "data-name": "n_tokens",
    }
    words = h("span", {}, say(scene, "decode.beams.plan.n_tokens"))
    return h("label", {"class": "beam-number"}, words, h("input", attributes))


def progress(scene: Scene) -> Node:
    """How far it is; at rest, what the shown texts are not of."""
    shown, told = scene.run.contrast, ""
    if scene.busy == "generate" and shown is not None:
        done = sum(len(one.steps) for one in shown.sides)
        most = 2 * scene.choice.against.n_tokens
        told = say(
            scene, "decode.compare.progress", done=count(scene, done), most=count(scene, most)
        )
    elif is_stale(scene):
        told = say(scene, "decode.compare.stale")
    return h("p", {"class": "beam-progress", "role": "status"}, told)


def is_stale(scene: Scene) -> bool:
    """Whether something was set since the shown texts were written."""
    shown, plan = scene.run.contrast or scene.example, scene.choice.against
    if shown is None:
        return False
    if shown.kind != plan.kind:
        return True
    if plan.kind == BY_PROMPT:
        return shown.right.prompt != plan.prompt
    if plan.kind == BY_MODEL:
        return shown.right.model != plan.model
    asked = scene.sampling, plan.settings
    both = zip(shown.sides, asked, strict=True)
    return any(one.settings[name] != now[name] for one, now in both for name in SET)
