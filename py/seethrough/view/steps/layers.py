"""Layers: the chosen token's stream as a ribbon that attention and MLP write into."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.families import family_of
from seethrough.core.parts import write_names
from seethrough.core.routes import Place, Route, address_of, address_of_place
from seethrough.core.visible import PICTURES
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view import layer_formula, named
from seethrough.view.node import Attributes, Child, Markup, Node, h, to_html
from seethrough.view.numbers import count, exact, limit, probability, readout
from seethrough.view.steps import layers_data, layers_norms
from seethrough.view.steps.layers_film import SIDES, moments, said
from seethrough.view.steps.layers_stream import (
    ENTRY,
    Ribbon,
    answers,
    chosen,
    group_name,
    groups,
    layer_high,
    length_at,
    ribbon_of,
    rows_of,
    written,
)
from seethrough.view.steps.layers_wrote import FROM, written_lengths, wrote
from seethrough.view.unrecorded import note, spans
from seethrough.view.wants import is_kept, of_stream
from seethrough.view.windowed import beyond_note, is_beyond
from seethrough.view.words import Reader, rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate

__all__ = ["FIELDS", "moments", "render", "wants"]

FIELDS = (
    "language",
    "route",
    "tokens",
    "layer",
    "head",
    "position",
    "config",
    "captured",
    "lens",
    "recorded",
    "source",
    "live_bytes",
    "depth",
)
READOUT = "layers-readout"
STREAM = f"{hooks.RESID_PRE} {hooks.RESID_MID} {hooks.RESID_POST}"
MOST_PIXELS = 640
# Below this pitch two links beside each other are too close for a finger: they stand staggered.
CLOSE = 24


def wants(scene: Scene) -> Wants:
    """The stream, what each half of a layer wrote for the chosen token, and its lens."""
    config, position = scene.run.config, chosen(scene)
    if config is None or not is_kept(scene, position):
        return NOTHING
    return of_stream(scene) | want(write_names(config), position, lens=position)


def render(scene: Scene) -> str:
    """The ribbon with what was written into it, and the lengths of all tokens' states."""
    ribbon = ribbon_of(scene)
    if ribbon is None:
        return to_html(h("p", {"class": "lead"}, rich(scene, "layers.before")))
    last_moment = len(groups(ribbon.n_layers)) + 1
    return to_html(
        named.lead(scene, lead(scene, ribbon)),
        h("div", {"class": f"layers-plate scroll{classes(scene)}"}, plate(scene, ribbon)),
        h("p", {"class": "note layers-scale"}, scale(scene, ribbon)),
        formula(scene),
        layer_formula.box(scene),
        door(scene),
        note_unrecorded(scene, ribbon),
        layers_norms.panel(scene, last_moment),
        *layers_data.tables(scene, ribbon),
    )


def door(scene: Scene) -> Node | str:
    """The way into the layer in which attention wrote most for the token, at a head that looks."""
    lengths = written(scene, hooks.ATTN_OUT)
    known = {layer: length for layer, length in enumerate(lengths) if length is not None}
    if not known:
        return ""
    layer = max(known, key=lambda at: known[at])
    route = Route("block", scene.route.subject)
    head = head_that_looks(scene, layer)
    here = Place(route, position=chosen(scene), layer=layer, head=head)
    is_recorded = scene.run.recorded is not None
    opening = "layers.door.open_recorded" if is_recorded else "layers.door.open"
    way = h("a", {"href": address_of_place(here)}, say(scene, opening))
    told = say(scene, "layers.door", layer=layer)
    return h("p", {"class": "note layers-door"}, told, " ", way)


def head_that_looks(scene: Scene, layer: int) -> int:
    """The head that looks most at one token between the first and this; else the chosen one.

    Most heads look at the first token, or at the token itself: that says little of a text.
    """
    pattern, at = scene.run.pattern(layer), chosen(scene)
    if pattern is None or at < 2 or at >= pattern.shape[1]:  # noqa: PLR2004 - none is between
        return scene.choice.head
    return int(pattern[:, at, 1:at].max(axis=1).argmax())


def classes(scene: Scene) -> str:
    """How high a layer is drawn, and whether the ribbon may shrink a little to stand whole."""
    if scene.run.config is None:
        return ""
    high = layer_high(scene.run.config.n_layers)
    close = " is-close" if high < CLOSE else ""
    wide = " is-wide" if scene.run.config.d_model > MOST_PIXELS else ""
    return f" is-{high}{close}{wide}"


