"""Step 2: the text cut into words, one word's merges as a ladder, the ids that the model gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.visible import visible_bytes
from seethrough.view import named
from seethrough.view.characters import shown as shown_character
from seethrough.view.counted import counted
from seethrough.view.ladder import is_own, most_merged
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.steps.merge_tables import data
from seethrough.view.steps.merges import TEXT, WordShown, of_word, picture
from seethrough.view.tokens import chip
from seethrough.view.unrecorded import note
from seethrough.view.windowed import gap_note, window
from seethrough.view.words import rich, say, token_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.film import Film, FilmWord
    from seethrough.view.node import Child

FIELDS = (
    "language",
    "tokens",
    "film",
    "word",
    "layer",
    "head",
    "position",
    "recorded",
    "source",
    "live_bytes",
)
LARGE, MEDIUM = 12, 24  # tokens; more are set smaller
MOST_NAMED = 8  # lost bytes that are listed one by one


def render(scene: Scene) -> str:
    """Words, ladder, tokens; without a film the tokens alone; before a run what will stand here."""
    film = scene.run.film
    if not scene.run.tokens:
        return to_html(h("p", {"class": "lead"}, rich(scene, "tokenize.not_run")))
    if film is None:
        missing = note(scene, say(scene, "tokenize.unrecorded"))
        return to_html(missing, tokens(scene, None, None))
    shown = of_word(film, chosen(scene, film)) if film.words else None
    given = [losses(scene, film), tokens(scene, film, shown)]
    return to_html(
        named.lead(scene, lead(scene, film)),
        words(scene, film, shown),
        h("div", {}, given) if shown is None else picture(scene, shown, given),
        data(scene, film, shown),
    )


def moments(scene: Scene) -> Sequence[Child]:
    """The cut, the symbols, the merges of the chosen word, the ids."""
    film = scene.run.film
    if film is None or not film.words or not scene.run.tokens:
        return ()
    shown = of_word(film, chosen(scene, film))
    ids = " ".join(str(token.id) for token in scene.run.tokens[: film.n_ids][:MOST_NAMED])
    last = rich(
        scene,
        "tokenize.moment.ids" if film.n_ids <= MOST_NAMED else "tokenize.moment.first_ids",
        n_tokens=counted(scene, film.n_ids),
        ids=h("span", {"class": "number"}, ids),
    )
    return (
        rich(scene, "tokenize.moment.cut", n_words=counted(scene, film.n_words)),
        start_sentence(scene, shown),
        *(merge_sentence(scene, shown, index) for index in range(shown.n_moments)),
        last,
    )


def start_sentence(scene: Scene, shown: WordShown) -> Child:
    """What the chosen word starts from."""
    word = shown.word
    key = "special" if word.is_added else "symbols" if word.symbols else "long"
    if not word.ids:
        key = "lost"
    return rich(
        scene,
        f"tokenize.moment.{key}",
        word=token_mark(visible_text(word)),
        n_pieces=counted(scene, len(word.symbols)),
    )


def merge_sentence(scene: Scene, shown: WordShown, moment: int) -> Child:
    """The merges of one moment; several are told by their ranks."""
    merges = shown.merges_at(moment)
    first, last = merges[0], merges[-1]
    if len(merges) == 1:
        return rich(
            scene,
            "tokenize.moment.merge",
            left=token_mark(first.left),
            right=token_mark(first.right),
            result=token_mark(first.result),
            rank=count(scene, first.rank),
        )
    return rich(
        scene,
        "tokenize.moment.merges",
        n_merges=count(scene, len(merges)),
        first=count(scene, first.rank),
        last=count(scene, last.rank),
        result=token_mark(last.result),
    )


def chosen(scene: Scene, film: Film) -> int:
    """The word whose merges are drawn: the reader's, else the one with the most."""
    if scene.choice.word is not None and 0 <= scene.choice.word < len(film.words):
        return scene.choice.word
    return most_merged(film)


def visible_text(word: FilmWord) -> str:
    """A word of the text with its spaces seen."""
    return visible_bytes(word.text.encode("utf-8", "surrogatepass"))


def lead(scene: Scene, film: Film) -> list[Node | str]:
    """The cut and the merging in one sentence, with this text's numbers."""
    n_merges = sum(len(word.merges) for word in film.words)
    return rich(
        scene,
        "tokenize.lead",
        n_words=counted(scene, film.n_words),
        n_merges=counted(scene, n_merges),
        n_tokens=counted(scene, film.n_ids),
    )


