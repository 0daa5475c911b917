"""Step 1: the text as signs, characters and bytes, and what the model really gets of it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from seethrough.core.clean_text import clean_text
from seethrough.core.visible import character_name, code_point
from seethrough.view.characters import (
    Sign,
    face,
    hex_bytes,
    is_hidden,
    signs_of,
)
from seethrough.view.characters import shown as shown_character
from seethrough.view.counted import counted
from seethrough.view.folded import folded
from seethrough.view.node import Markup, Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.steps.template import received
from seethrough.view.windowed import window
from seethrough.view.words import Reader, rich, say, token_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene, Spoken
    from seethrough.view.node import Child
    from seethrough.view.windowed import Window

FIELDS = (
    "language",
    "prompt",
    "chat",
    "source",
    "recorded",
    "film",
    "tokens",
    "model_card",
    "model",
)
FEW, LARGE, MEDIUM = 14, 44, 160  # signs; longer texts are set smaller
MOST_SIGNS = 256
REMEMBERED = 2048  # different signs and characters
TEXT, CODES, BYTES, MODEL = range(4)  # the moments of the film


def render(scene: Scene) -> str:
    """The text large, its counts, its signs over their code points and bytes, what comes of it."""
    text = text_of(scene)
    signs = signs_of(text)
    return to_html(
        h("p", {"class": "lead"}, lead(scene, text, signs)),
        h("div", {"class": "input-head"}, page(scene, text, len(signs)), counts(scene, text)),
        plate(scene, signs),
        received(scene, text, MODEL),
        table(scene, text),
    )


def moments(scene: Scene) -> Sequence[Child]:
    """The text, its characters' numbers, their bytes, what is put around them."""
    text = text_of(scene)
    if not (scene.run.tokens and text):
        return ()
    film, first, key = scene.run.film, text[0], "plain"
    if film is None:
        key = "unknown"
    elif film.is_chat:
        key = "chat"
    told = rich(
        scene,
        f"typed.moment.{key}",
        n_more=count(scene, len(film.text) - len(text) if film else 0),
        n_tokens=counted(scene, film.n_ids if film else len(scene.run.tokens)),
    )
    return (
        rich(scene, "typed.moment.text", n_characters=counted(scene, len(text))),
        rich(
            scene,
            "typed.moment.codes",
            character=token_mark(shown_character(first)),
            code=code_point(first),
            number=count(scene, ord(first)),
        ),
        byte_sentence(scene, text),
        told,
    )


def text_of(scene: Scene) -> str:
    """The reader's own words: of the film, of the recording, or as they stand in the form."""
    if scene.run.film is not None:
        return "".join(piece.text for piece in scene.run.film.pieces if piece.kind == "content")
    return clean_text(
        scene.text.prompt if scene.run.recorded is None else scene.run.recorded.prompt
    ).text


def size_of(text: str) -> int:
    """How many bytes a text has in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def widest(signs: Sequence[Sign]) -> Sign:
    """The sign with the most bytes, the first of them."""
    return max(signs, key=lambda sign: size_of(sign.text))


def lead(scene: Scene, text: str, signs: Sequence[Sign]) -> list[Node | str] | str:
    """What this step is about, with the text's own numbers."""
    if not signs:
        return say(scene, "typed.empty")
    n_bytes = size_of(text)
    key = "typed.lead_ascii" if n_bytes == len(text) else "typed.lead"
    return rich(
        scene,
        key,
        n_characters=counted(scene, len(text)),
        n_bytes=counted(scene, n_bytes),
    )