def lead(scene: Scene, ribbon: Ribbon) -> list[Child]:
    """The token's way in one sentence, and what it would say on the way in another."""
    token = token_mark(visible_at(scene, ribbon.position))
    n_layers, at_once = count(scene, ribbon.n_layers), ribbon.per_layer == 1
    fields: dict[str, Node | str | bool] = {
        "token": token,
        "n_layers": n_layers,
        "at_once": at_once,
    }
    ends = [length_at(scene, ribbon, row) for row in (0, len(ribbon.names) - 1)]
    if None in ends:
        way = rich(scene, "layers.lead_bare", **fields)
    else:
        first, last = (h("b", {}, readout(scene, end or 0.0)) for end in ends)
        way = rich(scene, "layers.lead", **fields, first=first, last=last)
    best = answers(scene)
    return [way, " ", said(scene, best)] if best else [way]


def plate(scene: Scene, ribbon: Ribbon) -> list[Node]:
    """The heads of the columns, what enters, the layers in the film's groups."""
    best = answers(scene)
    wrote = {leaf: written(scene, leaf) for leaf in SIDES}
    told = [length for lengths in wrote.values() for length in lengths if length is not None]
    longest = max(told, default=0.0)
    shown = written_lengths(scene, told)
    parts = [heads(scene, ribbon), entry(scene, ribbon, best)]
    for moment, layers in enumerate(groups(ribbon.n_layers), start=1):
        rows = [layer_row(scene, layer, moment, (wrote, shown, longest), best) for layer in layers]
        picture = canvas(scene, ribbon, group_name(layers), moment)
        parts.append(h("div", {"class": "layer-group"}, picture, rows))
    return parts


def heads(scene: Scene, ribbon: Ribbon) -> Node:
    """What each column is; the ribbon's own head is where its cells are told."""
    rest = rich(scene, "layers.head.ribbon", d_model=count(scene, ribbon.values.shape[1]))
    return h(
        "div",
        {"class": "layer-heads"},
        h("span", {}, say(scene, "layers.head.layer")),
        wrote_head(scene, hooks.ATTN_OUT, "attn"),
        h("output", {"class": "layers-readout", "id": READOUT}, rest),
        wrote_head(scene, hooks.MLP_OUT, "mlp"),
        h("span", {"class": "is-says"}, say(scene, "layers.head.says")),
    )


def wrote_head(scene: Scene, leaf: str, part: str) -> Node:
    """Whose writes a column holds."""
    place = {"id": FROM[leaf], "class": f"is-{SIDES[leaf]}", "data-part": leaf}
    return h("span", place, say(scene, f"layers.head.{part}"))


def entry(scene: Scene, ribbon: Ribbon, best: tuple[Candidate, ...]) -> Node:
    """What enters the first block, before anything was written."""
    return h(
        "div",
        {"class": "layer-group is-entry"},
        canvas(scene, ribbon, ENTRY, 0),
        h(
            "div",
            {"class": "layer-row", "data-at": "0"},
            h("span", {"class": "layer-name"}, say(scene, "layers.entry")),
            answer(scene, best, 0),
        ),
    )


