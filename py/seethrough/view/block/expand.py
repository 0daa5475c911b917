"""The fifth step inside a layer: the norm, then every neuron of the feed-forward half."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.hooks import hook_name
from seethrough.core.length import length_of
from seethrough.core.neurons import added, share_of_strength
from seethrough.core.pushes import WRITTEN_BY, of_neuron
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view import layer_formula, named, norm_facts, strip
from seethrough.view.block import curve, gate, pushed, shapes
from seethrough.view.block.clipped import scale_note, whole
from seethrough.view.block.expand_film import moments, timed
from seethrough.view.block.facts import (
    answers,
    direction,
    into_mlp,
    is_open,
    name_of,
    names_of,
    of_scores,
)
from seethrough.view.block.here import waits
from seethrough.view.block.neurons import (
    N_TOLD,
    Neurons,
    field,
    neuron_of,
    neurons_of,
    reach_of,
    shown_of,
)
from seethrough.view.block.vectors import line, vector
from seethrough.view.cell_button import cell_button
from seethrough.view.node import Child, Node, h, to_html
from seethrough.view.numbers import count, exact, in_column, limit, probability, readout, signed
from seethrough.view.pickers import layer_of
from seethrough.view.scales import symmetric_limit
from seethrough.view.strip import readout as opened_readout
from seethrough.view.unrecorded import note
from seethrough.view.wants import chosen
from seethrough.view.windowed import beyond_note, is_beyond
from seethrough.view.words import hook_mark, rich, say, title, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array

__all__ = ["FIELDS", "moments", "render", "wants"]

FIELDS = (
    *("language", "tokens", "top", "config", "captured", "layer", "position", "neuron"),
    *("asked_layer", "recorded", "source", "live_bytes", "walk_card", "missing", "pushes"),
    *layer_formula.FIELDS,
)
READOUT = "expand-readout"
LEAVES = (
    *hooks.norm_leaves("ln2."),
    *(hooks.MLP_PRE, hooks.MLP_PRE_LINEAR, hooks.MLP_POST),
)


def wants(scene: Scene) -> Wants:
    """The neurons with what is before them; of those that are told of, what they write and push."""
    if not is_open(scene) or scene.run.config is None:
        return NOTHING
    names = names_of(scene, (into_mlp(scene), *LEAVES))
    wanted, known = want(names, chosen(scene)), neurons_of(scene)
    wanted |= norm_facts.wants(scene, norm_facts.SECOND, layer_of(scene))
    if known is None or scene.choice.asked_layer is not None:
        return wanted
    layer, shown = layer_of(scene), shown_of(scene, known)
    rows = [(hook_name(WRITTEN_BY, layer), neuron) for neuron in shown]
    pushes = frozenset(of_neuron(layer, neuron) for neuron in shown)
    return wanted | of_scores(scene) | want([], rows=rows) | Wants(pushes=pushes)


def render(scene: Scene) -> str:
    """The norm, all neurons on the curve and in a field, the strongest with what they push."""
    if scene.run.config is None or not scene.run.tokens:
        return to_html(h("p", {"class": "lead"}, rich(scene, "expand.rest")))
    if is_beyond(scene, chosen(scene)):
        return to_html(title(scene, "step.expand"), beyond_note(scene))
    known = neurons_of(scene)
    return to_html(
        title(scene, "step.expand"),
        named.lead(scene, lead(scene, known)),
        shapes.line(scene, "expand"),
        layer_formula.box(scene, "expand"),
        before(scene),
        *([waits(scene)] if known is None else neurons(scene, known)),
    )


def lead(scene: Scene, known: Neurons | None) -> list[Node | str]:
    """How many neurons look at the token, and how few of them are strong."""
    config = scene.run.config
    fields: dict[str, Node | str] = {
        "token": token_mark(visible_at(scene, chosen(scene))),
        "d_model": count(scene, config.d_model if config else 0),
        "d_mlp": h("b", {}, count(scene, config.d_mlp if config else 0)),
    }
    if known is None:
        return rich(scene, "expand.lead_bare", **fields)
    share = probability(scene, share_of_strength(known.post, N_TOLD))
    key = "expand.lead_plain" if known.linear is None else "expand.lead_gated"
    return rich(scene, key, **fields, n=count(scene, len(known.told)), share=h("b", {}, share))


def before(scene: Scene) -> Node | str:
    """What the half is given: the stream behind attention, and what the norm makes of it."""
    place = timed(scene, "norm", "rise")
    lines = [
        line(scene, into_mlp(scene), sign="", told_in=READOUT, place=place),
        line(scene, hooks.LN2_OUT, sign="→", told_in=READOUT, role="feed-forward", place=place),
    ]
    if not any(lines):
        return ""
    names = [name_of(scene, leaf) for leaf in (into_mlp(scene), hooks.LN2_OUT)]
    note_of_scale = scale_note(scene, whole(scene, names))
    card = norm_facts.card(scene, norm(scene))
    return h("div", {"class": "vectors"}, lines, note_of_scale, card)


def norm(scene: Scene) -> norm_facts.Normed | None:
    """The layer's second norm at the chosen token."""
    before, layer = name_of(scene, hooks.RESID_MID), layer_of(scene)
    return norm_facts.normed_of(scene, norm_facts.SECOND, layer, before, chosen(scene))


