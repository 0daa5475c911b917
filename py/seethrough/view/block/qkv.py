"""The first step inside a layer: the token's vector is normed, then asked three questions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.families import family_of
from seethrough.core.length import length_cell, length_of
from seethrough.view import layer_formula, named, norm_facts, slices, strip
from seethrough.view.block import clipped, here, shapes, shared, turning
from seethrough.view.block.clipped import scale_note
from seethrough.view.block.here import here_of, of_head, of_layer
from seethrough.view.cell_button import cell_button
from seethrough.view.film import film_of, timed
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, exact, limit, readout
from seethrough.view.scales import symmetric_limit
from seethrough.view.words import hook_mark, rich, say, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.wants import Wants
    from seethrough.view.block.here import Here
    from seethrough.view.node import Child

FIELDS = (*here.FIELDS, *layer_formula.FIELDS, "moved")
NORM = (hooks.LN1_SCALE, hooks.LN1_NORMALIZED, hooks.LN1_OUT)
MADE = {hooks.Q: "q", hooks.K: "k", hooks.V: "v"}
ROLE = {"q": "query", "k": "key", "v": "value"}


def wants(scene: Scene) -> Wants:
    """What the layer makes of the token up to query, key and value; the keys that it may meet."""
    place = here_of(scene)
    known = of_layer(scene, (hooks.RESID_PRE, *NORM, *MADE))
    if place is None or not known:
        return known
    return (
        known | turning.wants(scene, place) | norm_facts.wants(scene, norm_facts.FIRST, place.layer)
    )


def render(scene: Scene) -> str:
    """The vector's way to query, key and value; who shares the key; what the position does."""
    place = here_of(scene)
    if place is None:
        return to_html(here.nothing_yet(scene))
    rows = [row for row in way(scene, place) if row is not None]
    is_whole = of_head(scene, place, hooks.Q, place.position) is not None
    return to_html(
        title(scene, "step.qkv"),
        named.lead(scene, lead(scene, place)),
        shapes.line(scene, "qkv"),
        layer_formula.box(scene, "qkv"),
        shapes.indices(scene),
        "" if is_whole else here.waits(scene),
        h(
            "div",
            {"class": "block-pair is-even"},
            h(
                "div",
                {"class": "block-row"},
                h("div", {"class": "scroll", "tabindex": "0"}, h("ol", {"class": "way"}, rows)),
                strip.readout(scene, turning.TOLD_IN) if rows else "",
                scale_note(scene, strips(scene, place)) if rows else "",
                norm_facts.card(scene, norm(scene, place)),
            ),
            h(
                "div",
                {"class": "block-side"},
                shared.figure(scene, place, timed(shots_of(scene, place), "shared", "rise")),
                turning.figure(scene, place, timed(shots_of(scene, place), "turn", "rise")),
            ),
        ),
    )


def norm(scene: Scene, place: Here) -> norm_facts.Normed | None:
    """The layer's first norm at the chosen token."""
    before = place.name(hooks.RESID_PRE)
    return norm_facts.normed_of(scene, norm_facts.FIRST, place.layer, before, place.position)


def strips(scene: Scene, place: Here) -> list[tuple[str, Array]]:
    """What stands there as strips: each one's name up to its last index, its numbers."""
    found = clipped.whole(scene, map(place.name, (hooks.RESID_PRE, hooks.LN1_OUT)))
    for leaf in MADE:
        values = of_head(scene, place, leaf, place.position)
        head = place.head if leaf == hooks.Q else place.kv_head
        if values is not None:
            found.append((f"{place.name(leaf)}[{place.position},{head}", values))
    return found


def lead(scene: Scene, place: Here) -> list[Node | str]:
    """What happens to the token's vector."""
    return rich(
        scene,
        "qkv.lead",
        **here.told(scene, place),
        d_model=count(scene, place.config.d_model),
        d_head=count(scene, place.config.d_head),
    )


def way(scene: Scene, place: Here) -> list[Node | None]:
    """The vectors on the way, each with what is done to come to it."""
    return [
        whole(scene, place, hooks.RESID_PRE, "stream"),
        scale(scene, place),
        whole(scene, place, hooks.LN1_OUT, "norm"),
        *(part(scene, place, leaf, name) for leaf, name in MADE.items()),
    ]


