"""The odds of the step "sample" as a cascade of bars: own, tempered, each cut, what is left.

Every bar runs from 0 to 1 over the same width, so what a cut takes can be measured by eye.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count, limit, readout, setting
from seethrough.view.steps.sample_words import named, share, share_of
from seethrough.view.words import say, sentences

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.edits import Edit
    from seethrough.view.steps.sample_odds import Odds, Piece, Taken

HIGH = 30
CUT_HIGH = 14
LINK_HIGH = 16
DART_HIGH = 26
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
# A name fits a piece of so many hundredths of a wide bar: a margin, and so much a letter; on a
# phone's bar it takes up so many times that.
MARGIN, LETTER, NARROW = 2.4, 1.45, 1.9
MIDDLE = 0.5
LEAST_LINK = 0.02


def cascade(scene: Scene, odds: Odds) -> Node:
    """The whole picture, told in words for those who do not see it."""
    rungs: list[Child] = [hatch(), rung(scene, odds, "own")]
    rungs += [edit_row(scene, odds, name, edit) for name, edit in odds.edits]
    for bar in ("edited", "tempered"):
        if bar in odds.bars:
            rungs += [links(odds, before(bar, odds), bar), rung(scene, odds, bar)]
    rungs += [cut(scene, odds, taken) for taken in odds.taken]
    if "left" in odds.bars:
        rungs += [links(odds, before("left", odds), "left"), rung(scene, odds, "left")]
    rungs.append(axis(scene, odds.stages.index(last_bar(odds))))
    return h("div", {"class": "cascade", "role": "img", "aria-label": summary(scene, odds)}, rungs)


def before(bar: str, odds: Odds) -> str:
    """The bar above; none above the first."""
    names = list(odds.bars)
    at = names.index(bar)
    return names[at - 1] if at else ""


def last_bar(odds: Odds) -> str:
    """The bar that the dart falls on."""
    return list(odds.bars)[-1]


def summary(scene: Scene, odds: Odds) -> str:
    """The cascade as sentences."""
    bars = {
        bar: (name_of_bar(scene, odds, bar), describe_bar(scene, odds, bar)) for bar in odds.bars
    }
    left = [bars.pop("left")] if "left" in bars else []
    first = [bars.pop("own")]
    edits = [
        (name_of_edit(scene, odds, name), told_of_edit(scene, odds, name, edit))
        for name, edit in odds.edits
    ]
    cuts = [(name_of_cut(scene, taken), told_of_cut(scene, taken)) for taken in odds.taken]
    parts = [*first, *edits, *bars.values(), *cuts, *left]
    steps = (say(scene, "step.sample.step", name=name, told=what) for name, what in parts)
    return sentences(say(scene, "step.sample.picture"), *steps)


def name_of_bar(scene: Scene, odds: Odds, bar: str) -> str:
    """What a bar shows."""
    return say(scene, f"step.sample.{bar}", value=setting(scene, odds.settings.temperature))


def describe_bar(scene: Scene, odds: Odds, bar: str) -> str:
    """What became of the most probable token: the model's own, later the one after the edits."""
    is_own = bar in {"own", "edited"}
    best = int(odds.ranked[0] if is_own else odds.order[0])
    now = share_of(scene, odds.bars[bar].probs, best)
    before = share_of(scene, odds.own if is_own else odds.odds_at_1, best)
    name = named(scene, best)
    return say(scene, f"step.sample.{bar}_told", token=name, share=now, before=before, after=now)


def rung(scene: Scene, odds: Odds, bar: str) -> Node:
    """One bar with its name; on the last one the dart falls."""
    at = odds.stages.index(bar)
    is_last = bar == last_bar(odds)
    name = h(
        "p",
        {"class": "rung-name", "data-at": at, "data-move": "rise"},
        h("b", {}, name_of_bar(scene, odds, bar)),
        h("span", {}, describe_bar(scene, odds, bar)),
    )
    falls = is_last and odds.shaped is not None
    return h(
        "div",
        {"class": "rung"},
        name,
        dart(scene, odds) if falls else None,
        h("svg", {"class": "odds", "width": "100%", "height": HIGH}, parts(scene, odds, bar, at)),
    )


def parts(scene: Scene, odds: Odds, bar: str, at: int) -> list[Child]:
    """The pieces of a bar, all the rest as one, and the landed one in ink."""
    drawn, above = odds.bars[bar], before(bar, odds)
    known = odds.bars[above].pieces if above else {}
    pieces = list(drawn.pieces.values())
    shapes: list[Child] = [
        segment(scene, odds, piece, bar=bar, above=above if piece.token in known else "")
        for piece in pieces
    ]
    end = pieces[-1].start + pieces[-1].size if pieces else 0.0
    n_more = int(np.count_nonzero(drawn.probs)) - len(pieces)
    shapes.append(tail(scene, end, n_more, at))
    if bar == last_bar(odds):
        shapes.append(landed(scene, odds, drawn.probs))
    return shapes


