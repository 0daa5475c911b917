"""The fourth step inside a layer: weighted values pour into the context, all heads write it back.

The values of the tokens, each times its weight, add up to what the head found; the output matrix
turns that into a vector of the stream's width, the heads' vectors add up, the sum joins the stream.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.length import length_of
from seethrough.core.pushes import of_head
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view import layer_formula, named, slices
from seethrough.view.addends import shares
from seethrough.view.block import made, off, pushed, search, shapes
from seethrough.view.block.clipped import beyond, whole
from seethrough.view.block.facts import at_once, has_norms_after, is_open, name_of, names_of, row
from seethrough.view.block.here import waits
from seethrough.view.block.mix_facts import (
    AFTER_WEIGHT,
    W_O,
    Mixed,
    head_of,
    mixed_of,
    results,
)
from seethrough.view.block.mix_film import moments, timed
from seethrough.view.block.mix_words import through, why_no_sum, why_no_sum_of_heads
from seethrough.view.block.vectors import line, vector
from seethrough.view.cell_button import cell_button
from seethrough.view.kept import kept
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import (
    count,
    exact,
    limit,
    probability,
    readout,
)
from seethrough.view.pickers import layer_of
from seethrough.view.scales import symmetric_limit
from seethrough.view.strip import common_limit
from seethrough.view.strip import readout as opened_readout
from seethrough.view.wants import chosen, of_attention
from seethrough.view.windowed import beyond_note, is_beyond
from seethrough.view.words import hook_mark, rich, say, title, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array

__all__ = ["FIELDS", "moments", "render", "wants"]

FIELDS = (
    *("language", "tokens", "config", "captured", "layer", "head", "position", "asked_layer"),
    *(
        "recorded",
        "source",
        "live_bytes",
        "walk_card",
        "missing",
        "pushes",
        "top",
        "without",
        "is_searching",
        "busy",
        "off",
        "elapsed_ms",
    ),
    *layer_formula.FIELDS,
)
READOUT = "mix-readout"
MOST_TOKENS, MOST_HEADS = 8, 12
ADDED = (hooks.RESID_PRE, hooks.ATTN_OUT, hooks.RESID_MID)


def wants(scene: Scene) -> Wants:
    """Values, context, what attention writes, the output matrix, and what the heads push."""
    if not is_open(scene):
        return NOTHING
    at, is_after = chosen(scene), has_norms_after(scene.run.config)
    leaves = (*ADDED, hooks.Z, hooks.ATTN_MADE, hooks.LN1_POST_SCALE)
    wanted = off.wants(scene) | of_attention(scene) | want(names_of(scene, leaves), at)
    wanted |= want([name_of(scene, hooks.V)])
    if scene.run.recorded is not None and row(scene, hooks.Z) is None:
        return wanted
    weights = (W_O, AFTER_WEIGHT) if is_after else (W_O,)
    wanted |= want([hooks.FINAL_SCALE], at)
    return wanted | Wants(
        weights=frozenset(name_of(scene, leaf) for leaf in weights), pushes=heads_pushing(scene)
    )


def heads_pushing(scene: Scene) -> frozenset[Cell]:
    """The heads whose tokens are told, once what they write and how it is read is known."""
    written, scale = results(scene), scene.run.captured.row(hooks.FINAL_SCALE, chosen(scene))
    if written is None or scale is None or scene.choice.asked_layer is not None:
        return frozenset()
    layer, at = layer_of(scene), chosen(scene)
    return frozenset(of_head(layer, at, head) for head in longest(written, head_of(scene)))


def longest(written: Array, own: int) -> tuple[int, ...]:
    """The heads that write most, the chosen one among them, in their order.

    Shapes: written [head, d_model].
    """
    sizes = [length_of(one) for one in written]
    order = sorted(range(len(sizes)), key=lambda head: (head != own, -sizes[head]))
    return tuple(sorted(order[:MOST_HEADS]))


def render(scene: Scene) -> str:
    """The tokens' values and what they make, the heads, the sum; before a run what will stand."""
    mixed = mixed_of(scene)
    if scene.run.config is None or not scene.run.tokens:
        return to_html(h("p", {"class": "lead"}, rich(scene, "mix.rest")))
    if is_beyond(scene, chosen(scene)):
        return to_html(title(scene, "step.mix"), beyond_note(scene))
    return to_html(
        title(scene, "step.mix"),
        named.lead(scene, lead(scene, mixed)),
        shapes.line(scene, "mix"),
        layer_formula.box(scene, "mix"),
        "" if mixed is None else values(scene, mixed),
        "" if mixed is None else opened_readout(scene, READOUT),
        lacking(scene, mixed),
        heads(scene),
        addition(scene),
        opened_readout(scene, READOUT) if mixed is None else "",
        off.figure(scene),
        h("div", {"class": "head-search"}, search.parts(scene)),
        h("p", {"class": "note scale"}, say(scene, "mix.scale")),
    )


