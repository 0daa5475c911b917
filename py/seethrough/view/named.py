"""Words that name a part of the picture: they light it up, and it lights them (web/lit.js).

In a step's first sentences these are the marked terms of the glossary, which open their entry too;
in a film's, which are gone in a moment, plain words. A word says what it names by `data-names`: a
name of the step's terms, a hook's leaf, or "token" (then its own text is the token). A part of a
picture says what it is by `data-part`, by its class `is-…`, by the cell that it holds, or by the
token that stands in it.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING

from seethrough.core.hooks import leaf_of
from seethrough.core.messages import text
from seethrough.view.node import Attribute, Attributes, Child, Node, flatten, h

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.state import Scene
    from seethrough.view.node import Markup

    Marker = Callable[[Node, str], Node]

TOKEN = "token"  # noqa: S105 - a token of a text
STOP: Attributes = {"tabindex": "0"}
# Terms of the glossary whose part of a picture has another name.
PARTS = {
    "feed_forward": "mlp",
    "final_vector": "query",
    "merge": "merges",
    "probability": "prob",
    "share": "prob",
    "token": "tokens",
    "word": "words",
}


def lead(scene: Scene, *words: Child, **more: Attribute) -> Node:
    """The first sentences of a step; what they name can be pointed at and comes by Tab."""
    attributes: Attributes = {"class": "lead", **more}
    return h("p", attributes, [pointed(scene, child) for child in flatten(words)])


def pointed(scene: Scene, child: Node | Markup | str) -> Child:
    """A piece of a lead; tokens, hooks and the terms that the step's picture shows name a part."""
    if not isinstance(child, Node):
        return child
    classes = child.attributes.get("class")
    if classes == "term":
        term = str(child.attributes["data-term"])
        part = PARTS.get(term, term)
        return mark(child, part, stop={}) if part in terms(scene) else child
    if classes == "counted":
        inside = [pointed(scene, one) for one in flatten(child.children)]
        return h(child.tag, child.attributes, inside)
    return named_mark(child, partial(mark, stop=STOP)) or child


def named_mark(node: Node, mark: Marker) -> Node | None:
    """A token or a hook as one that names its part; None where the node is neither."""
    told = words_in(node)
    if node.attributes.get("class") == "token":
        return mark(node, TOKEN)
    if node.attributes.get("class") == "hook" and told:
        return mark(node, leaf_of(told.partition("[")[0]))
    return None


def words_in(node: Node) -> str:
    """The words that an element holds, those of terms inside it too."""
    return "".join(
        words_in(part) if isinstance(part, Node) else str(part) for part in flatten(node.children)
    )


def caption(scene: Scene, words: Child) -> list[Child]:
    """The sentence of a film's moment: each name once; its terms are plain words, no links."""
    left = list(scene.step.terms) if scene.step else []
    marker = partial(mark, stop={})
    return [part for child in flatten([words]) for part in named(scene, child, left, marker)]


def named(scene: Scene, child: Node | Markup | str, left: list[str], mark: Marker) -> list[Child]:
    """A piece of a film's sentence with its names marked; each name once, those of `left`."""
    if isinstance(child, str):
        return marked(scene, child, left, mark)
    if not isinstance(child, Node):
        return [child]
    classes = child.attributes.get("class")
    if classes == "term":
        return marked(scene, words_in(child), left, mark)
    if classes == "counted":
        told = words_in(child)
        found = words_of(scene.language, terms(scene)).search(told)
        is_new = found is not None and found.lastgroup in left
        whole = h(child.tag, child.attributes, told)
        return [mark(whole, name_of(found, left))] if found and is_new else [whole]
    return [named_mark(child, mark) or child]


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