def neurons(scene: Scene, known: Neurons) -> list[Node | str]:
    """The pictures of all neurons, the list of the strongest, the chosen one's row."""
    own = neuron_of(scene, known)
    shown = shown_of(scene, known)
    return [
        h("div", {"class": "neuron-plots"}, plots(scene, known, (own, *shown))),
        h(
            "figure",
            {"class": "neuron-all"},
            h("figcaption", {}, say(scene, "neurons.all", n=count(scene, len(known.post)))),
            field(scene, known, told_in=READOUT, place=timed(scene, "all", "sweep")),
        ),
        opened_readout(scene, READOUT),
        h("p", {"class": "note scale"}, scale(scene, known)),
        gate.card(scene, known, own),
        strongest_list(scene, known, shown, own),
        own_row(scene, own),
    ]


def plots(scene: Scene, known: Neurons, shown: tuple[int, ...]) -> list[Node]:
    """The curve with all neurons on it; of a gated half, the gate against what it lets through."""
    marked = tuple(dict.fromkeys(shown))
    first = curve.plot(
        scene,
        known.pre,
        known.squashed,
        kind=scene.run.config.act_fn if scene.run.config else "",
        marked=marked,
        config=scene.run.config,
        place=timed(scene, "curve", "rise"),
    )
    if known.linear is None:
        return [first]
    second = curve.plot(
        scene,
        known.squashed,
        known.linear,
        kind="gate",
        marked=marked,
        place=timed(scene, "gate", "rise"),
    )
    return [first, second]


def strongest_list(scene: Scene, known: Neurons, shown: tuple[int, ...], own: int) -> Node:
    """The strongest neurons with their numbers, what they add and push."""
    answer, bare = answers(scene)[:1], has_numbers_alone(scene, shown)
    token = token_mark(answer[0].visible) if answer else ""
    told = h("p", {"class": "note"}, *rich(scene, "neurons.adds.note", token=token))
    times = {of_neuron(layer_of(scene), neuron): float(known.post[neuron]) for neuron in shown}
    reach = None if bare else pushed.reach_of(scene, times)
    made = columns(scene, known, shown)
    rows = [
        neuron_row(scene, known, (neuron, told), is_own=neuron == own, reach=reach)
        for neuron, told in zip(shown, made, strict=True)
    ]
    return h(
        "div",
        {"class": "neuron-list", **timed(scene, "strong", "rise")},
        h("h3", {"class": "part-title"}, say(scene, "neurons.strongest")),
        told if answer and not bare else "",
        h("ol", {"class": "neuron-rows is-bare" if bare else "neuron-rows"}, rows),
        note(scene, say(scene, "neurons.lacking")) if bare else pushed.caveat(scene),
        h("p", {"class": "note"}, say(scene, "pushed.scale")) if reach else "",
    )


def has_numbers_alone(scene: Scene, shown: tuple[int, ...]) -> bool:
    """Whether a recording has the neurons' numbers alone: their words want the model."""
    known = scene.run.pushes
    found = any(of_neuron(layer_of(scene), neuron) in known for neuron in shown)
    return scene.run.recorded is not None and not found