def segment(scene: Scene, odds: Odds, piece: Piece, *, bar: str, above: str) -> Node:
    """A token's share of a bar, its name in it where it fits; it comes from the bar above."""
    name = named(scene, piece.token)
    kind = "piece is-best" if piece.token == odds.ranked[0] else "piece"
    at = odds.stages.index(bar)
    attributes: Attributes = {
        "id": f"odds-{bar}-{piece.token}",
        "x": percent(piece.start),
        "width": percent(piece.size),
        "height": "100%",
        "data-at": at,
        "data-move": "fly" if above else "sweep",
        "data-from": f"odds-{above}-{piece.token}" if above else None,
    }
    title = h("title", {}, f"{name} {share(scene, piece.size)}")
    words = label(name, piece.start, piece.size)
    if words is None:
        return h("rect", {"class": kind, **attributes}, title)
    told = h("g", {"data-at": at, "data-move": "appear"}, words)
    return h("g", {"class": kind}, h("rect", attributes, title), told)


def label(name: str, start: float, size: float) -> Node | None:
    """A name in its piece, which it never leaves; None where it does not fit a wide bar's."""
    room = size * 100 / (MARGIN + LETTER * len(name))
    if room <= 1:
        return None
    place: Attributes = {"x": percent(start), "width": percent(size)}
    kind = "is-long" if room <= NARROW else None
    return h("svg", {"class": kind, **place}, h("text", {"x": "8", "y": "20"}, name))


def tail(scene: Scene, start: float, n_more: int, at: int) -> Child:
    """All tokens that are too thin to be drawn by themselves."""
    if n_more <= 0:
        return None
    words = say(scene, "step.sample.more", n_more=count(scene, n_more))
    wide = max(0.0, 1.0 - start)
    return h(
        "g",
        {"class": "tail", "data-at": at, "data-move": "appear"},
        h("title", {}, words),
        h("rect", {"x": percent(start), "width": percent(wide), "height": "100%"}),
        label(words, start, wide),
    )


def landed(scene: Scene, odds: Odds, probs: Array) -> Node:
    """The taken token over the bar, in ink."""
    start, size = odds.start_of(odds.landed), float(probs[odds.landed])
    name = named(scene, odds.landed)
    at = len(odds.stages) - 1
    return h(
        "g",
        {"class": "landed", "data-at": at, "data-move": "appear"},
        h("rect", {"x": percent(start), "width": percent(size), "height": "100%"}),
        label(name, start, size),
    )


def dart(scene: Scene, odds: Odds) -> Node:
    """The dart over its number."""
    stages, at = odds.stages, percent(odds.point)
    is_left = odds.point < MIDDLE
    place: Attributes = {
        "x": at,
        "dx": "12" if is_left else "-12",
        "y": "16",
        "text-anchor": "start" if is_left else "end",
    }
    return h(
        "svg",
        {"class": "dart", "width": "100%", "height": DART_HIGH},
        h(
            "g",
            {
                "data-at": stages.index("dart"),
                "data-move": "fly",
                "data-from": "throw-dart",
            },
            h(
                "svg",
                {"x": at, "overflow": "visible"},
                h("path", {"d": "M0 26l-6 -11h4.5v-15h3v15h4.5z"}),
            ),
            h("text", place, say(scene, "step.sample.dart", dart=readout(scene, odds.point))),
        ),
    )


def links(odds: Odds, upper: str, lower: str) -> Node:
    """Between two bars: where each wide piece of the upper one went."""
    at = odds.stages.index(lower)
    below = odds.bars[lower].pieces
    shapes = [
        h("path", {"class": "link", "d": between(piece, below[token])})
        for token, piece in odds.bars[upper].pieces.items()
        if token in below and max(piece.size, below[token].size) >= LEAST_LINK
    ]
    return h(
        "svg",
        {
            "class": "links",
            "width": "100%",
            "height": LINK_HIGH,
            "viewBox": f"0 0 1000 {LINK_HIGH}",
            "preserveAspectRatio": "none",
            "data-at": at,
            "data-move": "appear",
        },
        shapes,
    )