def lead(scene: Scene, mixed: Mixed | None) -> list[Node | str]:
    """Where the head looks most, and what it does with what it finds there."""
    token = token_mark(visible_at(scene, chosen(scene)))
    if mixed is None:
        return rich(scene, "mix.lead_bare", token=token)
    most = int(mixed.weights.argmax())
    return rich(
        scene,
        "mix.lead",
        token=token,
        head=str(mixed.head),
        most=token_mark(visible_at(scene, most)),
        weight=h("b", {}, probability(scene, float(mixed.weights[most]))),
    )


def lacking(scene: Scene, mixed: Mixed | None) -> Node | str:
    """What a recording has not, or what is on its way."""
    if mixed is not None and mixed.context is not None and results(scene) is not None:
        return ""
    return waits(scene)


def values(scene: Scene, mixed: Mixed) -> Node:
    """Each token's weight, value and weighted value; the context that they add up to."""
    shown = mixed.heaviest(MOST_TOKENS)
    heads_of = ["token", "weight", "value", "weighted"]
    names = [h("span", {}, say(scene, f"mix.head.{name}")) for name in heads_of]
    reach = 1.0 if mixed.values is None else common_limit(list(mixed.values[list(shown)]))
    n_left = len(mixed.weights) - len(shown)
    held = [float(mixed.weights[key]) for key in shown]
    left = max(1.0 - math.fsum(held), 0.0) if n_left else None
    told = shares(scene, held, left)
    rows = [
        token_row(scene, mixed, (key, share), reach)
        for key, share in zip(shown, told.parts, strict=True)
    ]
    return h(
        "div",
        {"class": "mix-values", "role": "group", "aria-label": say(scene, "mix.values")},
        h("div", {"class": "mix-names", "aria-hidden": "true"}, names),
        h("ol", {"class": "mix-rows"}, rows),
        others(scene, n_left, told.rest),
        context(scene, mixed, reach),
    )


def token_row(scene: Scene, mixed: Mixed, told: tuple[int, str], reach: float) -> Node:
    """One token: its weight as a bar, its value, what the weight leaves of it.

    Args:
        told: Its position, and its weight as it is written.
    """
    key, share = told
    weight = float(mixed.weights[key])
    where = Cell(name_of(scene, hooks.PATTERN), (mixed.head, mixed.position, key))
    wide = 100 * weight if math.isfinite(weight) else 0.0
    bar = h("svg", {"aria-hidden": "true"}, h("rect", {"width": f"{wide:.2f}%"}))
    number = cell_button(where, share, exact(scene, weight))
    value, left = strips(scene, mixed, key, reach)
    return h(
        "li",
        {"class": "mix-row"},
        h(
            "span",
            {"class": "mix-token"},
            h("span", {"class": "is-quiet"}, str(key)),
            " ",
            token_mark(visible_at(scene, key)),
        ),
        h("span", {"class": "mix-weight", **timed(scene, "weigh", "grow")}, bar, number),
        h(
            "span",
            {"class": "is-value", **timed(scene, "values", "sweep")},
            value,
        ),
        h("span", {"class": "mix-left", **timed(scene, "weigh", "sweep")}, left),
    )


def strips(scene: Scene, mixed: Mixed, key: int, reach: float) -> tuple[Node | str, Node | str]:
    """A token's value and the weighted value, on one scale; nothing where they are not known."""
    if mixed.values is None:
        return "", ""
    size, place = len(mixed.values[key]), (key, mixed.shared)
    token, reached = visible_at(scene, key), limit(scene, reach)
    label = say(scene, "mix.value.summary", token=token, limit=reached)
    value = slices.strip(
        mixed.v_name, place, mixed.values[key], reach=reach, label=label, told_in=READOUT
    )
    left = made.strip(
        made.WEIGHTED,
        (mixed.layer, mixed.head, mixed.position, key),
        size,
        reach=reach,
        label=say(scene, "mix.weighted.summary", token=token, limit=reached),
        told_in=READOUT,
    )
    return value, left


def others(scene: Scene, n_left: int, share: str) -> Node | str:
    """How much the tokens hold together that are not drawn: with theirs it is all."""
    if not n_left:
        return ""
    return h("p", {"class": "note"}, say(scene, "mix.others", n=count(scene, n_left), share=share))


