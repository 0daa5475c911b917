"""Inside a block: what each of its hooks holds of the chosen token, in the chosen head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.hooks import block_leaves, hook_name, leaf_of
from seethrough.core.insides import inside_part
from seethrough.core.sums import DIMS
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view import slices
from seethrough.view.block.clipped import beyond
from seethrough.view.cell_button import cell_button
from seethrough.view.hook_words import WORDS
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, exact, limit, readout
from seethrough.view.pickers import layer_of
from seethrough.view.scales import symmetric_limit
from seethrough.view.strip import readout as readout_of
from seethrough.view.sums import ROLES
from seethrough.view.unrecorded import inside_layers, lacks_inside_at, lacks_position, note, spans
from seethrough.view.wants import chosen, is_kept
from seethrough.view.words import hook_mark, rich, say, title, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene

FIELDS = (
    "language",
    "tokens",
    "config",
    "layer",
    "head",
    "position",
    "captured",
    "recorded",
    "source",
    "live_bytes",
    "walk_card",
    "missing",
    "asked_layer",
)
READOUT = "inside-readout"
# The pattern has a picture of its own.
LEFT_OUT = frozenset({hooks.PATTERN})


def wants(scene: Scene) -> Wants:
    """Every hook of the chosen layer, at the chosen token."""
    position = chosen(scene)
    if scene.run.config is None or not is_kept(scene, position):
        return NOTHING
    layer = layer_of(scene)
    names = (hook_name(leaf, layer) for leaf in block_leaves(scene.run.config))
    return want(names, position)


def render(scene: Scene) -> str:
    """A strip for each vector on the token's way through the block; nothing before a run."""
    if scene.run.config is None or not scene.run.tokens:
        return ""
    names = names_of(scene)
    lines = [line for name in names if (line := row(scene, name)) is not None]
    return to_html(
        title(scene, "page.inside.title"),
        h("p", {"class": "lead"}, lead(scene)),
        "" if len(lines) == len(names) else lacking(scene),
        h("div", {"class": "scroll", "tabindex": "0"}, h("ol", {"class": "inside-rows"}, lines))
        if lines
        else "",
        scale(scene, names) if lines else "",
        readout_of(scene, READOUT) if lines else "",
    )


def scale(scene: Scene, names: list[str]) -> Node:
    """The colours in words, and what they do not reach."""
    places = [(name, place_of(scene, leaf_of(name))) for name in names]
    known = [(name, at, slices.values_at(scene, name, at)) for name, at in places]
    strips = [
        (f"{name}[{','.join(map(str, at))}", values)
        for name, at, values in known
        if values is not None and len(values) > 1
    ]
    return h("p", {"class": "note"}, say(scene, "inside.scale"), " ", beyond(scene, strips))


def lead(scene: Scene) -> list[Node | str]:
    """Which token, which block, which head; that numbers open, where the block's are known."""
    position = min(scene.choice.position, len(scene.run.tokens) - 1)
    told = rich(
        scene,
        "inside.lead",
        token=token_mark(visible_at(scene, position)),
        position=str(position),
        layer=str(layer_of(scene)),
        head=str(scene.choice.head),
    )
    return told if scene.run.recorded else [*told, " ", say(scene, "inside.opens")]


def names_of(scene: Scene) -> list[str]:
    """The hooks of the chosen layer, in the order in which the block computes them."""
    if scene.run.config is None:
        return []
    leaves = (leaf for leaf in block_leaves(scene.run.config) if leaf not in LEFT_OUT)
    return [hook_name(leaf, layer_of(scene)) for leaf in leaves]


def lacking(scene: Scene) -> Node:
    """What is not known, with the way to it; or that it is on its way."""
    if scene.run.recorded is None:
        return h("p", {"class": "note", "role": "status"}, say(scene, "inside.waits"))
    asked = scene.choice.asked_layer
    layer, recorded = layer_of(scene) if asked is None else asked, inside_layers(scene)
    if layer in recorded and not scene.run.captured.has(hook_name(hooks.Q, layer)):
        if inside_part(layer) in scene.run.missing:
            return note(scene, say(scene, "inside.missing", layer=layer))
        told = say(scene, "inside.comes", layer=layer)
        return h("p", {"class": "note", "role": "status"}, told)
    return note(scene, *why_lacking(scene, layer, recorded))


def why_lacking(scene: Scene, layer: int, recorded: tuple[int, ...]) -> list[Node | str]:
    """What the recording has not: insides, this layer's, this token's, or only the weights."""
    if not recorded:
        told: list[Node | str] = [say(scene, "inside.lacking")]
        if any(lacks_position(scene, position) for position in range(len(scene.run.tokens))):
            told += [" ", say(scene, "inside.lacking_tokens")]
        return told
    if layer not in recorded:
        layers = spans(scene, recorded)
        return [say(scene, "inside.lacking_layer", layer=layer, layers=layers)]
    if lacks_inside_at(scene, layer, chosen(scene)):
        token = token_mark(visible_at(scene, chosen(scene)))
        return rich(scene, "inside.lacking_token", token=token, layer=str(layer))
    return [say(scene, "inside.lacking_weights")]


def place_of(scene: Scene, leaf: str) -> tuple[int, ...]:
    """The place of the chosen token (and head) before a hook's last axis."""
    config, at = scene.run.config, min(scene.choice.position, len(scene.run.tokens) - 1)
    group = config.n_heads // config.n_key_value_heads if config else 1
    head = scene.choice.head
    places = {"pos": at, "query_pos": at, "head": head, "kv_head": head // group}
    return tuple(places[axis] for axis in DIMS[leaf][:-1])


def row(scene: Scene, name: str) -> Node | None:
    """One hook: its name and place, its numbers, how far the colours reach."""
    leaf = leaf_of(name)
    place = place_of(scene, leaf)
    values = slices.values_at(scene, name, place)
    if values is None:
        return None
    reach = symmetric_limit(values)
    written = f"{name}[{','.join(map(str, place))}]"
    sizes = {"n": count(scene, len(values)), "limit": limit(scene, reach)}
    told, words = (
        say(scene, "inside.strip", name=written, **sizes),
        say(scene, "inside.reach", **sizes),
    )
    kind = {"class": f"is-{ROLES.get(leaf, 'residual')}"}
    what = say(scene, f"hook.word.{WORDS[leaf]}") if leaf in WORDS else ""
    named = h("span", {"class": "inside-name"}, what, " ", hook_mark(written))
    if len(values) == 1:
        number = float(values[0])
        button = cell_button(Cell(name, (*place, 0)), readout(scene, number), exact(scene, number))
        return h("li", kind, named, button)
    return h(
        "li",
        kind,
        named,
        h("span", {"class": "reach"}, words),
        slices.strip(name, place, values, reach=reach, label=told, told_in=READOUT),
    )
