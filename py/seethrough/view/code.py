"""The code of a step: the very lines of the numpy reference that compute it.

The tests hold that code to transformers, and the graph in the page to that code.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING

from seethrough.core import hooks, reference
from seethrough.core.depth import CODE, IDEA
from seethrough.core.families import family_of
from seethrough.view import hook_places
from seethrough.view.node import Child, Node, h, to_html
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.state import Scene
    from seethrough.core.config import ModelConfig

    Function = Callable[..., object]
    Code = Callable[[ModelConfig | None], tuple[Function, ...]]

FIELDS = (
    "language",
    "route",
    "depth",
    "config",
    "hook",
    "layer",
    "head",
    "position",
    "tokens",
    "top",
)
CONSTANT = re.compile(r"hooks\.([A-Z0-9_]+)")
WORD = re.compile(r"(hooks\.[A-Z0-9_]+)")


@cache
def source_of(function: Callable[..., object]) -> str:
    """The lines of a function, its docstring among them."""
    return inspect.getsource(function).rstrip()


def of(*functions: Function) -> Code:
    """The same functions for every family."""
    return lambda _config: functions


def of_family(part: str) -> Code:
    """What computes a part of the pass ("embed", "layers", "logits") in a model's family."""
    return lambda config: (
        reference.functions_of(family_of(config)).get(part, ()) if config is not None else ()
    )


def functions_of(scene: Scene) -> tuple[Function, ...]:
    """The functions of the present step, for the model's family."""
    return scene.step.code(scene.run.config) if scene.step is not None else ()


def render(scene: Scene) -> str:
    """The code, folded away until it is asked for; nothing where a step shows none."""
    functions = functions_of(scene)
    if not functions or scene.depth == IDEA:
        return ""
    pieces = [piece(scene, function) for function in functions]
    is_asked = scene.choice.hook in leaves_of(functions)
    told = hook_places.describe_hook(scene, scene.choice.hook) if is_asked else []
    is_open = scene.depth == CODE
    details = h(
        "details",
        {
            "class": "code",
            "id": "code-of-step-open" if is_open else "code-of-step",
            "open": is_open,
        },
        h("summary", {}, say(scene, "code.title")),
        h("p", {"class": "note"}, say(scene, "code.note")),
        h("p", {"class": "code-told", "role": "status"}, told),
        h("div", {"class": "code-pieces"}, pieces),
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
