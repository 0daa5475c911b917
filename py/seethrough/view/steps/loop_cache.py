"""The cache of keys and values: a column for each position, kept, new, or not computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.core import cost
from seethrough.view.node import Attributes, Node, h
from seethrough.view.numbers import cell, count
from seethrough.view.steps.loop_film import last_moment, moment_of
from seethrough.view.steps.written import enters, shown_step
from seethrough.view.tokens import N_HUES
from seethrough.view.windowed import gap_note, window
from seethrough.view.words import rich, say, token_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.config import ModelConfig

WIDE = 560  # what the columns share
NARROWEST, WIDEST = 3, 26
LABELLED = 14  # columns this wide carry their token; of narrower ones the last new one alone
LABEL_HIGH, LABEL_LETTERS = 64, 7
BAND_HIGH, BAND_GAP = 46, 6
TICK = 4
LEAST_LAYER = 4
MOST_COLUMNS = 192
BANDS = ("key", "value")
# What is in the film alone is over at rest.
SHINES = {"class": "is-lit is-over"}


@dataclass(frozen=True)
class Cache:
    """What the cache holds at the shown step.

    `n_kept` columns were there, `n_new` were computed in it; `n_all` positions are in the text.
    """

    n_kept: int
    n_new: int
    n_all: int

    def kind(self, position: int) -> str:
        """How a column is drawn."""
        if position < self.n_kept:
            return "kept"
        return "new" if position < self.n_kept + self.n_new else "later"


def cache_of(scene: Scene) -> Cache:
    """The cache at the shown step: at the first one the whole prompt is new."""
    step = shown_step(scene)
    n_all = scene.run.n_prompt + len(scene.run.steps)
    if not step:
        return Cache(0, scene.run.n_prompt, n_all)
    return Cache(scene.run.n_prompt + step - 1, 1, n_all)


def picture(scene: Scene, config: ModelConfig) -> list[Node | str]:
    """The columns with their tokens, keys above, values below, and what they cost."""
    cache = cache_of(scene)
    shown = window(cache.n_all, most=MOST_COLUMNS, chosen=cache.n_kept)
    return [
        h(
            "div",
            {"class": "part-head"},
            h("h2", {"class": "part-title"}, say(scene, "loop.cache.title")),
            legend(scene),
        ),
        h(
            "div",
            {"class": "scroll follows", "tabindex": "0"},
            band_names(scene),
            drawing(scene, config, cache, shown.positions),
        ),
        gap_note(scene, shown),
        facts(scene, config, cache),
    ]


def drawing(scene: Scene, config: ModelConfig, cache: Cache, shown: Sequence[int]) -> Node:
    """The columns as rectangles: two bands, a row for each layer."""
    wide = min(max(WIDE // len(shown), NARROWEST), WIDEST)
    top = LABEL_HIGH
    high = top + TICK + 2 * BAND_HIGH + BAND_GAP
    places = [(place * wide, wide, top) for place in range(len(shown))]
    marks = [column(scene, cache, at, place) for at, place in zip(shown, places, strict=True)]
    of_prompt = [place for at, place in zip(shown, places, strict=True) if at < scene.run.n_prompt]
    rows = [rows_of(config, band_top(top, band), wide * len(shown)) for band in range(len(BANDS))]
    return h(
        "svg",
        {
            "class": "cache",
            "width": str(wide * len(shown) + 1),
            "height": str(high),
            "role": "img",
            "aria-label": summary(scene, config, cache),
        },
        marks,
        lit_prompt(scene, cache, of_prompt),
        rows,
    )


def band_names(scene: Scene) -> Node:
    """What each band is, beside it."""
    items = [h("li", {"class": f"is-{name}"}, say(scene, f"loop.band.{name}")) for name in BANDS]
    return h("ul", {"class": "band-names"}, items)


def band_top(top: int, band: int) -> int:
    """Where a band begins."""
    return top + TICK + band * (BAND_HIGH + BAND_GAP)


def has_stripes(config: ModelConfig) -> bool:
    """Whether the layers are far enough apart to be seen."""
    return BAND_HIGH / config.n_layers >= LEAST_LAYER


def rows_of(config: ModelConfig, top: int, wide: int) -> list[Node]:
    """Hairlines between layers, where they can be seen."""
    high = BAND_HIGH / config.n_layers
    if not has_stripes(config):
        return []
    lines = (top + at * high for at in range(1, config.n_layers))
    return [h("line", {"x1": 0, "x2": wide, "y1": y, "y2": y, "class": "between"}) for y in lines]


def column(scene: Scene, cache: Cache, position: int, place: tuple[int, int, int]) -> Node:
    """One position: its token, its hue, its keys and its values; the first new one is followed."""
    left, wide, top = place
    step = position - scene.run.n_prompt
    is_followed = position == cache.n_kept
    has_label = wide >= LABELLED or position == cache.n_kept + cache.n_new - 1
    tick: Attributes = {
        "class": f"tick hue-{position % N_HUES}",
        "x": left,
        "y": top,
        "width": wide - 1,
        "height": TICK - 1,
    }
    return h(
        "g",
        {
            "class": f"column is-{cache.kind(position)}",
            "data-position": str(position) if is_followed else None,
            "aria-current": "true" if is_followed else None,
        },
        h("title", {}, describe_column(scene, cache, position)),
        h(
            "g",
            token_enters(scene, step),
            label(scene, position, place) if has_label else None,
            h("rect", tick),
        ),
        bands(place, column_enters(scene, step)),
        lit(scene, position, place, cache),
    )


def token_enters(scene: Scene, step: int) -> dict[str, str]:
    """When a token joins: those of the prompt are there from the beginning."""
    return {} if step < 0 else enters(moment_of(scene, "join", step), "appear")


def column_enters(scene: Scene, step: int) -> dict[str, str]:
    """When a column is computed: those of the prompt at once, the last token's never."""
    if step < 0:
        return {}
    at = moment_of(scene, "column", step)
    return enters(last_moment(scene) if at is None else at, "sweep")


