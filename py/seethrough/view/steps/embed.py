"""Embed: every token's row, pulled out of the matrix; a learned position is added with numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.hooks import embed_leaves, hook_name
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view import named
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count, readout
from seethrough.view.steps import embed_matrix, embed_sum
from seethrough.view.steps.embed_vectors import (
    CROWD,
    is_crowd,
    is_learned,
    length,
    length_mark,
    of_token,
    reach_of,
    row_high,
    same_ids,
    shown,
)
from seethrough.view.strip import scale_note, strip
from seethrough.view.tokens import chip
from seethrough.view.unrecorded import note, spans
from seethrough.view.windowed import gap_note
from seethrough.view.words import hook_mark, rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene

FIELDS = (
    "language",
    "tokens",
    "layer",
    "head",
    "position",
    "config",
    "captured",
    "recorded",
    "live_bytes",
)
READOUT = "embed-readout"
MOST_PIXELS = 640
# The film: the matrix, the chosen token's row, the other rows; a look; then what is added.
MATRIX, CHOSEN, OTHERS = range(3)


def wants(scene: Scene) -> Wants:
    """Every vector that enters, and what it is made of."""
    config = scene.run.config
    if config is None or not scene.run.tokens:
        return NOTHING
    return want((*embed_leaves(config), hook_name(hooks.RESID_PRE, 0)))


def render(scene: Scene) -> str:
    """The matrix, the rows that the tokens pick, what is added to them."""
    if not scene.run.tokens or scene.run.config is None:
        return to_html(h("p", {"class": "lead"}, say(scene, "embed.before")))
    position = min(scene.choice.position, len(scene.run.tokens) - 1)
    return to_html(
        named.lead(scene, lead(scene, position)),
        chips(scene) if is_crowd(scene) else "",
        h("div", {"class": f"embed-plate scroll{width_class(scene)}"}, plate(scene, position)),
        embed_sum.learned(scene, position) if is_learned(scene) else "",
        embed_sum.opened(scene, position, READOUT),
        note_missing_rows(scene),
        gap_note(scene, shown(scene)),
        h("p", {"class": "note embed-scale"}, scale_note(scene, reach_of(scene))),
        embed_sum.tables(scene, position),
        embed_sum.rotation(scene, position) if not is_learned(scene) else "",
    )


def lead(scene: Scene, position: int) -> list[Node | str]:
    """What happens, with the chosen token's own row."""
    config, token = scene.run.config, scene.run.tokens[position]
    return rich(
        scene,
        "embed.lead",
        token=token_mark(token.visible),
        row=h("b", {}, count(scene, token.id)),
        d_vocab=count(scene, config.d_vocab if config else 0),
        d_model=count(scene, config.d_model if config else 0),
    )


def width_class(scene: Scene) -> str:
    """What a wide model's strips are told by: they may shrink a little to stand whole."""
    return " embed-wide" if scene.run.config and scene.run.config.d_model > MOST_PIXELS else ""


def chips(scene: Scene) -> Node:
    """The tokens to choose from, where they do not head the rows themselves."""
    items = [h("li", {}, token_chip(scene, at)) for at in shown(scene).positions]
    return h("div", {"class": "scroll embed-chips follows"}, h("ol", {"class": "chips"}, items))


def token_chip(scene: Scene, position: int) -> Node:
    """A token to choose; it is marked only where its row itself is not known."""
    lacks = of_token(scene, position) is None
    return chip(scene, scene.run.tokens[position], position, is_marked=lacks)


def plate(scene: Scene, position: int) -> list[Node]:
    """The matrix, the lines to the rows, the rows."""
    rows = crowd(scene, position) if is_crowd(scene) else few(scene)
    return [
        embed_matrix.matrix(scene, position, MATRIX),
        embed_matrix.fan(scene, position, (CHOSEN, OTHERS)),
        rows,
    ]


def moment_of(scene: Scene, position: int) -> int:
    """When a token's row slides out: the chosen one first, the others after it."""
    return CHOSEN if position == scene.choice.position else OTHERS


def few(scene: Scene) -> Node:
    """One row a token: the token, its id, its whole vector, its length."""
    heads = [
        h("span", {}, say(scene, "embed.head.token")),
        h("span", {}, say(scene, "embed.head.vector")),
        h("span", {"class": "is-number"}, say(scene, "embed.head.length")),
    ]
    items = [h("li", {}, line(scene, at)) for at in shown(scene).positions]
    return h(
        "div",
        {"class": "embed-rows"},
        h("div", {"class": "embed-heads", "aria-hidden": "true"}, heads),
        h("ol", {}, items),
    )


def line(scene: Scene, position: int) -> list[Node]:
    """One token with its row; the strip flies out of the matrix at the token's own height."""
    moment = moment_of(scene, position)
    film: Attributes = {"data-at": str(moment), "data-move": "after"}
    return [
        token_chip(scene, position),
        vector(scene, position, moment),
        h("span", {"class": "number is-number", **film}, measured(scene, position)),
    ]


