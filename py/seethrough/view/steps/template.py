"""What the model really gets of a text: the chat template around it, or nothing but itself."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from seethrough.core.visible import PICTURES, visible_bytes
from seethrough.view.counted import counted
from seethrough.view.node import Node, h
from seethrough.view.numbers import count
from seethrough.view.unrecorded import note
from seethrough.view.words import model_name, rich, say, token_at, token_mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seethrough.app.state import Scene
    from seethrough.core.chat import Piece
    from seethrough.core.film import Film
    from seethrough.view.node import Child

LINE_FEED = "\n"
LONGEST = 1200  # characters of one piece; the middle of a longer one is named


def received(scene: Scene, text: str, moment: int) -> Node | str:
    """What the model gets, at a moment of the film."""
    if not text:
        return ""
    attributes = {
        "class": "received",
        "aria-labelledby": "received-title",
        "data-at": str(moment),
        "data-move": "rise",
    }
    heading = h(
        "h2", {"class": "received-title", "id": "received-title"}, say(scene, "typed.received")
    )
    return h("section", attributes, heading, body(scene, scene.run.film, moment))


def body(scene: Scene, film: Film | None, moment: int) -> Child:
    """The template piece by piece; for plain text a sentence; what is not known is said."""
    if film is None:
        return unknown(scene)
    if film.is_chat:
        return conversation(scene, film, moment)
    fields = {
        "n_tokens": counted(scene, film.n_ids),
        "n_words": counted(scene, film.n_words),
    }
    start = [token_at(scene, position) for position in range(len(film.start_ids))]
    marks = [token_mark(token.visible) for token in start if token is not None]
    if marks:
        told = rich(
            scene,
            "typed.plain_start",
            token=marks[0],
            id=str(film.start_ids[0]),
            model=model_name(scene),
            **fields,
        )
    else:
        told = rich(scene, "typed.plain", **fields)
    return h("p", {"class": "received-plain"}, told)


def unknown(scene: Scene) -> Node:
    """Before a run, and where the recording lacks the film: said, with the way to it."""
    if scene.run.recorded is not None:
        return note(scene, say(scene, "typed.unrecorded"))
    return h("p", {"class": "lead"}, rich(scene, "typed.not_run"))


def conversation(scene: Scene, film: Film, moment: int) -> list[Node]:
    """One row for each turn: its role, the template's words and the reader's among them."""
    n_template = sum(len(piece.text) for piece in film.pieces if piece.kind == "template")
    told = rich(
        scene,
        "typed.chat",
        n_template=h("b", {}, count(scene, n_template)),
        model=model_name(scene),
    )
    turns = [
        h(
            "li",
            {"class": "turn"},
            h("span", {"class": "turn-role"}, role_name(scene, role)),
            h("span", {"class": "turn-text", "dir": "ltr"}, parts),
        )
        for role, parts in turns_of(scene, film, moment)
    ]
    return [
        h("p", {"class": "received-lead"}, told),
        h("ol", {"class": "turns"}, turns),
        h("p", {"class": "note"}, rich(scene, "typed.safe")),
    ]


def role_name(scene: Scene, role: str) -> str:
    """Whose turn it is, in words; a role of a foreign template as it is written."""
    known = {"system", "user", "assistant"}
    return say(scene, f"typed.role.{role}") if role in known else role


def turns_of(scene: Scene, film: Film, moment: int) -> list[tuple[str, list[Child]]]:
    """The pieces of each turn in order; what stands before all turns opens the first."""
    turns: list[tuple[str, list[Child]]] = []
    places = accumulate((len(piece.text) for piece in film.pieces), initial=0)
    for piece, (start, end) in zip(film.pieces, pairwise(places), strict=True):
        if not turns or turns[-1][0] not in {piece.role, ""}:
            turns.append((piece.role, []))
        turns[-1] = (piece.role, turns[-1][1])
        turns[-1][1].append(piece_node(scene, film, piece, (start, end), moment))
    return turns


def piece_node(scene: Scene, film: Film, piece: Piece, place: tuple[int, int], moment: int) -> Node:
    """A stretch of the conversation: the template's words quiet, the reader's own marked."""
    if piece.kind == "content":
        attributes = {
            "class": "own-words",
            "title": say(scene, "typed.own"),
            "data-at": str(moment),
            "data-move": "fly",
            "data-from": "input-text",
        }
        return h("mark", attributes, h("bdi", {}, own_words(shortened(scene, piece.text))))
    return h("span", {"class": "template-words"}, list(template_words(film, place)))


def template_words(film: Film, place: tuple[int, int]) -> Iterator[Node | str]:
    """The template's words with its special tokens as the units that they are."""
    start, end = place
    at = start
    for word in film.words:
        if word.is_added and start <= word.at < end:
            yield visible(film.text[at : word.at])
            yield h("span", {"class": "special-token"}, visible(word.text))
            at = word.at + len(word.text)
    yield visible(film.text[at:end])


def shortened(scene: Scene, text: str) -> str:
    """A text whose middle is named where it is too long to stand here."""
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    left_out = say(scene, "typed.left_out", n_characters=count(scene, len(text) - 2 * half))
    return f"{text[:half]} {left_out} {text[-half:]}"


def visible(text: str) -> str:
    """Template text with its line ends seen, on one line; its spaces stay spaces."""
    return PICTURES[LINE_FEED].join(map(visible_line, text.split(LINE_FEED)))


def own_words(text: str) -> str:
    """The reader's words, line ends seen and kept."""
    return f"{PICTURES[LINE_FEED]}{LINE_FEED}".join(map(visible_line, text.split(LINE_FEED)))


def visible_line(line: str) -> str:
    """One line with what is hidden in it seen, but for its spaces."""
    return " ".join(
        visible_bytes(part.encode("utf-8", "surrogatepass")) if part else part
        for part in line.split(" ")
    )
