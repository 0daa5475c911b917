"""What steers every step inside a layer: which layer, which of its heads, which token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import WALK
from seethrough.core.routes import Place, Route, address_of_place
from seethrough.view.attention import head_button
from seethrough.view.kept import kept
from seethrough.view.node import Node, h, to_html
from seethrough.view.pickers import layer_of, layer_picker
from seethrough.view.tokens import chip
from seethrough.view.unrecorded import lacks_inside, lacks_inside_at
from seethrough.view.wants import chosen
from seethrough.view.words import action_button, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.config import ModelConfig
    from seethrough.view.node import Attributes

SLOT = "choice"
# What is known of a recording, and where the reader is.
RECORDED = ("recorded", "walk_card", "route")
FIELDS = (
    *("language", "tokens", "config", "captured", "layer", "asked_layer", "head", "position"),
    *RECORDED,
)


def render(scene: Scene) -> str:
    """The layer, its heads in small with the keys that they share, the tokens; the way back.

    Neurons are of no head: where a step is about them alone there is none to choose.
    """
    config = scene.run.config
    if config is None or not scene.run.tokens:
        return ""
    return to_html(
        layers(scene),
        heads(scene, config) if is_of_heads(scene) else "",
        chosen_token(scene),
    )


@kept("language", "tokens", "config", "captured", "layer", "position", "recorded")
def chosen_token(scene: Scene) -> Node:
    """The tokens of the text; another head leaves them as they are."""
    chips = [
        h("li", {}, chip(scene, token, at, is_marked=lacks_inside_at(scene, layer_of(scene), at)))
        for at, token in enumerate(scene.run.tokens)
    ]
    named = h("span", {"class": "choose-name", "id": "choose-token"}, say(scene, "choice.token"))
    row = h("ol", {"class": "chips follows", "aria-labelledby": "choose-token"}, chips)
    return h("div", {"class": "choose is-token"}, named, row)


def is_of_heads(scene: Scene) -> bool:
    """Whether the step has anything to tell of a head."""
    pair = None if scene.step is None else scene.step.pair
    return pair is None or "head" in pair.by


@kept("language", "config", "captured", "layer", "head")
def heads(scene: Scene, config: ModelConfig) -> Node:
    """The heads to choose from."""
    return h(
        "div",
        {"class": "choose is-head", "role": "group", "aria-label": say(scene, "view.heads")},
        h("span", {"class": "choose-name"}, say(scene, "view.head")),
        h("div", {"class": "head-groups scroll", "tabindex": "0"}, groups(scene, config)),
    )


def way_back(scene: Scene) -> Node:
    """To the walk's step of the layers, at this token and layer."""
    route = Route(WALK, scene.route.subject, "layers")
    place = Place(route, position=chosen(scene), layer=layer_of(scene))
    return h("a", {"href": address_of_place(place)}, say(scene, "choice.back"))


@kept(*("language", "tokens", "config", "layer", "asked_layer", "position"), *RECORDED)
def layers(scene: Scene) -> Node:
    """The list of layers beside a step back and a step on, and the way out of them all."""
    return h(
        "div",
        {"class": "choose is-layer"},
        layer_picker(scene, lacks=lacks_inside),
        h("div", {"class": "stepper"}, stepper(scene, "layer-back"), stepper(scene, "layer-next")),
        h("p", {"class": "choose-back"}, way_back(scene)),
    )


def stepper(scene: Scene, action: str) -> Node:
    """One layer back or on."""
    more: Attributes = {
        "class": "button is-step",
        "aria-label": say(scene, f"keys.{action}"),
        "title": say(scene, f"keys.{action}"),
    }
    return action_button(scene, action, f"choice.{action}", more)


def groups(scene: Scene, config: ModelConfig) -> list[Node]:
    """The heads; those that read the same keys and values stand together, under one bracket."""
    size, side, chosen = config.n_group, side_of(scene), scene.choice.head
    is_shared = size > 1
    return [
        h(
            "div",
            {"class": "head-group is-shared" if is_shared else "head-group"},
            h(
                "div",
                {"class": "heads"},
                [
                    head_button(scene, at, side, is_chosen=at == chosen)
                    for at in range(shared * size, (shared + 1) * size)
                ],
            ),
            h("span", {"class": "shares"}, say(scene, "choice.shared", kv_head=shared))
            if is_shared
            else "",
        )
        for shared in range(config.n_key_value_heads)
    ]


def side_of(scene: Scene) -> int:
    """Tokens along the patterns of the layer; 0 where they are not known."""
    patterns = scene.run.pattern(layer_of(scene))
    return 0 if patterns is None else int(patterns.shape[1])
