"""Long inputs: the first and the last tokens are shown, the middle is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.view.node import Node, h
from seethrough.view.numbers import count
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene

MOST = 256
FIRST = 32


@dataclass(frozen=True)
class Window:
    """The positions that are shown, and the gap between them as (first, last) or None."""

    positions: tuple[int, ...]
    gap: tuple[int, int] | None = None
    n_left_out: int = 0


def window(n_positions: int, *, most: int = MOST, chosen: int | None = None) -> Window:
    """Which positions a view shows: all, or the first and the last ones; a chosen one always."""
    if n_positions <= most:
        return Window(tuple(range(n_positions)))
    first = min(FIRST, most // 4)
    last = n_positions - (most - first)
    positions = [*range(first), *range(last, n_positions)]
    if chosen is not None and first <= chosen < last:
        positions.append(chosen)
    left_out = n_positions - len(positions)
    return Window(tuple(sorted(positions)), (first, last - 1), left_out)


def gap_note(scene: Scene, shown: Window) -> Node | str:
    """Which positions are left out, in words; nothing where all are there."""
    words = gap_words(scene, shown)
    return h("p", {"class": "note"}, words) if words else ""


def gap_words(scene: Scene, shown: Window) -> str:
    """The same without an element around it."""
    if shown.gap is None:
        return ""
    first, last = shown.gap
    if first == last:
        return say(scene, "view.windowed.gap_at", first=first)
    n_left_out = count(scene, shown.n_left_out)
    return say(scene, "view.windowed.gap", first=first, last=last, n_left_out=n_left_out)


def new_gap_note(scene: Scene, shown: Window) -> Node | str:
    """Which new tokens are left out, counted from 1; nothing where all are there."""
    if shown.gap is None:
        return ""
    first, last = (count(scene, at + 1) for at in shown.gap)
    n_left_out = count(scene, shown.n_left_out)
    words = say(scene, "view.windowed.gap_new", first=first, last=last, n_left_out=n_left_out)
    return h("p", {"class": "note"}, words)


def is_beyond(scene: Scene, position: int) -> bool:
    """Whether a live run is so long that the page does not keep a position's numbers."""
    return scene.run.recorded is None and scene.run.lacks(position)


def beyond_note(scene: Scene) -> Node | str:
    """Which positions' numbers are not kept; nothing where all are."""
    n_tokens = len(scene.run.tokens)
    first = next((at for at in range(n_tokens) if is_beyond(scene, at)), None)
    if first is None:
        return ""
    words = say(scene, "view.windowed.beyond", first=first, last=n_tokens - 1)
    return h("p", {"class": "note"}, words)
