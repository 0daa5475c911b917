"""The idea of the feed-forward half: many small helpers, of which a few speak up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.pushes import of_neuron
from seethrough.view.block import expand
from seethrough.view.block.facts import answers
from seethrough.view.block.here import waits
from seethrough.view.block.ideas.mix import listed
from seethrough.view.block.neurons import Neurons, field, neurons_of
from seethrough.view.ideas.plain import caption, lead, mark, mark_at, nothing_yet, picture
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.pickers import layer_of
from seethrough.view.strip import readout
from seethrough.view.unrecorded import note
from seethrough.view.wants import chosen
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene

FIELDS = (*expand.FIELDS, "busy")
READOUT = "idea-neurons-readout"
N_NAMED = 3
wants = expand.wants


def render(scene: Scene) -> str:
    """All neurons as a field of dots, the strongest by the words that they push up."""
    known, config = neurons_of(scene), scene.run.config
    if known is None or config is None:
        has_run = bool(config and scene.run.tokens)
        return to_html(waits(scene) if has_run else nothing_yet(scene, "idea.expand.rest"))
    token, size = mark_at(scene, chosen(scene)), count(scene, config.d_mlp)
    return to_html(
        lead(rich(scene, "idea.expand.lead", token=token, n=size)),
        picture(
            say(scene, "idea.expand.picture"),
            h(
                "div",
                {"class": "idea-loud"},
                h(
                    "div",
                    {},
                    field(scene, known, told_in=READOUT, place={}),
                    readout(scene, READOUT),
                ),
                h("div", {}, loudest(scene, known)),
            ),
            caption(say(scene, "idea.expand.honest")),
        ),
    )


def loudest(scene: Scene, known: Neurons) -> list[Node]:
    """Those that speak most for the answer with their words; of a recording only who is loudest."""
    if expand.has_numbers_alone(scene, known.told):
        told = [h("li", {}, h("b", {}, say(scene, "neurons.name", neuron=at))) for at in known.told]
        return [
            h("p", {}, say(scene, "idea.expand.loudest")),
            h("ol", {"class": "idea-neurons is-bare"}, told[:N_NAMED]),
            note(scene, say(scene, "idea.expand.lacking")),
        ]
    answer = answers(scene)[:1]
    for_it = rich(scene, "idea.expand.for", answer=mark(answer[0].visible)) if answer else ""
    loud = [named(scene, known, at) for at in speaking(scene, known)[:N_NAMED]]
    return [h("p", {}, for_it), h("ol", {"class": "idea-neurons"}, loud)]


def speaking(scene: Scene, known: Neurons) -> list[int]:
    """The strongest neurons, those that add most to the answer first, where that is known."""

    def adds(neuron: int) -> float:
        return expand.added_by(scene, neuron, float(known.post[neuron])) or 0.0

    return sorted(known.told, key=lambda neuron: -adds(neuron))


def named(scene: Scene, known: Neurons, neuron: int) -> Node:
    """One of the strongest neurons: which words it pushes up here."""
    found = scene.run.pushes.get(of_neuron(layer_of(scene), neuron))
    name = h("b", {}, say(scene, "neurons.name", neuron=neuron))
    if found is None:
        key = "idea.mix.waits" if scene.run.source == "live" else "idea.mix.lacking"
        return h("li", {}, name, " ", say(scene, key))
    up = found.at(float(known.post[neuron])).up
    return h("li", {}, name, " ", *rich(scene, "idea.expand.pushes", words=listed(up)))