def between(upper: Piece, lower: Piece) -> str:
    """The outline from a piece to the same token's piece below."""
    top = [upper.start * 1000, (upper.start + upper.size) * 1000]
    low = [lower.start * 1000, (lower.start + lower.size) * 1000]
    return f"M{top[0]:.2f} 0H{top[1]:.2f}L{low[1]:.2f} {LINK_HIGH}H{low[0]:.2f}Z"


def name_of_cut(scene: Scene, taken: Taken) -> str:
    """A cut and its setting."""
    return say(scene, f"step.sample.cut.{taken.name}", value=setting(scene, taken.setting))


def told_of_cut(scene: Scene, taken: Taken) -> str:
    """What a cut took."""
    key = "step.sample.cut_told" if taken.n_gone else "step.sample.cut_nothing"
    return say(
        scene,
        key,
        share=share(scene, taken.mass),
        n_gone=count(scene, taken.n_gone),
        n_kept=count(scene, taken.n_kept),
    )


def name_of_edit(scene: Scene, odds: Odds, name: str) -> str:
    """An edit and its setting."""
    return say(scene, f"step.sample.edit.{name}", value=setting(scene, odds.settings[name]))


def told_of_edit(scene: Scene, odds: Odds, name: str, edit: Edit) -> str:
    """What an edit did to the scores."""
    n_all, n_changed = odds.own.size, int(edit.changed.size)
    told = {"n_changed": count(scene, n_changed), "d_vocab": count(scene, n_all)}
    return say(scene, f"step.sample.edit_told.{name}", **told)


def edit_row(scene: Scene, odds: Odds, name: str, edit: Edit) -> Node:
    """One edit, in words: what it makes of the bar is drawn once, below the last one."""
    moved: Attributes = {"data-at": odds.stages.index(name), "data-move": "rise"}
    told = h("span", {}, told_of_edit(scene, odds, name, edit))
    title = h("b", {}, name_of_edit(scene, odds, name))
    return h("div", {"class": "rung is-edit"}, h("p", {"class": "rung-name", **moved}, title, told))


def cut(scene: Scene, odds: Odds, taken: Taken) -> Node:
    """What one cut leaves, as a line, and what it takes, hatched."""
    at = odds.stages.index(taken.name)
    return h(
        "div",
        {"class": "rung is-cut"},
        h(
            "p",
            {"class": "rung-name", "data-at": at, "data-move": "rise"},
            h("b", {}, name_of_cut(scene, taken)),
            h("span", {}, told_of_cut(scene, taken)),
        ),
        h(
            "svg",
            {"class": "cut", "width": "100%", "height": CUT_HIGH},
            h("g", {"data-at": at, "data-move": "sweep"}, stretches(taken)),
        ),
    )


def stretches(taken: Taken) -> list[Child]:
    """From the left: what stays as a line, what goes hatched, a blade between."""
    shapes, at = list[Child](), 0.0
    for start, end in (*taken.gone, (taken.end, taken.end)):
        if start > at:
            from_left: Attributes = {"x1": percent(at)} if at else {}
            ends: Attributes = {**from_left, "x2": percent(start), "y1": "50%", "y2": "50%"}
            shapes.append(h("line", {"class": "kept", **ends}))
        at = end
    for start, end in taken.gone:
        wide = {"x": percent(start), "width": percent(max(0.0, end - start)), "height": "100%"}
        shapes.append(h("rect", {"class": "gone", **wide, "fill": "url(#sample-hatch)"}))
        blade = start or end
        here: Attributes = {"x1": percent(blade), "x2": percent(blade)}
        shapes.append(h("line", {"class": "blade", "y2": "100%", **here}))
    return shapes


def hatch() -> Node:
    """The pattern of what is cut off: lines, so that it is told without colour."""
    line = h("path", {"class": "hatch-line", "d": "M-1 1l2-2M0 6l6-6M5 7l2-2"})
    size = {"width": "6", "height": "6", "patternUnits": "userSpaceOnUse"}
    pattern = h("pattern", {"id": "sample-hatch", **size}, line)
    return h("svg", {"class": "defs", "width": "0", "height": "0"}, h("defs", {}, pattern))


def axis(scene: Scene, at: int) -> Node:
    """From 0 to 1 below the last bar."""
    anchors = {TICKS[0]: "start", TICKS[-1]: "end"}
    ticks = [
        h(
            "text",
            {"x": percent(tick), "y": "15", "text-anchor": anchors.get(tick, "middle")},
            limit(scene, tick),
        )
        for tick in TICKS
    ]
    return h("svg", {"class": "axis", "width": "100%", "height": "20", "data-at": at}, ticks)


def percent(part: float) -> str:
    """A place or a width along the bar."""
    return f"{part * 100:.4f}%"