def neuron_row(
    scene: Scene,
    known: Neurons,
    told: tuple[int, tuple[str, ...]],
    *,
    is_own: bool,
    reach: float | None,
) -> Node:
    """One neuron: its sum, what the curve and the gate make of it, what it adds and pushes.

    Args:
        told: Which, and its numbers as they are written.
        reach: The largest push of all neurons that are told; None leaves out what it pushes: it
            is said once that no neuron's words are here.
    """
    neuron, written = told
    activation, name = float(known.post[neuron]), of_neuron(layer_of(scene), neuron)
    return h(
        "li",
        {"class": "neuron-row is-own" if is_own else "neuron-row"},
        h(
            "button",
            {
                "type": "button",
                "class": "chip is-neuron is-selected" if is_own else "chip is-neuron",
                "data-action": "select-neuron",
                "data-neuron": str(neuron),
                "aria-pressed": "true" if is_own else "false",
            },
            say(scene, "neurons.name", neuron=neuron),
        ),
        h("span", {"class": "neuron-numbers"}, numbers(scene, known, neuron, written)),
        h("span", {"class": "neuron-adds"}, adds(scene, neuron, activation)),
        "" if reach is None else pushed.tokens(scene, name, activation, reach),
    )


def columns(scene: Scene, known: Neurons, shown: tuple[int, ...]) -> list[tuple[str, ...]]:
    """The told neurons' sums, what the curve makes of them, offers, activations: by columns."""
    arrays = (known.pre, known.squashed, known.linear, known.post)
    empty = ("",) * len(shown)
    made = [
        empty
        if array is None
        else in_column(scene, [float(array[at]) for at in shown], is_signed=True)
        for array in arrays
    ]
    return list(zip(*made, strict=True))


def numbers(
    scene: Scene, known: Neurons, neuron: int, written: tuple[str, ...]
) -> list[Node | str]:
    """How a neuron's activation is made, each number with its sum.

    Args:
        written: Its sum, what the curve makes of it, its offer, its activation.
    """
    at = chosen(scene)
    pre, squashed, offer, post = written

    def button(leaf: str, shown: str, value: float) -> Node:
        cell = Cell(name_of(scene, leaf), (at, neuron))
        return cell_button(cell, shown, exact(scene, value))

    fields: dict[str, Node | str] = {
        "pre": button(hooks.MLP_PRE, pre, float(known.pre[neuron])),
        "post": h("b", {}, button(hooks.MLP_POST, post, float(known.post[neuron]))),
        "squashed": squashed,
    }
    if known.linear is None:
        return rich(scene, "neurons.made_plain", **fields)
    linear = button(hooks.MLP_PRE_LINEAR, offer, float(known.linear[neuron]))
    return rich(scene, "neurons.made_gated", **fields, linear=linear)


def added_by(scene: Scene, neuron: int, activation: float) -> float | None:
    """What a neuron adds to the score of the answer, the final norm's divisor held."""
    answer, written = answers(scene)[:1], row_of(scene, neuron)
    along = direction(scene, answer[0].id) if answer else None
    return None if along is None or written is None else added(activation, written, along)


def adds(scene: Scene, neuron: int, activation: float) -> Child:
    """The same in words; nothing where it is not known."""
    answer, value = answers(scene)[:1], added_by(scene, neuron, activation)
    if value is None:
        return ""
    number = h("span", {"class": "number", "title": exact(scene, value)}, signed(scene, value))
    return rich(scene, "neurons.adds", token=token_mark(answer[0].visible), value=number)


def row_of(scene: Scene, neuron: int) -> Array | None:
    """What a neuron writes at an activation of 1: its row of W_out; None where it is not here."""
    return scene.run.captured.row(hook_name(WRITTEN_BY, layer_of(scene)), neuron)


def own_row(scene: Scene, own: int) -> Node | str:
    """The chosen neuron's row of the output matrix."""
    written, name = row_of(scene, own), hook_name(WRITTEN_BY, layer_of(scene))
    if written is None:
        return ""
    reach = symmetric_limit(written)
    label = say(scene, "neurons.row.summary", neuron=own, limit=limit(scene, reach))
    return h(
        "div",
        {"class": "vectors"},
        vector(
            scene,
            sign="",
            named=[
                h("b", {}, say(scene, "neurons.row", neuron=own)),
                " ",
                hook_mark(f"{name}[{own}]"),
            ],
            picture=strip.strip(scene, name, own, reach=reach, label=label, told_in=READOUT),
            length=h("span", {"class": "number"}, readout(scene, length_of(written))),
            look="is-feed-forward",
            place=timed(scene, "strong", "rise"),
        ),
    )


def scale(scene: Scene, known: Neurons) -> str:
    """How to read the field's colours."""
    return say(scene, "neurons.scale", limit=limit(scene, reach_of(known)))
