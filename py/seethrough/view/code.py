"""The code of a step: the very lines of the numpy reference that compute it.

The tests hold that code to transformers, and the graph in the page to that code.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING

from seethrough.core import bpe, chat, hooks, maths, reference, sampling
from seethrough.core.families import family_of
from seethrough.view import hook_places
from seethrough.view.node import Child, Node, h, to_html
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.app.state import AppState

# Step -> the functions that do it, where they are every family's.
SHOWN: Mapping[str, tuple[Callable[..., object], ...]] = {
    "input": (chat.encode_chat,),
    "tokenize": (bpe.Bpe.merges, bpe.Bpe.ids),
    "softmax": (maths.softmax, sampling.temper),
    "sample": (sampling.draw, sampling.reshape, sampling.landings),
    "loop": (reference.remember, sampling.dart),
    "done": (sampling.standing,),
}
FIELDS = ("language", "route", "config", "hook", "picture", "tokens")
CONSTANT = re.compile(r"hooks\.([A-Z0-9_]+)")
WORD = re.compile(r"(hooks\.[A-Z0-9_]+)")


@cache
def source_of(function: Callable[..., object]) -> str:
    """The lines of a function, its docstring among them."""
    return inspect.getsource(function).rstrip()


def functions_of(state: AppState) -> tuple[Callable[..., object], ...]:
    """The functions of the present step, those of the model's family among them."""
    own = reference.functions_of(family_of(state.config)) if state.config else {}
    return {**SHOWN, **own}.get(state.route.step, ())


def render(state: AppState) -> str:
    """The code, folded away until it is asked for; nothing outside the walk."""
    functions = functions_of(state) if state.route.view == "walk" else ()
    if not functions:
        return ""
    pieces = [piece(state, function) for function in functions]
    is_asked = state.hook in leaves_of(functions)
    told = hook_places.told(state, state.hook) if is_asked else []
    details = h(
        "details",
        {"class": "code", "id": "code-of-step"},
        h("summary", {}, say(state, "code.title")),
        h("p", {"class": "note"}, say(state, "code.note")),
        h("p", {"class": "code-told", "role": "status"}, told),
        pieces,
    )
    return to_html(details)


def leaves_of(functions: tuple[Callable[..., object], ...]) -> frozenset[str]:
    """The hooks that the lines of some functions name."""
    names = (name for function in functions for name in CONSTANT.findall(source_of(function)))
    return frozenset(str(getattr(hooks, name, "")) for name in names)


def piece(state: AppState, function: Callable[..., object]) -> Node:
    """One function: where it stands, and its lines."""
    module = inspect.getmodule(function)
    name = module.__name__.replace(".", "/") if module else ""
    lines = marked(state, source_of(function))
    return h(
        "figure",
        {"class": "code-piece"},
        h("figcaption", {}, h("code", {}, f"py/{name}.py")),
        h("pre", {"class": "scroll", "tabindex": "0"}, h("code", {}, lines)),
    )


def marked(state: AppState, source: str) -> list[Child]:
    """Lines whose hook constants light up what they name, and open it."""
    parts: list[Child] = []
    for text in WORD.split(source):
        found = CONSTANT.fullmatch(text)
        leaf = getattr(hooks, found[1], None) if found else None
        parts.append(hook_button(state, leaf, text) if isinstance(leaf, str) else text)
    return parts


def hook_button(state: AppState, leaf: str, written: str) -> Node:
    """A hook's constant: pointed at it lights up the hook's numbers, pressed it opens them."""
    return h(
        "button",
        {
            "type": "button",
            "class": "code-hook",
            "data-action": "show-hook",
            "data-hook": leaf,
            "data-names": leaf,
            "aria-pressed": "true" if leaf == state.hook else "false",
            "aria-label": say(state, "code.hook_label", written=written, name=leaf),
            "title": leaf,
        },
        written,
    )