def canvas(scene: Scene, ribbon: Ribbon, name: str, moment: int) -> Node:
    """The states of a group of layers."""
    rows = rows_of(ribbon, name) or range(0)
    wide, high = ribbon.values.shape[1], layer_high(ribbon.n_layers)
    label = say(
        scene,
        "layers.summary",
        token=visible_at(scene, ribbon.position),
        first=ribbon.names[rows[0]],
        last=ribbon.names[rows[-1]],
        d_model=wide,
        limit=limit(scene, ribbon.scale.limit),
    )
    return h(
        "canvas",
        {
            "class": f"layer-cells rows-{max(len(rows) // ribbon.per_layer, 1)}",
            "data-raster": name,
            "data-part": STREAM,
            "data-rows": str(len(rows)),
            "data-columns": str(wide),
            "width": str(wide),
            "height": str(high if name == ENTRY else len(rows) * (high // ribbon.per_layer)),
            "tabindex": "0",
            "role": "img",
            "aria-label": label,
            "aria-describedby": READOUT,
            "data-at": str(moment),
            "data-move": "sweep",
        },
    )


def layer_row(
    scene: Scene,
    layer: int,
    moment: int,
    writes: tuple[dict[str, tuple[float | None, ...]], Mapping[float, str], float],
    best: tuple[Candidate, ...],
) -> Markup:
    """One layer: the way into it, what its two halves wrote, what it would say.

    Args:
        writes: The lengths of the writes by hook, each as it is written, and the longest of all.
    """
    lengths, shown, longest = writes
    is_chosen = " is-selected" if layer == scene.choice.layer else ""
    bars = [
        wrote(scene, (leaf, layer), (lengths[leaf][layer], longest), shown, moment)
        for leaf in SIDES
    ]
    inside = to_html(link(scene, layer), *bars, answer(scene, best, layer + 1, moment))
    return Markup(f'<div class="layer-row{is_chosen}">{inside}</div>')


def link(scene: Scene, layer: int) -> Markup:
    """The way into a block, at the same token."""
    picture = scene.choice
    return link_of(scene.language, scene.route.subject, layer, chosen(scene), picture.head)


@lru_cache(maxsize=512)
def link_of(language: str, subject: str, layer: int, position: int, head: int) -> Markup:
    """Such a link; the same in a page that is drawn again."""
    here = address_of(Route("block", subject))
    attributes: Attributes = {
        "class": "layer-link is-odd" if layer % 2 else "layer-link",
        "href": f"{here}?pos={position}&layer={layer}&head={head}",
        "aria-label": say(Reader(language), "layers.link", layer=layer),
    }
    return Markup(to_html(h("a", attributes, str(layer))))


def answer(scene: Scene, best: tuple[Candidate, ...], row: int, moment: int = 0) -> Markup | str:
    """What the model would say if it stopped here; bold where it is the final answer."""
    if not best:
        return ""
    item = best[row]
    is_final = item.id == best[-1].id
    return answer_of(scene.language, item.visible, item.prob, moment, is_final=is_final)


@lru_cache(maxsize=512)
def answer_of(language: str, visible: str, prob: float, moment: int, *, is_final: bool) -> Markup:
    """Such an answer; the same in a page that is drawn again."""
    reader = Reader(language)
    shown = say(reader, "idea.layers.space") if visible == PICTURES[" "] else visible
    node = h(
        "span",
        {"class": "layer-says" + (" is-final" if is_final else ""), "data-at": str(moment)},
        h("bdi", {"class": "token-text"}, shown),
        h("span", {"class": "number", "title": exact(reader, prob)}, probability(reader, prob)),
    )
    return Markup(to_html(node))


def scale(scene: Scene, ribbon: Ribbon) -> list[Child]:
    """How to read the picture: rows, colours, limits, what lies beyond."""
    known = ribbon.values[ribbon.known]
    clipped = int(ribbon.scale.clipped(known).sum())
    reach = limit(scene, ribbon.scale.limit)
    beyond = say(
        scene,
        "view.residual.clipped" if clipped else "view.residual.not_clipped",
        n_clipped=count(scene, clipped),
        n_values=count(scene, known.size),
        limit=reach,
    )
    first = status(scene, ribbon) or say(scene, "layers.rows", at_once=ribbon.per_layer == 1)
    return [first, " ", say(scene, "view.strip.scale", limit=reach), " ", beyond]


def formula(scene: Scene) -> Node | str:
    """What attention computes, in words and as papers write it."""
    if scene.run.config is None:
        return ""
    is_scaled = family_of(scene.run.config).has_scaled_scores
    d_head = count(scene, scene.run.config.d_head)
    is_turned = layer_formula.turns(scene.run.config, scene.choice.layer)
    signs = h("code", {}, say(scene, "layers.formula.signs", d_head=d_head, is_scaled=is_scaled))
    told = rich(
        scene,
        "layers.formula",
        d_head=d_head,
        is_scaled=is_scaled,
        is_turned=is_turned,
        formula=signs,
    )
    return h("p", {"class": "note layers-formula"}, told)


def status(scene: Scene, ribbon: Ribbon) -> Node | None:
    """That the rest is on its way, where it is; nothing moves when it has come."""
    if ribbon.known.all() and answers(scene):
        return None
    if scene.run.recorded is None and not is_beyond(scene, ribbon.position):
        return h("b", {"role": "status"}, say(scene, "layers.coming"))
    if scene.run.recorded and ribbon.known.any() and ribbon.position == len(scene.run.tokens) - 1:
        return h("b", {"role": "status"}, say(scene, "layers.fetching"))
    return None


def note_unrecorded(scene: Scene, ribbon: Ribbon) -> Node | str:
    """What the recording or a long run does not hold of this token, and the way to it."""
    if is_beyond(scene, ribbon.position):
        return beyond_note(scene)
    token, position = token_mark(visible_at(scene, ribbon.position)), str(ribbon.position)
    recorded = scene.run.recorded
    if recorded is None or status(scene, ribbon) or (ribbon.known.all() and answers(scene)):
        return ""
    if ribbon.known.any():
        return note(scene, *rich(scene, "layers.unrecorded", token=token, position=position))
    sentence = rich(
        scene,
        "view.unrecorded.position",
        known=spans(scene, recorded.positions),
        token=token,
        position=position,
    )
    return note(scene, *sentence)
