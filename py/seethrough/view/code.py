"""The code of a step: the very lines of the numpy reference that compute it.

The tests hold that code to transformers, and the graph in the page to that code.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING

from seethrough.core import bpe, chat, hooks, maths, reference, sampling
from seethrough.view.node import Child, Node, h, to_html
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.app.state import AppState

# Step -> the functions that do it, by family where the families differ.
SHOWN: Mapping[str, Mapping[str, tuple[Callable[..., object], ...]]] = {
    "input": {"": (chat.encode_chat,)},
    "tokenize": {"": (bpe.Bpe.merges, bpe.Bpe.ids)},
    "embed": {
        "llama": (reference.embed,),
        "gpt2": (reference.embed_with_positions, reference.embed),
    },
    "layers": {"": (reference.block,)},
    "logits": {
        "llama": (reference.unembed_states, reference.rms_norm),
        "gpt2": (reference.unembed_states, reference.layer_norm),
    },
    "softmax": {"": (maths.softmax, sampling.temper)},
    "sample": {"": (sampling.draw, sampling.reshape, sampling.landings)},
    "loop": {"": (reference.remember, sampling.dart)},
    "done": {"": (sampling.standing,)},
}
CONSTANT = re.compile(r"hooks\.([A-Z0-9_]+)")
WORD = re.compile(r"(hooks\.[A-Z0-9_]+)")


@cache
def source_of(function: Callable[..., object]) -> str:
    """The lines of a function, its docstring among them."""
    return inspect.getsource(function).rstrip()


def functions_of(state: AppState) -> tuple[Callable[..., object], ...]:
    """The functions of the present step for the present family."""
    by_family = SHOWN.get(state.route.step, {})
    family = state.config.family if state.config else "llama"
    return by_family.get(family) or by_family.get("", ())


def render(state: AppState) -> str:
    """The code, folded away until it is asked for; nothing outside the walk."""
    functions = functions_of(state) if state.route.view == "walk" else ()
    if not functions:
        return ""
    pieces = [piece(function) for function in functions]
    details = h(
        "details",
        {"class": "code", "id": "code-of-step"},
        h("summary", {}, say(state, "code.title")),
        h("p", {"class": "note"}, say(state, "code.note")),
        pieces,
    )
    return to_html(details)


def piece(function: Callable[..., object]) -> Node:
    """One function: where it stands, and its lines."""
    module = inspect.getmodule(function)
    name = module.__name__.replace(".", "/") if module else ""
    return h(
        "figure",
        {"class": "code-piece"},
        h("figcaption", {}, h("code", {}, f"py/{name}.py")),
        h("pre", {"class": "scroll", "tabindex": "0"}, h("code", {}, marked(source_of(function)))),
    )


def marked(source: str) -> list[Child]:
    """Lines whose hook constants tell the hook's own name."""
    parts: list[Child] = []
    for text in WORD.split(source):
        found = CONSTANT.fullmatch(text)
        leaf = getattr(hooks, found[1], None) if found else None
        parts.append(h("abbr", {"title": leaf}, text) if isinstance(leaf, str) else text)
    return parts
