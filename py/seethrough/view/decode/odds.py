"""The lab's first step: each candidate's chance by the model alone, beside that of the settings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.core.distribution import entropy_bits
from seethrough.core.parts import LOGITS_PART
from seethrough.core.settings import SETTINGS
from seethrough.view.decode import pairs
from seethrough.view.ideas.plain import lead, nothing_yet, picture
from seethrough.view.kept import Kept
from seethrough.view.node import Attributes, Child, Markup, Node, h, to_html
from seethrough.view.numbers import count, readout
from seethrough.view.steps import slots
from seethrough.view.steps.sample_dials import dial, dials, presets
from seethrough.view.steps.sample_odds import odds_of
from seethrough.view.steps.sample_words import marked, named, share_of
from seethrough.view.unrecorded import note
from seethrough.view.words import action_button, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.settings import Control
    from seethrough.view.steps.sample_odds import Odds

FIELDS = (
    "language",
    "busy",
    "tokens",
    "top",
    "config",
    "continuation",
    "captured",
    "sampling",
    "throws",
    "vocabulary",
    "recorded",
    "recordings",
    "walk_card",
    "missing",
    "live_bytes",
)
# What changes while a slider is held: all but the sliders themselves.
PAIRS_FIELDS = (*FIELDS, "trying", "depth")
LAST: Kept[str] = Kept(PAIRS_FIELDS)
# Beyond this there is little left to see: every token has nearly the same chance.
HOTTEST = "5"


def idea(scene: Scene) -> str:
    """The temperature's dial, the pairs of bars, the dart."""
    if not scene.run.tokens:
        return to_html(nothing_yet(scene, "idea.odds.rest"))
    if odds_of(scene) is None:
        return to_html(*without_logits(scene))
    steers = h("div", {"class": "decode-steers"}, temperature(scene), presets(scene))
    whole = picture(say(scene, "idea.odds.picture"), steers, slot(scene))
    return to_html(lead(rich(scene, "idea.odds.lead")), whole)


def render(scene: Scene) -> str:
    """The same with every setting, scores, and how unsure the choice is."""
    if not scene.run.tokens:
        return to_html(h("p", {"class": "lead"}, say(scene, "decode.odds.rest")))
    odds = odds_of(scene)
    if odds is None:
        return to_html(*without_logits(scene))
    told = h("p", {"class": "lead"}, rich(scene, "decode.odds.lead"))
    steers = h("div", {"class": "decode-steers"}, temperature(scene), presets(scene))
    return to_html(told, steers, dials(scene, without=("temperature",)), slot(scene))


def temperature(scene: Scene) -> Node:
    """The temperature's dial, further than in the walk."""
    control = SETTINGS["temperature"].dial
    if control is None:
        return h("div", {})
    return h("div", {"class": "decode-heat"}, dial(scene, "temperature", hot(control)))


def hot(control: Control) -> Control:
    """The same dial with a longer way."""
    return replace(control, most=HOTTEST)


def slot(scene: Scene) -> Node:
    """Where all that a held slider changes stands."""
    attributes = {"id": slots.PAIRS, "class": "slot is-pairs"}
    return h("div", attributes, Markup(render_pairs(scene)))


def render_pairs(scene: Scene) -> str:
    """The bars, what is left and how unsure it is, the dart; made once for both panels."""
    return LAST.of(scene, lambda: to_html(*drawn(scene)))


def drawn(scene: Scene) -> list[Node]:
    """What the settings make of the odds."""
    odds = odds_of(scene)
    if odds is None:
        return []
    side = h("div", {"class": "decode-side"}, kept(scene, odds), dart(scene, odds))
    return [h("div", {"class": "decode-body"}, pairs.table(scene, odds), side)]


def kept(scene: Scene, odds: Odds) -> list[Child]:
    """How many tokens are left, and how unsure the choice is, before and after."""
    left = rich(
        scene,
        "decode.odds.kept",
        n_kept=h("b", {}, count(scene, odds.n_kept)),
        d_vocab=count(scene, odds.own.size),
    )
    before, after = entropy_bits(odds.own), entropy_bits(odds.now)
    told = rich(
        scene,
        "decode.odds.entropy",
        before=h("b", {}, readout(scene, before)),
        after=h("b", {}, readout(scene, after)),
    )
    return [h("p", {"class": "decode-kept"}, left), h("p", {"class": "decode-unsure"}, told)]


def dart(scene: Scene, odds: Odds) -> list[Child]:
    """Which token is drawn; draw again, take it."""
    token = named(scene, odds.landed)
    take: Attributes = {"type": "button", "class": "button", "data-action": "append-token"}
    takes = {**take, "data-id": str(odds.landed), "disabled": scene.busy not in {"", "load"}}
    taken = h("button", takes, rich(scene, "step.sample.take", token=h("bdi", {}, token)))
    if odds.shaped is None:
        told = rich(scene, "decode.odds.greedy", token=marked(scene, odds.landed))
        return [h("p", {"class": "decode-dart", "role": "status"}, told), buttons(taken)]
    told = rich(
        scene,
        "decode.odds.dart",
        throw=count(scene, odds.throw + 1),
        seed=str(odds.settings.seed),
        token=marked(scene, odds.landed),
        now=h("b", {}, share_of(scene, odds.now, odds.landed)),
        own=share_of(scene, odds.own, odds.landed),
    )
    more: Attributes = {"class": "button is-primary", "id": "throw-dart"}
    again = action_button(scene, "throw", "step.sample.throw", more)
    return [h("p", {"class": "decode-dart", "role": "status"}, told), buttons(again, taken)]


def buttons(*some: Node) -> Node:
    """What can be done."""
    return h("div", {"class": "buttons"}, some)


def without_logits(scene: Scene) -> list[Node]:
    """What a recording of the best tokens alone can show: their own chances, and the rest's."""
    if is_coming(scene):
        return [lead(rich(scene, "idea.sample.waiting"))]
    told = note(scene, *rich(scene, "decode.odds.unrecorded", n_best=count(scene, n_best(scene))))
    label = say(scene, "decode.odds.picture_own")
    return [told, picture(label, pairs.own_table(scene))] if scene.run.top else [told]


def n_best(scene: Scene) -> int:
    """How many of the best tokens are known."""
    return len(scene.run.top)


def is_coming(scene: Scene) -> bool:
    """Whether the scores of all tokens are asked for: a part of the recording, or a live run's."""
    if scene.run.recorded is None:
        return True
    card = scene.walk_card
    return card is not None and LOGITS_PART in card.parts and LOGITS_PART not in scene.run.missing
