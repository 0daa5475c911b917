"""The idea of step 2: the text in tiles, one of its words from letters to tokens, the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.counted import counted
from seethrough.view.ideas.plain import SPACE, caption, lead, mark, nothing_yet, picture, place
from seethrough.view.ladder import is_own
from seethrough.view.node import Child, Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.steps.tokenize import visible_text
from seethrough.view.tokens import N_HUES
from seethrough.view.windowed import window
from seethrough.view.words import action_button, rich, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.app.state import Scene
    from seethrough.core.film import Film, FilmWord

FIELDS = ("language", "busy", "tokens", "film", "word", "config", "recorded", "source")
MOST_TILES, LARGE = 18, 14
MOST_LETTERS = 18  # of a word that is opened by itself; a longer one stands without its letters
MOST_STATES = 4
MOST_IDS = 3  # ids that are written out; the ruler shows the place of each


def render(scene: Scene) -> str:
    """The tiles, the opened word, the ruler."""
    tokens, film = scene.run.tokens, scene.run.film
    if not tokens:
        return to_html(nothing_yet(scene, "idea.tokenize.rest"))
    opened = opened_word(scene, film)
    is_whole = film is not None and all(len(one.ids) == 1 for one in film.words)
    key = "idea.tokenize.lead_whole" if is_whole else "idea.tokenize.lead"
    told = rich(scene, key, n_tokens=counted(scene, len(tokens)))
    return to_html(
        lead(told),
        picture(
            say(scene, "idea.tokenize.picture"),
            tiles(scene, film, opened),
            "" if film is None or opened is None else word(scene, film, opened),
            ruler(scene, positions_of(film, opened)),
        ),
    )


def opened_word(scene: Scene, film: Film | None) -> int | None:
    """The word that is opened: the reader's choice, else one that falls apart, else a long one."""
    if film is None or not film.words:
        return None
    chosen = scene.choice.word
    if chosen is not None and 0 <= chosen < len(film.words):
        return chosen
    ranks = [interest(film, one) for one in film.words]
    return ranks.index(max(ranks))


def interest(film: Film, one: FilmWord) -> tuple[bool, int, int]:
    """How much a word shows: short enough and the reader's own, its tokens, its joins."""
    fits = 0 < len(one.symbols) <= MOST_LETTERS and is_own(film, one)
    return fits, len(one.ids), len(one.merges)


def positions_of(film: Film | None, opened: int | None) -> range:
    """Where the tokens of the opened word stand."""
    if film is None or opened is None:
        return range(1)
    first = film.first_position(opened)
    return range(first, first + len(film.words[opened].ids))


def words_by_position(film: Film | None) -> Mapping[int, int]:
    """Which word each token is of."""
    found: dict[int, int] = {}
    for index in range(len(film.words) if film else 0):
        found |= dict.fromkeys(positions_of(film, index), index)
    return found


def own_positions(scene: Scene, film: Film | None) -> tuple[int, ...]:
    """The tokens of the reader's words; all of them where no frame is around them."""
    everything = tuple(range(len(scene.run.tokens)))
    if film is None or not film.is_chat:
        return everything
    words = words_by_position(film)
    own = tuple(at for at in everything if at in words and is_own(film, film.words[words[at]]))
    return own or everything


def tiles(scene: Scene, film: Film | None, opened: int | None) -> list[Child]:
    """The text in tiles; each opens its word."""
    places, words = own_positions(scene, film), words_by_position(film)
    shown = window(len(places), most=MOST_TILES)
    items: list[Node] = []
    for at in shown.positions:
        if shown.gap is not None and at == shown.gap[1] + 1:
            items.append(h("li", {"class": "idea-gap"}, "…"))
        index = words.get(places[at])
        items.append(h("li", {}, tile(scene, places[at], index, is_open=index == opened)))
    size = "is-large" if len(places) <= LARGE else "is-small"
    label = say(scene, "idea.tokenize.tiles")
    return [
        h("ol", {"class": f"idea-tiles {size} follows", "aria-label": label}, items),
        left_out(scene, len(places), len(shown.positions)),
    ]


def left_out(scene: Scene, n_own: int, n_shown: int) -> Node | str:
    """What stands in no tile: the middle of a long text, the frame of a chat."""
    told = []
    if n_own > n_shown:
        told.append(say(scene, "idea.tokenize.middle"))
    if len(scene.run.tokens) > n_own:
        told.append(say(scene, "idea.tokenize.frame"))
    return caption(" ".join(told)) if told else ""


def tile(scene: Scene, position: int, index: int | None, *, is_open: bool) -> Node:
    """One token; a button where its word is known."""
    words = spaced(scene.run.tokens[position].visible)
    classes = f"idea-tile hue-{position % N_HUES}"
    if index is None:
        return h("span", {"class": classes}, words)
    attributes = {
        "type": "button",
        "class": classes,
        "data-action": "select-word",
        "data-word": str(index),
        "aria-pressed": "true" if is_open else "false",
        "tabindex": "-1",  # one button opens word after word: one stop for all
    }
    return h("button", attributes, words)


def spaced(visible: str) -> Node:
    """A token's text, the mark of its space in a quiet colour."""
    bare = visible.removeprefix(SPACE)
    if bare == visible or not bare:
        return h("bdi", {}, visible)
    return h("bdi", {}, h("span", {"class": "idea-space"}, SPACE), bare)


