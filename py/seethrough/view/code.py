"""The code of a step: the very lines of the numpy reference that compute it.

The tests hold that code to transformers, and the graph in the page to that code.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING

from seethrough.app.state import WALK
from seethrough.core import bpe, chat, hooks, maths, reference, sampling
from seethrough.view import hook_places
from seethrough.view.node import Child, Node, h, to_html
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.app.state import Scene

BLOCK = (reference.block, reference.attention)
# Step -> the functions that do it, by family where the families differ.
SHOWN: Mapping[str, Mapping[str, tuple[Callable[..., object], ...]]] = {
    "input": {"": (chat.encode_chat,)},
    "tokenize": {"": (bpe.Bpe.merges, bpe.Bpe.ids)},
    "embed": {
        "llama": (reference.embed,),
        "gpt2": (reference.embed_with_positions, reference.embed),
    },
    "layers": {
        "llama": (*BLOCK, reference.gated_mlp, reference.write_back),
        "gpt2": (*BLOCK, reference.gelu_mlp, reference.write_back),
    },
    "logits": {
        "llama": (reference.unembed_states, reference.rms_norm),
        "gpt2": (reference.unembed_states, reference.layer_norm),
    },
    "softmax": {"": (maths.softmax, sampling.temper)},
    "sample": {"": (sampling.draw, sampling.reshape, sampling.landings)},
    "loop": {"": (reference.remember, sampling.dart)},
    "done": {"": (sampling.standing,)},
}
FIELDS = ("language", "route", "config", "hook", "layer", "head", "position", "tokens", "top")
CONSTANT = re.compile(r"hooks\.([A-Z0-9_]+)")
WORD = re.compile(r"(hooks\.[A-Z0-9_]+)")


@cache
def source_of(function: Callable[..., object]) -> str:
    """The lines of a function, its docstring among them."""
    return inspect.getsource(function).rstrip()


def functions_of(scene: Scene) -> tuple[Callable[..., object], ...]:
    """The functions of the present step for the present family; a step may say its own."""
    own = scene.step.code(scene.run.config) if scene.step is not None else ()
    if own or scene.route.view != WALK:
        return own
    by_family = SHOWN.get(scene.route.step, {})
    family = scene.run.config.family if scene.run.config else "llama"
    return by_family.get(family) or by_family.get("", ())


def render(scene: Scene) -> str:
    """The code, folded away until it is asked for; nothing where a step shows none."""
    functions = functions_of(scene)
    if not functions:
        return ""
    pieces = [piece(scene, function) for function in functions]
    is_asked = scene.choice.hook in leaves_of(functions)
    told = hook_places.told(scene, scene.choice.hook) if is_asked else []
    details = h(
        "details",
        {"class": "code", "id": "code-of-step"},
        h("summary", {}, say(scene, "code.title")),
        h("p", {"class": "note"}, say(scene, "code.note")),
        h("p", {"class": "code-told", "role": "status"}, told),
        pieces,
    )
    return to_html(details)


def leaves_of(functions: tuple[Callable[..., object], ...]) -> frozenset[str]:
    """The hooks that the lines of some functions name."""
    names = (name for function in functions for name in CONSTANT.findall(source_of(function)))
    return frozenset(str(getattr(hooks, name, "")) for name in names)


def piece(scene: Scene, function: Callable[..., object]) -> Node:
    """One function: where it stands, and its lines."""
    module = inspect.getmodule(function)
    name = module.__name__.replace(".", "/") if module else ""
    lines = marked(scene, source_of(function))
    return h(
        "figure",
        {"class": "code-piece"},
        h("figcaption", {}, h("code", {}, f"py/{name}.py")),
        h("pre", {"class": "scroll", "tabindex": "0"}, h("code", {}, lines)),
    )


def marked(scene: Scene, source: str) -> list[Child]:
    """Lines whose hook constants light up what they name, and open it."""
    parts: list[Child] = []
    for text in WORD.split(source):
        found = CONSTANT.fullmatch(text)
        leaf = getattr(hooks, found[1], None) if found else None
        parts.append(hook_button(scene, leaf, text) if isinstance(leaf, str) else text)
    return parts


def hook_button(scene: Scene, leaf: str, written: str) -> Node:
    """A hook's constant: pointed at it lights up the hook's numbers, pressed it opens them."""
    return h(
        "button",
        {
            "type": "button",
            "class": "code-hook",
            "data-action": "show-hook",
            "data-hook": leaf,
            "data-names": leaf,
            "aria-pressed": "true" if leaf == scene.choice.hook else "false",
            "aria-label": say(scene, "code.hook_label", written=written, name=leaf),
            "title": leaf,
        },
        written,
    )
