"""What surprises at a step, explained below its numbers with this run's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.depth import IDEA
from seethrough.view import guess
from seethrough.view.ideas.plain import mark, whole
from seethrough.view.node import Child, Node, h, to_html
from seethrough.view.numbers import count, setting
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.app.state import AppState, Run, Scene
    from seethrough.core.cache import Array
    from seethrough.core.film import FilmWord

FIELDS = (
    "route",
    "depth",
    "tokens",
    "film",
    "recorded",
    "captured",
    "config",
    "marked",
    "top",
    "written",
    "continuation",
    "model",
    *guess.STATE,
)
MANY = 1.5  # tokens for a word, from which on it is told
LONG = 10  # how many times as long as the others a vector is worth a word
FIRST_MONTHS = (" and", " April")
Told = tuple[str, list[Child]]


def render(state: AppState) -> str:
    """A fold for each surprise of the shown step; at "idea" for one, once its picture is seen."""
    if state.step is None:
        return ""
    is_idea = state.depth == IDEA
    if is_idea and guess.open_question(state) is not None:
        return ""
    asked = (AT_IDEA if is_idea else AT).get(state.step.name, ())
    found = [told for one in asked if (told := one(state)) is not None]
    return to_html(*(fold(state, name, words) for name, words in found))


def fold(scene: Scene, name: str, words: list[Child]) -> Node:
    """The question folded, its answer inside."""
    summary = h("summary", {}, say(scene, f"why.{name}.ask"))
    return h("details", {"class": "why", "id": f"why-{name}"}, summary, h("p", {}, words))


def foreign(scene: Scene) -> Told | None:
    """How many tokens the words with other letters than a to z take, beside all others."""
    words = scene.run.film.words if scene.run.film is not None else ()
    others = [word for word in words if has_other_letters(word)]
    if not others or per_word(others) < MANY:
        return None
    name = "foreign"
    fields = {"n_words": count(scene, len(others)), "many": setting(scene, per_word(others))}
    return name, [*rich(scene, f"why.{name}.told", **fields)]


def has_other_letters(word: FilmWord) -> bool:
    """Whether it has a letter beyond English ones."""
    return any(sign.isalpha() and not sign.isascii() for sign in word.text)


def per_word(words: list[FilmWord]) -> float:
    """Tokens a word, to one decimal."""
    return round(sum(len(word.ids) for word in words) / len(words), 1)


def resting(scene: Scene) -> Told | None:
    """The share of heads that look most at the first token."""
    marked = scene.run.marked
    if marked is None or marked.resting is None:
        return None
    token, share = mark(scene.run.tokens[0].visible), h("b", {}, whole(scene, marked.resting))
    return "resting", [*rich(scene, "why.resting.told", token=token, share=share)]


def first_length(scene: Scene) -> Told | None:
    """How long the first token's vector becomes, and the longest of all others beside it."""
    lengths = lengths_of(scene.run)
    if lengths is None:
        return None
    layer = int(lengths[:, 0].argmax())
    first, others = float(lengths[layer, 0]), float(lengths[layer, 1:].max())
    if first < LONG * others:
        return None
    fields = {
        "token": mark(scene.run.tokens[0].visible),
        "first": h("b", {}, count(scene, round(first))),
        "others": h("b", {}, count(scene, round(others))),
    }
    return "first_length", [*rich(scene, "why.first_length.told", **fields)]


def lengths_of(run: Run) -> Array | None:
    """The L2 norm of every state; None where not all positions are known.

    Shapes: → [n_layers + 1, pos].
    """
    n_positions = len(run.tokens)
    if n_positions < 2:  # noqa: PLR2004 - the first is compared with others
        return None
    if run.numbered is not None:
        return run.numbered.norms if run.numbered.norms.shape[1] == n_positions else None
    streams = [run.stream_at(at) for at in range(n_positions)]
    known = [np.linalg.norm(stream, axis=1) for stream in streams if stream is not None]
    return np.stack(known, axis=1) if len(known) == n_positions else None


def and_first(scene: Scene) -> Told | None:
    """Why the months go on with " and": only where this run says so."""
    came = {item.text: item for item in scene.run.top}
    first, month = (came.get(text) for text in FIRST_MONTHS)
    if first is None or month is None or first is not scene.run.top[0]:
        return None
    fields = {
        "first": mark(first.text),
        "second": mark(month.text),
        "share": h("b", {}, whole(scene, first.prob)),
        "other": h("b", {}, whole(scene, month.prob)),
    }
    return "and_first", [*rich(scene, "why.and_first.told", **fields)]


def not_true(scene: Scene) -> Told | None:
    """How often the model wrote its best guess, which is no check of a fact."""
    steps = scene.run.steps
    if not steps:
        return None
    n_best = sum(step.rank == 0 for step in steps)
    fields = {"n_best": count(scene, n_best), "n_new": count(scene, len(steps))}
    return "not_true", [*rich(scene, "why.not_true.told", **fields)]


AT: Mapping[str, tuple[Callable[[Scene], Told | None], ...]] = {
    "tokenize": (foreign,),
    "layers": (resting, first_length),
    "softmax": (and_first,),
    "done": (not_true,),
}
# What an idea's own sentences do not say.
AT_IDEA: Mapping[str, tuple[Callable[[Scene], Told | None], ...]] = {
    "tokenize": (foreign,),
    "softmax": (and_first,),
    "done": (not_true,),
}