def whole(scene: Scene, place: Here, leaf: str, shot: str) -> Node | None:
    """A vector of the model's width: its name, its length, its strip."""
    name, at = place.name(leaf), place.position
    values = scene.run.captured.row(name, at)
    if values is None:
        return None
    reach, size = symmetric_limit(values), length_of(values)
    label = strip_label(scene, f"{name}[{at}]", len(values), reach)
    length = cell_button(length_cell(name, at), readout(scene, size), exact(scene, size))
    return h(
        "li",
        {"class": f"way-row is-{shot}", **timed(shots_of(scene, place), shot, "sweep")},
        h("b", {}, say(scene, f"qkv.{shot}")),
        h("span", {"class": "is-quiet"}, rich(scene, "qkv.length", length=length)),
        hook_mark(f"{name}[{at}]"),
        strip.strip(scene, name, at, reach=reach, label=label, told_in=turning.TOLD_IN),
    )


def strip_label(scene: Scene, name: str, size: int, reach: float) -> str:
    """A strip in words."""
    return say(scene, "inside.strip", name=name, n=count(scene, size), limit=limit(scene, reach))


def scale(scene: Scene, place: Here) -> Node | None:
    """What the norm does, with its divisor, which opens the sum behind it."""
    name, at = place.name(hooks.LN1_SCALE), place.position
    values, stream = (
        scene.run.captured.row(one, at) for one in (name, place.name(hooks.RESID_PRE))
    )
    if values is None or stream is None:
        return None
    norm = family_of(place.config).norm
    number = float(values[0])
    button = cell_button(Cell(name, (at, 0)), readout(scene, number), exact(scene, number))
    key = "qkv.scale.layer" if norm.is_centred else "qkv.scale.rms"
    words = rich(scene, key, scale=button, mean=readout(scene, float(stream.mean(dtype=float))))
    place_in_film = timed(shots_of(scene, place), "scale", "rise")
    return h("li", {"class": "way-step", **place_in_film}, words, " ", hook_mark(name))


def part(scene: Scene, place: Here, leaf: str, name: str) -> Node | None:
    """The head's query, key or value: the product that makes it, its numbers."""
    values = of_head(scene, place, leaf, place.position)
    if values is None:
        return None
    head = place.head if leaf == hooks.Q else place.kv_head
    hook, where = place.name(leaf), (place.position, head)
    reach = symmetric_limit(values)
    written = f"{hook}[{place.position},{head}]"
    label = strip_label(scene, written, len(values), reach)
    made = rich(
        scene,
        f"qkv.made.{name}",
        matrix=h("code", {}, place.name(f"attn.W_{name.upper()}")),
        d_model=count(scene, place.config.d_model),
        d_head=count(scene, place.config.d_head),
        head=str(head),
    )
    return h(
        "li",
        {
            "class": f"way-row is-{ROLE[name]}",
            "data-part": ROLE[name],
            **timed(shots_of(scene, place), name, "sweep"),
        },
        h("b", {}, say(scene, f"qkv.{name}")),
        h("span", {"class": "is-quiet"}, made),
        hook_mark(written),
        slices.strip(hook, where, values, reach=reach, label=label, told_in=turning.TOLD_IN),
    )


def shots_of(scene: Scene, place: Here) -> tuple[str, ...]:
    """The moments of the film, as far as their numbers are here."""
    if of_head(scene, place, hooks.Q, place.position) is None:
        return ()
    known = ["stream", "scale", "norm", *MADE.values()]
    known += ["shared"] if place.config.n_group > 1 else []
    return (*known, "turn") if family_of(place.config).is_rotary else tuple(known)


def moments(scene: Scene) -> Sequence[Child]:
    """From the vector that enters to query, key and value."""
    place = here_of(scene)
    if place is None:
        return ()
    return film_of(shots_of(scene, place), partial(caption, scene, place))


def caption(scene: Scene, place: Here, shot: str) -> Child:
    """The sentence of one moment."""
    values = scene.run.captured.row(place.name(hooks.LN1_SCALE), place.position)
    fields: dict[str, Node | str] = {
        **here.told(scene, place),
        "d_model": count(scene, place.config.d_model),
        "d_head": count(scene, place.config.d_head),
        "scale": "" if values is None else readout(scene, float(values[0])),
        "n_group": count(scene, place.config.n_group),
        "kv_head": str(place.kv_head),
    }
    return rich(scene, f"qkv.film.{shot}", **fields)
