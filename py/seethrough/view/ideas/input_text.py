"""The idea of step 1: the model gets a text and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.counted import counted
from seethrough.view.ideas.plain import lead, picture
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.steps.input_text import FIELDS, text_of
from seethrough.view.steps.template import LINE_FEED, visible_line
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.chat import Piece

__all__ = ["FIELDS", "render"]

SHORT, MEDIUM = 60, 180  # characters; longer texts are set smaller
MOST, HEAD, TAIL = 420, 240, 120  # of a longer text the first and the last characters are shown
MOST_FRAME, FRAME_HEAD, FRAME_TAIL = 200, 110, 50


def render(scene: Scene) -> str:
    """The text large; of a chat with what is put around it."""
    text, film = text_of(scene), scene.run.film
    if not text:
        return to_html(lead(rich(scene, "idea.input.empty")))
    n_characters = counted(scene, len(text))
    if film is None or not film.is_chat:
        told = rich(scene, "idea.input.lead", n_characters=n_characters)
        page = [h("p", {"class": f"idea-page {size_of(text)}", "dir": "auto"}, own(scene, text))]
    else:
        told = rich(scene, "idea.input.lead_chat", n_characters=n_characters)
        page = [part(scene, piece) for piece in film.pieces]
    return to_html(lead(told), picture(say(scene, "idea.input.picture"), page))


def size_of(text: str) -> str:
    """How large a text stands: the shorter, the larger."""
    return "is-short" if len(text) <= SHORT else "is-medium" if len(text) <= MEDIUM else "is-long"


def own(scene: Scene, text: str) -> Node:
    """The reader's words as they are; the middle of a long text is named."""
    shown = shortened(scene, text, MOST, HEAD, TAIL)
    return h("bdi", {}, shown)


def shortened(scene: Scene, text: str, most: int, head: int, tail: int) -> str:
    """A text whose middle is named where it is too long to stand here."""
    if len(text) <= most:
        return text
    left_out = say(scene, "idea.input.left_out", n=count(scene, len(text) - head - tail))
    return f"{text[:head]} {left_out} {text[-tail:]}"


def part(scene: Scene, piece: Piece) -> Node:
    """A stretch of a conversation: the frame small and quiet, the reader's words large."""
    if piece.kind == "content":
        classes = f"idea-page {size_of(piece.text)}"
        return h("p", {"class": classes, "dir": "auto"}, own(scene, piece.text))
    lines = LINE_FEED.join(map(visible_line, piece.text.split(LINE_FEED))).strip(LINE_FEED)
    shown = shortened(scene, lines, MOST_FRAME, FRAME_HEAD, FRAME_TAIL)
    return h("p", {"class": "idea-frame", "dir": "ltr"}, h("bdi", {}, shown))