def bands(place: tuple[int, int, int], enters_as: dict[str, str]) -> Node:
    """The keys and the values of one position."""
    left, wide, top = place
    boxes = [
        h(
            "rect",
            {
                "class": f"band is-{name}",
                "x": left + 0.5,
                "y": band_top(top, band) + 0.5,
                "width": max(wide - 2, 1),
                "height": BAND_HIGH - 1,
            },
        )
        for band, name in enumerate(BANDS)
    ]
    return h("g", enters_as, boxes)


def lit(scene: Scene, position: int, place: tuple[int, int, int], cache: Cache) -> Node | None:
    """In the film a column shines while it is computed, if it does not at the end."""
    step = position - scene.run.n_prompt
    at = moment_of(scene, "column", step)
    if step < 0 or at in {None, moment_of(scene, "rest")} or cache.kind(position) == "new":
        return None
    return bands(place, {**SHINES, **enters(at, "sweep", until=(at or 0) + 1)})


def lit_prompt(scene: Scene, cache: Cache, places: Sequence[tuple[int, int, int]]) -> Node | None:
    """In the film the columns of the prompt shine together: they are computed at once."""
    at = moment_of(scene, "prompt")
    if at is None or cache.n_kept == 0:
        return None
    boxes = [bands(place, {}) for place in places]
    return h("g", {**SHINES, **enters(at, "sweep", until=at)}, boxes)


def label(scene: Scene, position: int, place: tuple[int, int, int]) -> Node:
    """The token, standing on its column."""
    left, wide, top = place
    across, foot = left + wide / 2 + 4, top - 5
    turn = f"translate({across:g} {foot}) rotate(-90)"
    words = shortened(visible(scene, position))
    return h("text", {"transform": turn, "class": "name"}, words)


