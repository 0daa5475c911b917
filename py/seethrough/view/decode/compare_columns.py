"""Two texts token under token; the first column that differs is marked, and told in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.against import BY_MODEL, BY_PROMPT, BY_SETTINGS, SET, Against
from seethrough.core.contrast import NAMES
from seethrough.core.routes import Place, Route, address_of_place
from seethrough.core.settings import SETTINGS
from seethrough.core.tokens import END
from seethrough.view.ideas.grown import reads, tint
from seethrough.view.ideas.plain import mark, plain
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count, exact, probability, setting
from seethrough.view.words import rich, say, sentences

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.contrast import Contrast, Side
    from seethrough.core.tokens import NewToken


def heads(scene: Scene, shown: Contrast) -> Node:
    """What each side is."""
    rows = [
        h("li", {}, letter(name), " ", head(scene, shown, side))
        for name, side in zip(NAMES, shown.sides, strict=True)
    ]
    return h("ul", {"class": "versus-heads"}, rows)


def recorded(scene: Scene, shown: Contrast) -> Node:
    """Of which text a recorded example is, and the others to look at."""
    prompt = h("bdi", {"class": "card-prompt"}, shown.left.prompt)
    told = rich(scene, "decode.compare.recorded", prompt=prompt)
    return h("div", {"class": "versus-of"}, h("p", {"class": "note"}, told), examples(scene, shown))


def read(scene: Scene, shown: Contrast) -> Node:
    """The reader's column in words; before one is chosen, what the tints mean."""
    wanted = scene.choice.column
    is_chosen = wanted is not None and wanted < shown.n_columns
    tints = say(scene, "decode.compare.tints")
    words = spoken(scene, shown, chosen(scene, shown)) if is_chosen else tints
    return h("p", {"class": "note", "role": "status"}, words)


def letter(name: str) -> Node:
    """The sign of a side."""
    return h("b", {"class": "versus-letter"}, name)


def head(scene: Scene, shown: Contrast, side: Side) -> list[Child]:
    """What a side is: its settings, its prompt, or its model."""
    if shown.kind == BY_PROMPT:
        return [h("bdi", {"class": "card-prompt"}, side.prompt)]
    if shown.kind == BY_MODEL:
        return [side.title]
    return settings_of(scene, side)


def settings_of(scene: Scene, side: Side) -> list[Child]:
    """The temperature, and every other setting that is not as ever."""
    return [
        h(
            "span",
            {},
            say(scene, f"step.sample.dial.{name}"),
            " ",
            h("b", {"class": "number"}, setting(scene, side.settings[name])),
        )
        for name in named(side)
    ]


def named(side: Side) -> list[str]:
    """The temperature, and every other setting that is not as ever."""
    return [
        name
        for name in SET
        if name == "temperature" or side.settings[name] != SETTINGS[name].default
    ]


def tells_more(shown: Contrast) -> bool:
    """Whether what the sides are is more than two temperatures."""
    return shown.kind != BY_SETTINGS or any(named(side) != ["temperature"] for side in shown.sides)


def examples(scene: Scene, shown: Contrast) -> Node:
    """The other recorded pairs of temperatures, the other cards."""
    here = next((card for card in scene.gallery if card.prompt == shown.left.prompt), None)
    pairs = [] if here is None else pairs_of(scene, shown, here.subject, here.temperatures)
    cards = [
        h("li", {}, h("a", {"class": "pill", "href": address(card.subject, 0.0, 1.0)}, name))
        for card in scene.gallery
        if len(card.temperatures) > 1
        and (name := say(scene, f"subject.{card.id}"))
        and (here is None or card.id != here.id)
    ]
    summary = h("summary", {}, say(scene, "decode.compare.cards"))
    more = h("details", {"class": "versus-cards"}, summary, h("ul", {"class": "presets"}, cards))
    label = say(scene, "decode.compare.pairs")
    shown_pairs = h("ul", {"class": "presets", "aria-label": label}, pairs) if pairs else None
    return h("div", {"class": "versus-examples"}, shown_pairs, more)


def pairs_of(
    scene: Scene, shown: Contrast, subject: str, temperatures: tuple[float, ...]
) -> list[Node]:
    """A link for each two temperatures that were recorded."""
    now = tuple(side.settings.temperature for side in shown.sides)
    return [
        h(
            "li",
            {},
            h(
                "a",
                {
                    "class": "pill",
                    "href": address(subject, left, right),
                    "aria-current": "true" if (left, right) == now else None,
                },
                say(
                    scene,
                    "decode.compare.pair",
                    left=setting(scene, left),
                    right=setting(scene, right),
                ),
            ),
        )
        for at, left in enumerate(temperatures)
        for right in temperatures[at + 1 :]
    ]


def address(subject: str, left: float, right: float) -> str:
    """A card of the gallery at two of its temperatures."""
    against = Against().but("temperature", repr(right))
    route = Route("decode", subject, "compare")
    return address_of_place(Place(route, settings={"temperature": left}, against=against))


