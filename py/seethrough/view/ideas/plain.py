"""What the pictures of the depth "idea" share: leads, frames, plain names, whole per cents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.visible import PICTURES
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import odd, percentage
from seethrough.view.words import rich, say, token_mark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.app.state import Scene, Spoken

SPACE = PICTURES[" "]
HUNDRED = 100


def lead(*words: Child) -> Node:
    """The first sentences."""
    return h("p", {"class": "lead idea-lead"}, *words)


def nothing_yet(scene: Scene, key: str) -> Node:
    """What stands in place of a picture before a run, or while it is under way."""
    return lead(rich(scene, "idea.running" if scene.busy else key))


def picture(label: str, *parts: Child) -> Node:
    """The picture, with its name for those who do not see it."""
    attributes = {"class": "idea-picture", "role": "group", "aria-label": label}
    return h("div", attributes, *parts)


def caption(*words: Child) -> Node:
    """A line below a picture."""
    return h("p", {"class": "idea-note"}, *words)


def plain(visible: str) -> str:
    """A token without the mark of the space before a word."""
    bare = visible.removeprefix(SPACE)
    return bare if bare[:1].isalnum() else visible


def names(visibles: Iterable[str]) -> list[str]:
    """Tokens by plain names; those that differ by a space alone keep its mark."""
    shown = list(visibles)
    bare = [plain(one) for one in shown]
    return [name if bare.count(name) == 1 else one for name, one in zip(bare, shown, strict=True)]


def mark(visible: str) -> Node:
    """A token inside a sentence, by its plain name."""
    return token_mark(plain(visible))


def which(scene: Scene, position: int) -> str:
    """Which of several equal words of the text this is; empty where it is the only one."""
    words = [plain(token.visible) for token in scene.run.tokens]
    same = [at for at, word in enumerate(words) if word == words[position]]
    return say(scene, "idea.nth", n=same.index(position) + 1) if len(same) > 1 else ""


def mark_at(scene: Scene, position: int) -> Node:
    """A token of the text inside a sentence; of equal ones it is said which."""
    word, nth = mark(scene.run.tokens[position].visible), which(scene, position)
    return h("span", {}, word, " ", nth) if nth else word


def name_at(scene: Scene, position: int, name: str = "") -> str:
    """A token of the text by its plain name; of equal ones it is said which."""
    shown = name or plain(scene.run.tokens[position].visible)
    return " ".join(filter(None, (shown, which(scene, position))))


def whole(scene: Spoken, share: float) -> str:
    """A share in whole per cent, never 0 or 100 for what is only close to it.

    Below 1 % it has one decimal: else what is 0.7 % would be 1 % here and under 1 % there.
    """
    special = odd(share)
    if special is not None:
        return special
    percent = round(share * HUNDRED)
    if 0 < share * HUNDRED < 1:
        return small(scene, share)
    if percent == HUNDRED and share < 1:
        return say(scene, "idea.over", share=percentage(scene, "99"))
    return percentage(scene, str(percent))


def small(scene: Spoken, share: float) -> str:
    """A share below 1 %, never told as 1 or 0."""
    percent = round(share * HUNDRED, 1)
    if not percent:
        return say(scene, "idea.under", share=percentage(scene, "0.1"))
    if percent == 1:
        return say(scene, "idea.under", share=percentage(scene, "1"))
    return percentage(scene, f"{percent:.1f}")


def place(part: float) -> str:
    """A place or a width along a picture, in per cent."""
    return f"{part * HUNDRED:.3f}%"


def rect(start: float, size: float, **more: str | float | None) -> Node:
    """A stretch of a bar that is as wide as its picture."""
    given: Attributes = {"x": place(start), "width": place(size), "height": "100%"}
    named = {name.rstrip("_").replace("_", "-"): value for name, value in more.items()}
    return h("rect", {**given, **named})