def shortened(words: str) -> str:
    """A token in few letters."""
    return words if len(words) <= LABEL_LETTERS else words[: LABEL_LETTERS - 1] + "\u2026"


def visible(scene: Scene, position: int) -> str:
    """The token of a position of the whole text."""
    step = position - scene.run.n_prompt
    return scene.run.tokens[position].visible if step < 0 else scene.run.steps[step].visible


def describe_column(scene: Scene, cache: Cache, position: int) -> str:
    """A column in words."""
    key = f"loop.column.{cache.kind(position)}"
    return say(scene, key, position=position, token=visible(scene, position))


def summary(scene: Scene, config: ModelConfig, cache: Cache) -> str:
    """The picture in words."""
    return say(
        scene,
        "loop.cache.summary",
        n_all=count(scene, cache.n_all),
        n_kept=count(scene, cache.n_kept),
        n_new=count(scene, cache.n_new),
        n_layers=count(scene, config.n_layers),
    )


def legend(scene: Scene) -> Node:
    """What the colours mean, in words beside a sample of each."""
    names = ("key", "value", "kept", "later")
    items = [
        h(
            "li",
            {},
            h("span", {"class": f"swatch-of is-{name}"}),
            say(scene, f"loop.legend.{name}"),
        )
        for name in names
    ]
    return h("ul", {"class": "cache-legend"}, items)


def facts(scene: Scene, config: ModelConfig, cache: Cache) -> Node:
    """What the step keeps and computes, and what it would without the cache."""
    n_text = cache.n_kept + cache.n_new
    done = cost.multiply_adds(config, cache.n_new, cache.n_kept)
    again = cost.multiply_adds(config, n_text)
    rows: list[tuple[str, list[Node | str]]] = [
        ("kept", held(scene, config, cache.n_kept)),
        ("new", held(scene, config, cache.n_new)),
        ("done", [amount(scene, done)]),
        (
            "again",
            rich(scene, "loop.fact.times", n=amount(scene, again), times=cell(scene, again / done))
            if cache.n_kept
            else rich(scene, "loop.fact.same", n=amount(scene, again)),
        ),
    ]
    items = [
        h("div", {}, h("dt", {}, say(scene, f"loop.fact.{name}")), h("dd", {}, *value))
        for name, value in rows
    ]
    sizes: dict[str, Node | str] = {
        "n_layers": count(scene, config.n_layers),
        "n_heads": count(scene, config.n_key_value_heads),
        "d_head": count(scene, config.d_head),
        "n_bytes": amount(scene, cost.cache_bytes(config)),
    }
    striped = [" ", say(scene, "loop.stripes")] if has_stripes(config) else []
    note = h("p", {"class": "note"}, *rich(scene, "loop.bytes", **sizes), *striped)
    attributes = {"class": "cache-facts", **enters(last_moment(scene), "appear")}
    return h("div", attributes, h("dl", {"class": "facts"}, items), note)


def held(scene: Scene, config: ModelConfig, n_columns: int) -> list[Node | str]:
    """So many columns, so many bytes."""
    n_bytes = amount(scene, cost.cache_bytes(config, n_columns))
    return rich(scene, "loop.fact.columns", n_columns=amount(scene, n_columns), n_bytes=n_bytes)


def amount(scene: Scene, value: int) -> Node:
    """A whole number."""
    return h("span", {"class": "number"}, count(scene, value))


def reading(scene: Scene, cache: Cache, step: int) -> list[Node | str]:
    """What the model reads at a step, in words."""
    if step == 0:
        return rich(scene, "loop.lead.first", n_prompt=count(scene, scene.run.n_prompt))
    before = scene.run.steps[step - 1]
    return rich(
        scene,
        "loop.lead.later",
        token=token_mark(before.visible),
        n_kept=count(scene, cache.n_kept),
    )