def columns(scene: Scene, shown: Contrast, *, is_exact: bool) -> Node:
    """The tokens of both sides, one under the other; a column opens its odds."""
    items = [
        h("li", {}, column(scene, shown, at, is_exact=is_exact)) for at in range(shown.n_columns)
    ]
    signs = h(
        "li",
        {"class": "versus-signs", "aria-hidden": "true"},
        [h("span", {}, letter(name)) for name in NAMES],
    )
    kind = "versus-columns is-exact" if is_exact else "versus-columns"
    label = say(scene, "decode.compare.columns")
    return h("ol", {"class": kind, "aria-label": label}, signs, items)


def column(scene: Scene, shown: Contrast, at: int, *, is_exact: bool) -> Node:
    """A place of both texts: a button over its two tokens."""
    is_first, is_chosen = at == shown.first, at == chosen(scene, shown)
    classes = ["versus-column", *(["is-first"] if is_first else [])]
    attributes: Attributes = {
        "type": "button",
        "class": " ".join([*classes, *(["is-chosen"] if is_chosen else [])]),
        "data-action": "select-column",
        "data-column": str(at),
        "aria-pressed": "true" if is_chosen else "false",
        "title": spoken(scene, shown, at),
    }
    cells = [cell(scene, side, at, is_exact=is_exact) for side in shown.sides]
    words = say(scene, "decode.compare.parts") if is_first else ""
    flag = h("span", {"class": "versus-flag"}, words) if is_first else None
    return h("button", attributes, flag, cells)


def chosen(scene: Scene, shown: Contrast) -> int:
    """The column whose odds are told: the reader's, else the first that differs."""
    wanted = scene.choice.column
    if wanted is not None and wanted < shown.n_columns:
        return wanted
    return shown.first or 0


def cell(scene: Scene, side: Side, at: int, *, is_exact: bool) -> Node:
    """One side's token there, tinted by its chance; nothing behind the end."""
    new = side.step(at)
    if new is None:
        return h("span", {"class": "versus-token is-none"}, "–")
    under = h("span", {"class": "number"}, probability(scene, new.prob)) if is_exact else None
    return h(
        "span",
        {"class": f"versus-token gallery-new {tint(new.prob)}"},
        h("bdi", {"title": exact(scene, new.prob)}, name(scene, side, at)),
        under,
    )


def name(scene: Scene, side: Side, at: int) -> str:
    """A token as it reads; the end of the text by its word."""
    new = side.steps[at]
    if side.stop == END and at == len(side.steps) - 1:
        return say(scene, "generate.end")
    return reads(new)


def spoken(scene: Scene, shown: Contrast, at: int) -> str:
    """A column in words: its number, both tokens with their chances."""
    left, right = (side.step(at) for side in shown.sides)
    told = [say(scene, "decode.compare.column", n=count(scene, at + 1))]
    for letter_of, new in zip(NAMES, (left, right), strict=True):
        if new is not None:
            share = probability(scene, new.prob)
            fields = {"side": letter_of, "token": new.visible, "share": share}
            told.append(say(scene, "decode.compare.token", **fields))
    return sentences(*told)


def told(scene: Scene, shown: Contrast) -> list[Child]:
    """Where the texts part, and what both settings, prompts or models give the two tokens."""
    first = shown.first
    if first is None:
        return alike(scene, shown)
    left, right = shown.left.step(first), shown.right.step(first)
    if left is None or right is None:
        key = "decode.compare.ends"
        return [*rich(scene, key, n_alike=count(scene, first), side=NAMES[right is None])]
    n_alike = count(scene, first)
    said: list[Child] = [*rich(scene, "decode.compare.alike", n_alike=n_alike)]
    for at, (new, side) in enumerate(((left, shown.left), (right, shown.right))):
        said += [" ", *of_one(scene, shown, at, new, side)]
    return said


def alike(scene: Scene, shown: Contrast) -> list[Child]:
    """Nothing differs: in what is written so far, or at all."""
    n_alike = min(len(side.steps) for side in shown.sides)
    if not shown.is_whole:
        return [say(scene, "decode.compare.writing", n_alike=count(scene, n_alike))]
    return [*rich(scene, "decode.compare.same", n_alike=count(scene, n_alike))]


def of_one(scene: Scene, shown: Contrast, at: int, new: NewToken, side: Side) -> list[Node | str]:
    """One side's token: its chance there and on the other side, by what differs."""
    column, key = shown.first or 0, shown.key(new)
    other = shown.sides[1 - at].share(column, key)
    own = side.share(column, key)
    here, there = (
        None if one is None else one.now if shown.kind == BY_SETTINGS else one.own
        for one in (own, other)
    )
    fields = {
        "side": letter(NAMES[at]),
        "other": letter(NAMES[1 - at]),
        "token": mark(new.visible) if plain(new.visible) else new.visible,
        "here": h("b", {}, probability(scene, new.prob if here is None else here)),
    }
    if there is None:
        return rich(scene, "decode.compare.takes_alone", **fields)
    told_there = h("b", {}, probability(scene, there))
    return rich(scene, f"decode.compare.takes.{shown.kind}", **fields, there=told_there)
