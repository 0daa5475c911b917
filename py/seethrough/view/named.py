"""Words that name a part of the picture: they light it up, and it lights them (web/lit.js).

A word says what it names by `data-names`: a name of `NAMES`, a hook's leaf, or "token" (then its
own text is the token). A part of a picture says what it is by `data-part`, by its class `is-…`, by
the cell that it holds, or by the token that stands in it.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING

from seethrough.core.hooks import leaf_of
from seethrough.core.messages import text
from seethrough.view.node import Attribute, Attributes, Child, Node, flatten, h

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seethrough.app.state import Scene
    from seethrough.view.node import Markup

    Marker = Callable[[Node, str], Node]

TOKEN = "token"  # noqa: S105 - a token of a text
STOP: Attributes = {"tabindex": "0"}


def lead(scene: Scene, *words: Child, **more: Attribute) -> Node:
    """The first sentences of a step; what they name can be pointed at and comes by Tab."""
    attributes: Attributes = {"class": "lead", **more}
    return h("p", attributes, within(scene, words, STOP))


def caption(scene: Scene, words: Child) -> list[Child]:
    """The sentence of a film's moment; it is gone in a moment, so its words are no stops of Tab."""
    return within(scene, [words], {})


def within(scene: Scene, words: Sequence[Child], stop: Attributes) -> list[Child]:
    """Sentences with what they name marked, each name once."""
    left = list(scene.step.terms) if scene.step else []
    marker = partial(mark, stop=stop)
    return [part for child in flatten(words) for part in named(scene, child, left, marker)]


def named(scene: Scene, child: Node | Markup | str, left: list[str], mark: Marker) -> list[Child]:
    """A piece of a sentence with its names marked; each name once, those of `left`."""
    if isinstance(child, str):
        return marked(scene, child, left, mark)
    if not isinstance(child, Node):
        return [child]
    classes = child.attributes.get("class")
    if classes == "token":
        return [mark(child, TOKEN)]
    told = "".join(part for part in flatten(child.children) if isinstance(part, str))
    if classes == "hook" and told:
        return [mark(child, leaf_of(told.partition("[")[0]))]
    if classes == "counted":
        found = words_of(scene.language, terms(scene)).search(told)
        is_new = found is not None and found.lastgroup in left
        return [mark(child, name_of(found, left))] if found and is_new else [child]
    return [child]


def marked(scene: Scene, told: str, left: list[str], mark: Marker) -> list[Child]:
    """Plain words: those that name something become elements of their own."""
    parts: list[Child] = []
    end = 0
    for found in words_of(scene.language, terms(scene)).finditer(told):
        if found.lastgroup in left:
            word = mark(h("span", {}, found[0]), name_of(found, left))
            parts += [told[end : found.start()], word]
            end = found.end()
    return [*parts, told[end:]]


def name_of(found: re.Match[str], left: list[str]) -> str:
    """The name that words were found for; it is not marked again."""
    name = found.lastgroup or ""
    if name in left:
        left.remove(name)
    return name


def mark(node: Node, names: str, *, stop: Attributes) -> Node:
    """The node as one that names something."""
    return h(node.tag, {**node.attributes, "data-names": names, **stop}, *node.children)


def terms(scene: Scene) -> tuple[str, ...]:
    """What the sentences of the present step may name besides tokens and hooks (view/tours.py)."""
    return scene.step.terms if scene.step else ()


@cache
def words_of(language: str, terms: tuple[str, ...]) -> re.Pattern[str]:
    """The words for each name, which stand in the catalogue with "|" between them."""
    groups = []
    for name in terms:
        words = "|".join(re.escape(word) for word in text(f"named.{name}", language).split("|"))
        groups.append(f"(?P<{name}>{words})")
    return re.compile(rf"\b(?:{'|'.join(groups)})\b" if groups else r"(?!)")