def measured(scene: Scene, position: int) -> Child:
    """The length of a token's row; the sum behind it opens where the row itself is known."""
    found = of_token(scene, position)
    if found is not None:
        return length_mark(scene, found, position)
    norm = length(scene, position)
    return "" if norm is None else readout(scene, norm)


def vector(scene: Scene, position: int, moment: int) -> Node:
    """The strip of a token's row; a hatched place where it is not known."""
    film: dict[str, str] = {
        "data-at": str(moment),
        "data-move": "fly",
        "data-from": f"embed-tick-{position}",
    }
    found = of_token(scene, position)
    if found is None:
        label = say(scene, "embed.no_row", token=visible_at(scene, position))
        return h("span", {"class": "embed-strip is-missing", **film}, label)
    label = say(
        scene,
        "embed.strip",
        token=visible_at(scene, position),
        row=scene.run.tokens[position].id,
        d_model=len(found.values),
        length=readout(scene, length(scene, position) or 0.0),
    )
    reach = reach_of(scene)
    canvas = strip(scene, found.name, position, reach=reach, label=label, told_in=READOUT)
    part = "row" if position == scene.choice.position else None
    return h("span", {"class": "embed-strip", "data-part": part, **film}, canvas)


def crowd(scene: Scene, position: int) -> Node:
    """Many tokens: the chosen one's strip, and all of them as one heat map."""
    positions = shown(scene).positions
    high = len(positions) * row_high(len(positions))
    wide = scene.run.config.d_model if scene.run.config else 0
    told = say(
        scene,
        "embed.crowd",
        n_rows=len(positions),
        d_model=wide,
        token=visible_at(scene, position),
        row=scene.run.tokens[position].id,
    )
    picture = h(
        "canvas",
        {
            "class": "strip-cells embed-crowd",
            "data-raster": CROWD,
            "data-rows": str(len(positions)),
            "data-columns": str(wide),
            "width": str(wide),
            "height": str(high),
            "tabindex": "0",
            "role": "img",
            "aria-label": told,
            "aria-describedby": READOUT,
            "data-at": str(OTHERS),
            "data-move": "sweep",
        },
    )
    return h(
        "div",
        {"class": "embed-rows is-crowd"},
        h("ol", {"class": "embed-one"}, h("li", {}, line(scene, position))),
        picture,
    )


def note_missing_rows(scene: Scene) -> Node | str:
    """Which rows are not known, and the way to them."""
    lacking = [at for at in shown(scene).positions if of_token(scene, at) is None]
    if not lacking:
        return ""
    if scene.run.recorded is None:
        words = say(scene, "embed.beyond", positions=spans(scene, lacking))
        return h("p", {"class": "note"}, words)
    return note(scene, say(scene, "embed.lacking", positions=spans(scene, lacking)))


def moments(scene: Scene) -> Sequence[Child]:
    """The look-up told: the matrix, one row, all rows, what is the same, what is added."""
    if not scene.run.tokens or scene.run.config is None:
        return ()
    position = min(scene.choice.position, len(scene.run.tokens) - 1)
    token, config = scene.run.tokens[position], scene.run.config
    told: list[Child] = [
        say(
            scene,
            "embed.film.matrix",
            n_tokens=count(scene, len(scene.run.tokens)),
            d_vocab=count(scene, config.d_vocab),
            d_model=count(scene, config.d_model),
        ),
        rich(
            scene,
            "embed.film.row",
            token=token_mark(token.visible),
            position=str(position),
            row=count(scene, token.id),
        ),
        others(scene),
        look(scene, position),
    ]
    if not is_learned(scene):
        return (*told, say(scene, "embed.film.rotary", position=position))
    return (*told, *embed_sum.moments(scene, position))


def others(scene: Scene) -> Child:
    """The other tokens' rows; where tokens are the same, so are their rows."""
    same = same_ids(scene)
    if same is None:
        key = "embed.film.one" if len(scene.run.tokens) == 1 else "embed.film.others"
        return say(scene, key, n_others=count(scene, len(scene.run.tokens) - 1))
    return rich(
        scene,
        "embed.film.same",
        token=token_mark(visible_at(scene, same[0])),
        positions=spans(scene, same),
        row=count(scene, scene.run.tokens[same[0]].id),
    )


def look(scene: Scene, position: int) -> Child:
    """The chosen token's vector: its length and its largest number."""
    found = of_token(scene, position)
    if found is None:
        return say(scene, "embed.no_row", token=visible_at(scene, position))
    largest = int(np.nan_to_num(np.abs(found.values)).argmax())
    return rich(
        scene,
        "embed.film.look",
        token=token_mark(visible_at(scene, position)),
        length=readout(scene, length(scene, position) or 0.0),
        cell=hook_mark(f"{found.name}[{position},{largest}]"),
        value=readout(scene, float(found.values[largest])),
    )