def byte_sentence(scene: Scene, text: str) -> list[Node | str]:
    """How the text is kept; the sign with the most bytes tells why it is not one byte each."""
    sign, n_bytes = widest(signs_of(text)), size_of(text)
    in_all = counted(scene, n_bytes)
    mark = token_mark("".join(map(shown_character, sign.text)) if is_plain(sign) else sign.text)
    alone = " ".join(hex_bytes(sign.text))
    if n_bytes == len(text):
        return rich(scene, "typed.moment.bytes_ascii", n_in_all=in_all)
    key = "one" if len(sign.text) == 1 else "several"
    return rich(
        scene,
        f"typed.moment.bytes_{key}",
        n_in_all=in_all,
        sign=mark,
        n_of_sign=count(scene, size_of(sign.text)),
        n_characters=count(scene, len(sign.text)),
        bytes=alone,
    )


def is_plain(sign: Sign) -> bool:
    """Whether a sign is one character."""
    return len(sign.text) == 1


def page(scene: Scene, text: str, n_signs: int) -> Node:
    """The text as it would stand on a page, the larger the shorter it is."""
    size = "large" if n_signs <= LARGE else "medium" if n_signs <= MEDIUM else "small"
    attributes = {
        "class": f"input-text is-{size}",
        "dir": "auto",
        "data-at": str(TEXT),
        "data-move": "appear",
        "tabindex": "0" if size == "small" else None,
        "aria-label": say(scene, "typed.text"),
        "role": "group",
    }
    return h("div", attributes, h("bdi", {"id": "input-text"}, text))


def counts(scene: Scene, text: str) -> Node:
    """How much text it is: characters, bytes, words by the tokeniser's own split."""
    n_words = own_words(scene)
    return h(
        "dl",
        {"class": "input-counts"},
        figure(scene, "characters", len(text), CODES),
        figure(scene, "bytes", size_of(text), BYTES),
        "" if n_words is None else figure(scene, "words", n_words, MODEL),
    )


def figure(scene: Scene, what: str, number: int, moment: int) -> Node:
    """One count with its name."""
    return h(
        "div",
        {"data-at": str(moment), "data-move": "appear"},
        h("dt", {}, say(scene, f"typed.count.{what}")),
        h("dd", {"class": "number"}, count(scene, number)),
    )


def own_words(scene: Scene) -> int | None:
    """How many words the tokeniser makes of plain text; a template's are not the reader's."""
    film = scene.run.film
    return None if film is None or film.is_chat else film.n_words


def plate(scene: Scene, signs: Sequence[Sign]) -> Node | str:
    """Every sign over its characters' numbers, those over their bytes; one can be opened."""
    if not signs:
        return ""
    shown = window(len(signs), most=MOST_SIGNS)
    blocks: list[Child] = []
    for index in shown.positions:
        if shown.gap is not None and index == shown.gap[1] + 1:
            blocks.append(h("li", {"class": "sign-gap", "aria-hidden": "true"}, "…"))
        blocks.append(Markup(block(scene.language, signs[index].text)))
    size = " is-few" if len(signs) <= FEW else " is-short" if len(signs) <= LARGE else ""
    return h(
        "div",
        {"class": "signs-plate"},
        h(
            "ol",
            {
                "class": f"signs scroll{size}",
                "tabindex": "0" if len(signs) > LARGE else None,
                "aria-label": say(scene, "typed.signs"),
            },
            heads(scene),
            blocks,
        ),
        h("p", {"class": "note signs-rest"}, say(scene, "typed.open")),
        gap(scene, shown),
    )


def heads(scene: Scene) -> Node:
    """What the rows below a sign are, at their left."""
    rows = [
        h("span", {"data-at": str(at), "data-move": "appear"}, say(scene, f"typed.row.{name}"))
        for name, at in (("code", CODES), ("bytes", BYTES))
    ]
    return h("li", {"class": "sign-heads", "aria-hidden": "true"}, rows)


def gap(scene: Scene, shown: Window) -> Node | str:
    """Which signs are left out, in words."""
    if shown.gap is None:
        return ""
    first, last = shown.gap
    n_left_out = count(scene, last - first + 1)
    words = (
        say(scene, "typed.gap_at", first=first)
        if first == last
        else say(scene, "typed.gap", first=first, last=last, n_left_out=n_left_out)
    )
    return h("p", {"class": "note is-gap"}, words)


