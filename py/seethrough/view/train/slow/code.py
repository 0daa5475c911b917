"""The code of each place: the very lines of the reverse rules, which the tests hold to torch."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from seethrough.core import maths, reference
from seethrough.core.depth import CODE, IDEA
from seethrough.core.routes import stage_of
from seethrough.core.train import backward, corpus, update
from seethrough.view.code import source_of
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.app.state import AppState

FIELDS = ("language", "route", "depth", "slow")
FUNCTIONS: Mapping[str, tuple[Callable[..., object], ...]] = {
    "text": (corpus.Corpus.batch, corpus.windows),
    "guess": (reference.forward, maths.softmax),
    "loss": (backward.gradients,),
    "error": (backward.gradients, backward.unembed_back),
    "back": (
        backward.block_back,
        backward.mlp_back,
        backward.attention_back,
        backward.norm_back,
        backward.through_norm,
        backward.linear_back,
        backward.embed_back,
    ),
    "update": (update.update, update.Rule.knobs),
    "after": (reference.forward,),
}


def render(state: AppState) -> str:
    """The lines, open at the depth of code, folded at that of numbers; nothing before a step."""
    if state.depth == IDEA or state.lesson.slow.step is None:
        return ""
    is_open = state.depth == CODE
    pieces = [piece(function) for function in FUNCTIONS[stage_of(state.route)]]
    told: Attributes = {
        "class": "code",
        "id": "code-of-slow-open" if is_open else "code-of-slow",
        "open": is_open,
    }
    note = h("p", {"class": "note"}, say(state, "slow.code"))
    return to_html(h("details", told, h("summary", {}, say(state, "code.title")), note, pieces))


def piece(function: Callable[..., object]) -> Node:
    """One function: where it stands, and its lines."""
    module = inspect.getmodule(function)
    name = module.__name__.replace(".", "/") if module else ""
    return h(
        "figure",
        {"class": "code-piece"},
        h("figcaption", {}, h("code", {}, f"py/{name}.py")),
        h("pre", {"class": "scroll", "tabindex": "0"}, h("code", {}, source_of(function))),
    )