def word(scene: Scene, film: Film, opened: int) -> Node:
    """The opened word: its letters, what is joined, its tokens."""
    shown = film.words[opened]
    told = rich(
        scene,
        f"idea.tokenize.{story(shown)}",
        word=mark(visible_text(shown)),
    )
    beside = h("div", {"class": "idea-told"}, h("p", {}, told), another(scene, film, opened))
    return h("div", {"class": "idea-word"}, beside, ladder(scene, film, opened))


def another(scene: Scene, film: Film, opened: int) -> Node | None:
    """Opens the next word whose letters are joined, after the last one the first."""
    indices = [at for at, one in enumerate(film.words) if one.merges and is_own(film, one)]
    if not set(indices) - {opened}:
        return None
    following = next((at for at in indices if at > opened), indices[0])
    more = {"class": "button", "data-word": str(following), "id": "idea-another"}
    button = action_button(scene, "select-word", "idea.tokenize.another", more)
    return h("div", {"class": "idea-buttons"}, button)


def story(shown: FilmWord) -> str:
    """What became of a word."""
    if shown.is_added:
        return "special"
    if not shown.ids:
        return "lost"
    if not shown.symbols:
        return "long"
    if len(shown.ids) > 1:
        return "apart"
    return "whole" if shown.merges else "single"


def states(shown: FilmWord) -> list[dict[int, str]]:
    """A word's pieces by the place of their first letter: at first, in between, at last."""
    alive = dict(enumerate(shown.symbols))
    every = [dict(alive)]
    for merge in shown.merges:
        alive[merge.left_at] = merge.result
        del alive[merge.right_at]
        every.append(dict(alive))
    last = len(every) - 1
    steps = min(last, MOST_STATES - 1)
    return [every[last * step // max(steps, 1)] for step in range(steps + 1)]


def ladder(scene: Scene, film: Film, opened: int) -> Node:
    """The word's pieces, a row for each state; the last one are its tokens."""
    shown = film.words[opened]
    first = film.first_position(opened)
    if not 0 < len(shown.symbols) <= MOST_LETTERS:
        ends = [h("td", {}, end(scene, first + at)) for at in range(min(len(shown.ids), MOST_IDS))]
        return h("table", {"class": "idea-ladder"}, h("tbody", {}, h("tr", {}, ends)))
    told = states(shown)
    rows = [h("tr", {}, pieces(state, len(shown.symbols))) for state in told[:-1]]
    widths = width_of(told[-1], len(shown.symbols))
    ends = [
        h("td", {"colspan": str(wide)}, end(scene, first + at, is_named=at < MOST_IDS))
        for at, wide in enumerate(widths)
    ]
    last = h("tr", {"class": "idea-ends"}, ends)
    label = h("caption", {"class": "visually-hidden"}, say(scene, "idea.tokenize.ladder"))
    return h("table", {"class": "idea-ladder"}, label, h("tbody", {}, rows, last))


def width_of(state: Mapping[int, str], n_letters: int) -> list[int]:
    """Over how many letters each piece reaches."""
    starts = list(state)
    return [end - start for start, end in zip(starts, [*starts[1:], n_letters], strict=True)]


def pieces(state: Mapping[int, str], n_letters: int) -> list[Node]:
    """One row of the ladder."""
    return [
        h("td", {"colspan": str(wide)}, h("span", {"class": "idea-piece"}, spaced(text)))
        for text, wide in zip(state.values(), width_of(state, n_letters), strict=True)
    ]


def end(scene: Scene, position: int, *, is_named: bool = True) -> Node:
    """A token with its place in the list."""
    token = scene.run.tokens[position]
    number = say(scene, "idea.tokenize.id", id=count(scene, token.id))
    return h(
        "span",
        {"class": f"idea-tile is-end hue-{position % N_HUES}"},
        spaced(token.visible),
        h("span", {"class": "idea-id"}, number) if is_named else None,
    )


def ruler(scene: Scene, opened: Sequence[int]) -> Node | str:
    """The list of all tokens as a line, with the place of each token of the text."""
    config = scene.run.config
    if config is None:
        return ""
    tokens = scene.run.tokens
    ticks = [tick(tokens[at].id / config.d_vocab, at, "idea-tick") for at in range(len(tokens))]
    marks = [
        tick(tokens[at].id / config.d_vocab, at, "idea-tick is-open")
        for at in opened
        if at < len(tokens)
    ]
    line = h("line", {"class": "idea-line", "x2": "100%", "y1": "50%", "y2": "50%"})
    told = say(scene, "idea.tokenize.list", d_vocab=count(scene, config.d_vocab))
    shape = {"width": "100%", "height": "48", "aria-hidden": "true"}
    return h("div", {"class": "idea-ruler"}, h("svg", shape, line, ticks, marks), caption(told))


def tick(at: float, position: int, kind: str) -> Node:
    """A token's place on the line."""
    x = place(at)
    is_open = kind.endswith("is-open")
    ends = {"y1": "0" if is_open else "30%", "y2": "100%" if is_open else "70%"}
    return h("line", {"class": f"{kind} hue-{position % N_HUES}", "x1": x, "x2": x, **ends})