@lru_cache(REMEMBERED)
def block(language: str, sign: str) -> str:
    """One sign: a summary that opens to its characters' names. A text has few different ones."""
    reader, is_alone = Reader(language), len(sign) == 1
    is_dim = is_alone and is_hidden(sign)
    return to_html(
        h(
            "li",
            {"class": "sign"},
            h(
                "details",
                {"name": "sign"},
                h(
                    "summary",
                    {"class": "sign-face"},
                    h(
                        "bdi",
                        {"class": "sign-glyph is-hidden" if is_dim else "sign-glyph"},
                        face(sign) if is_alone else sign,
                    ),
                    h(
                        "span",
                        {"class": "sign-characters"},
                        [character_block(character, is_alone=is_alone) for character in sign],
                    ),
                ),
                h("ul", {"class": "sign-names"}, [name_line(reader, one) for one in sign]),
            ),
        )
    )


def character_block(character: str, *, is_alone: bool) -> Node:
    """A character's number and, below it, its bytes; itself too where a sign has several."""
    itself = h("bdi", {"class": "sign-part"}, face(character))
    return h(
        "span",
        {"class": "sign-character"},
        "" if is_alone else itself,
        h(
            "span",
            {"class": "sign-code number", "data-at": str(CODES), "data-move": "rise"},
            code_point(character).removeprefix("U+"),
        ),
        h(
            "span",
            {"class": "sign-bytes number", "data-at": str(BYTES), "data-move": "rise"},
            [h("span", {"class": "byte"}, byte) for byte in hex_bytes(character)],
        ),
    )


def name_line(reader: Spoken, character: str) -> Node:
    """What Unicode says of a character."""
    told = rich(
        reader,
        "typed.character",
        character=token_mark(shown_character(character)),
        code=h("span", {"class": "number"}, code_point(character)),
        has_name=bool(character_name(character)),
        name=character_name(character) or "",
        bytes=h("span", {"class": "number"}, " ".join(hex_bytes(character))),
    )
    return h("li", {}, told)


def table(scene: Scene, text: str) -> Node | str:
    """Every character with its number, name and bytes."""
    if not text:
        return ""
    return folded(scene, "input-data", say(scene, "typed.data"), lambda: characters(scene, text))


def characters(scene: Scene, text: str) -> list[Child]:
    """The table itself; of a long text the first and the last characters."""
    shown = window(len(text), most=MOST_SIGNS)
    heads = ("place", "sign", "code", "name", "bytes")
    rows = [table_row(scene, text, at) for at in shown.positions]
    return [
        h(
            "div",
            {"class": "table scroll", "tabindex": "0"},
            h(
                "table",
                {"class": "numbers is-characters"},
                h("caption", {}, say(scene, "typed.caption")),
                h(
                    "thead",
                    {},
                    h(
                        "tr",
                        {},
                        [h("th", {"scope": "col"}, say(scene, f"typed.{x}")) for x in heads],
                    ),
                ),
                h("tbody", {}, rows),
            ),
        ),
        gap(scene, shown),
    ]


def table_row(scene: Scene, text: str, at: int) -> Node:
    """One character of the table."""
    return h(
        "tr",
        {},
        h("th", {"scope": "row"}, count(scene, at)),
        Markup(told_of(scene.language, text[at])),
    )


@lru_cache(REMEMBERED)
def told_of(language: str, character: str) -> str:
    """The cells that tell of a character, wherever it stands."""
    nameless = say(Reader(language), "typed.nameless")
    return to_html(
        h("td", {}, h("bdi", {}, shown_character(character))),
        h("td", {}, code_point(character)),
        h("td", {"class": "is-name"}, character_name(character) or nameless),
        h("td", {}, " ".join(hex_bytes(character))),
    )