def context(scene: Scene, mixed: Mixed, reach: float) -> Node | str:
    """What the weighted values add up to."""
    if mixed.context is None:
        return ""
    place = (mixed.position, mixed.head)
    written = f"{mixed.z_name}[{mixed.position},{mixed.head}]"
    label = say(scene, "mix.context.summary", head=mixed.head, limit=limit(scene, reach))
    picture = slices.strip(
        mixed.z_name, place, mixed.context, reach=reach, label=label, told_in=READOUT
    )
    size = length_of(mixed.context)
    return vector(
        scene,
        sign="=",
        named=[h("b", {}, say(scene, "mix.context")), " ", hook_mark(written)],
        picture=picture,
        length=h("span", {"class": "number", "title": exact(scene, size)}, readout(scene, size)),
        look="is-value",
        place={"data-part": hooks.Z, **timed(scene, "pour", "rise")},
    )


def heads(scene: Scene) -> Node | str:
    """What each head writes: how long it is, and which tokens it points to."""
    written = results(scene)
    if written is None:
        return ""
    own, shown = head_of(scene), longest(written, head_of(scene))
    most = max(length_of(written[head]) for head in shown)
    reach = pushed.reach_of(
        scene, {of_head(layer_of(scene), chosen(scene), at): 1.0 for at in shown}
    )
    rows = [
        head_row(scene, written[head], (head, most, reach), is_own=head == own) for head in shown
    ]
    left = len(written) - len(shown)
    matrix = hook_mark(name_of(scene, W_O))
    return h(
        "div",
        {"class": "mix-heads", **timed(scene, "heads", "rise")},
        h("h3", {"class": "part-title"}, say(scene, "mix.heads")),
        h(
            "p",
            {"class": "note"},
            *through(scene, matrix),
        ),
        h("ol", {"class": "head-rows"}, rows),
        h("p", {"class": "note"}, say(scene, "mix.heads.left", n=count(scene, left)))
        if left
        else "",
        why_no_sum_of_heads(scene, written),
        h("p", {"class": "note"}, rich(scene, "pushed.held")),
        h("p", {"class": "note"}, say(scene, "pushed.scale")) if reach else "",
    )


def head_row(scene: Scene, written: Array, told: tuple[int, float, float], *, is_own: bool) -> Node:
    """One head: choosing it is the button; the chosen one's vector is drawn.

    Args:
        told: Which head; the length of the longest, and the largest push, of all that are told.
    """
    head, most, reach = told
    size, at = length_of(written), chosen(scene)
    button = h(
        "button",
        {
            "type": "button",
            "class": "chip is-head is-selected" if is_own else "chip is-head",
            "data-action": "select-head",
            "data-head": str(head),
            "aria-pressed": "true" if is_own else "false",
        },
        say(scene, "mix.heads.name", head=head),
    )
    width = f"{100 * size / most:.2f}%" if most else "0%"
    name = of_head(layer_of(scene), at, head)
    return h(
        "li",
        {"class": "head-row is-own" if is_own else "head-row"},
        button,
        h("svg", {"class": "head-bar", "aria-hidden": "true"}, h("rect", {"width": width})),
        h("span", {"class": "number", "title": exact(scene, size)}, readout(scene, size)),
        pushed.tokens(scene, name, reach=reach),
        own_vector(scene, written, head) if is_own else "",
    )


def own_vector(scene: Scene, written: Array, head: int) -> Node:
    """The chosen head's vector, as long as the stream is wide."""
    reach = symmetric_limit(written)
    place = (layer_of(scene), chosen(scene), head)
    label = say(scene, "mix.result.summary", head=head, limit=limit(scene, reach))
    picture = made.strip(
        made.RESULT, place, len(written), reach=reach, label=label, told_in=READOUT
    )
    return h("span", {"class": "head-strip scroll", "tabindex": "0"}, picture)


@kept("language", "tokens", "config", "captured", "layer", "position")
def addition(scene: Scene) -> Node | str:
    """The heads' sum joins the stream."""
    is_after = has_norms_after(scene.run.config)
    place = timed(scene, "add", "rise")
    summed = line(scene, hooks.ATTN_MADE, sign="", told_in=READOUT, role="attention")
    lines = [
        summed if is_after else "",
        line(scene, hooks.RESID_PRE, sign="", told_in=READOUT, place=place),
        line(scene, hooks.ATTN_OUT, sign="+", told_in=READOUT, role="attention", place=place),
        line(scene, hooks.RESID_MID, sign="=", told_in=READOUT, place=place),
    ]
    if not any(lines):
        return ""
    return h(
        "div",
        {"class": "vectors"},
        h("h3", {"class": "part-title"}, say(scene, "mix.add")),
        h("p", {"class": "note"}, how_added(scene)),
        lines,
        why_no_sum(scene),
        h("p", {"class": "note"}, beyond(scene, whole(scene, names_of(scene, ADDED)))),
    )


def how_added(scene: Scene) -> list[Node | str]:
    """What happens to the heads' sum before it is added, and beside it."""
    if at_once(scene.run.config):
        return rich(scene, "mix.add.at_once")
    key = "mix.add.normed" if has_norms_after(scene.run.config) else "mix.add.note"
    return rich(scene, key)