def words(scene: Scene, film: Film, shown: WordShown | None) -> Node:
    """The text with its cuts; each word is a button that opens its merges."""
    size = "is-large" if len(film.words) <= LARGE else "is-small"
    index = None if shown is None else shown.index
    buttons = [word_button(scene, film, at, is_chosen=at == index) for at in range(len(film.words))]
    attributes = {
        "class": f"cut-words scroll follows {size}",
        "data-part": "words",
        "aria-label": say(scene, "tokenize.words"),
        "tabindex": None if len(film.words) <= LARGE else "0",
    }
    rest = film.n_words - len(film.words)
    fields = {"n_shown": count(scene, len(film.words)), "n_rest": count(scene, rest)}
    gap = h("p", {"class": "note"}, say(scene, "tokenize.more_words", **fields)) if rest else ""
    return h("div", {}, h("ol", attributes, buttons), gap)


def word_button(scene: Scene, film: Film, index: int, *, is_chosen: bool) -> Node:
    """One word: what it reads, and that it can be opened."""
    word = film.words[index]
    classes = ["cut-word", "is-chosen" if is_chosen else "", "is-special" if word.is_added else ""]
    classes += [] if is_own(film, word) else ["is-template"]
    told = say(
        scene, "tokenize.word", n_merges=count(scene, len(word.merges)), n_tokens=len(word.ids)
    )
    button = h(
        "button",
        {
            "type": "button",
            "class": " ".join(filter(None, classes)),
            "data-action": "select-word",
            "data-word": str(index),
            "aria-pressed": "true" if is_chosen else "false",
            "title": told,
        },
        h("bdi", {}, marked_text(film, word)),
    )
    return h("li", {"data-at": str(TEXT), "data-move": "rise"}, button)


def marked_text(film: Film, word: FilmWord) -> list[Node | str]:
    """The word as it reads; a character that loses bytes is struck out."""
    lost = {lost.at for lost in film.lost} & set(range(word.at, word.at + len(word.text)))
    if not lost:
        return [visible_text(word)]
    shown = ((at, shown_character(text)) for at, text in enumerate(word.text, start=word.at))
    return [h("s", {"class": "lost-part"}, text) if at in lost else text for at, text in shown]


def losses(scene: Scene, film: Film) -> Node | str:
    """The bytes that never reach the model, by name; nothing where there are none."""
    if not film.n_lost:
        return ""
    named = [
        h("span", {"class": "lost-byte"}, f"{lost.byte:02X}") for lost in film.lost[:MOST_NAMED]
    ]
    spaced = [item for byte in named for item in (byte, " ")]
    of = dict.fromkeys(lost.character for lost in film.lost[:MOST_NAMED])
    marks = [
        item
        for character in of
        for item in (token_mark(visible_bytes(character.encode("utf-8", "surrogatepass"))), " ")
    ]
    told = rich(
        scene,
        "tokenize.lost",
        n_lost=h("b", {}, count(scene, film.n_lost)),
        bytes=h("span", {}, spaced),
        characters=h("span", {}, marks),
    )
    return h("p", {"class": "note losses"}, told)


def tokens(scene: Scene, film: Film | None, shown: WordShown | None) -> Node:
    """What the model gets: every token with its id, those that the reader chose behind them."""
    n_tokens = len(scene.run.tokens)
    size = "is-large" if n_tokens <= LARGE else "is-medium" if n_tokens <= MEDIUM else "is-small"
    part = window(n_tokens, chosen=scene.choice.position)
    n_prompt = n_tokens if film is None else film.n_ids
    moment = TEXT if shown is None else shown.end
    items = [token(scene, position, moment, shown) for position in part.positions]
    at = next((at for at, position in enumerate(part.positions) if position >= n_prompt), None)
    if at is not None:
        words_of_reader = say(scene, "tokenize.chosen_by_you")
        items.insert(at, h("li", {"class": "note token-divide"}, words_of_reader))
    return h(
        "div",
        {},
        h(
            "h2",
            {"class": "tokens-title", "data-at": str(moment), "data-move": "appear"},
            say(scene, "tokenize.tokens"),
        ),
        h("ol", {"class": f"chips {size} follows", "data-part": "tokens"}, items),
        gap_note(scene, part),
    )


def token(scene: Scene, position: int, moment: int, shown: WordShown | None) -> Node:
    """One token's chip; one of the chosen word comes from the end of the ladder.

    Its id is known, and that is all that counts here: no mark for vectors that were not recorded.
    """
    is_own = shown is not None and position in shown.positions
    attributes = {
        "data-at": str(moment),
        "data-move": "fly" if is_own else "rise",
        "data-from": f"ladder-token-{position}" if is_own else None,
    }
    return h("li", attributes, chip(scene, scene.run.tokens[position], position, is_marked=False))
