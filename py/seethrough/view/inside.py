"""Inside a block: what each of its hooks holds of the chosen token, in the chosen head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.hooks import block_leaves, hook_name, leaf_of
from seethrough.core.sums import DIMS
from seethrough.view import slices
from seethrough.view.cell_button import cell_button
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, exact, limit, readout
from seethrough.view.pickers import layer_of
from seethrough.view.scales import symmetric_limit
from seethrough.view.strip import readout as readout_of
from seethrough.view.sums import ROLES
from seethrough.view.unrecorded import lacks_position, note
from seethrough.view.words import hook_mark, rich, say, title, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import AppState

FIELDS = ("language", "tokens", "config", "picture", "captured", "recorded", "source")
READOUT = "inside-readout"
# The pattern has a picture of its own.
LEFT_OUT = frozenset({hooks.PATTERN})


def render(state: AppState) -> str:
    """A strip for each vector on the token's way through the block; nothing before a run."""
    if state.config is None or not state.tokens:
        return ""
    names = names_of(state)
    lines = [line for name in names if (line := row(state, name)) is not None]
    return to_html(
        title(state, "page.inside.title"),
        h("p", {"class": "lead"}, lead(state)),
        "" if len(lines) == len(names) else lacking(state),
        h("div", {"class": "scroll", "tabindex": "0"}, h("ol", {"class": "inside-rows"}, lines))
        if lines
        else "",
        h("p", {"class": "note"}, say(state, "inside.scale")) if lines else "",
        readout_of(state, READOUT) if lines else "",
    )


def lead(state: AppState) -> list[Node | str]:
    """Which token, which block, which head; that numbers open, where the block's are known."""
    position = min(state.picture.position, len(state.tokens) - 1)
    told = rich(
        state,
        "inside.lead",
        token=token_mark(visible_at(state, position)),
        position=str(position),
        layer=str(layer_of(state)),
        head=str(state.picture.head),
    )
    return told if state.recorded else [*told, " ", say(state, "inside.opens")]


def names_of(state: AppState) -> list[str]:
    """The hooks of the chosen layer, in the order in which the block computes them."""
    if state.config is None:
        return []
    leaves = (leaf for leaf in block_leaves(state.config) if leaf not in LEFT_OUT)
    return [hook_name(leaf, layer_of(state)) for leaf in leaves]


def lacking(state: AppState) -> Node:
    """What is not known: a recording has no vectors of a block, a live run is being asked."""
    if state.recorded is not None:
        told = [say(state, "inside.lacking")]
        if any(lacks_position(state, position) for position in range(len(state.tokens))):
            told += [" ", say(state, "inside.lacking_tokens")]
        return note(state, *told)
    return h("p", {"class": "note", "role": "status"}, say(state, "inside.waits"))


def place_of(state: AppState, leaf: str) -> tuple[int, ...]:
    """The place of the chosen token (and head) before a hook's last axis."""
    config, at = state.config, min(state.picture.position, len(state.tokens) - 1)
    group = config.n_heads // config.n_key_value_heads if config else 1
    head = state.picture.head
    places = {"pos": at, "query_pos": at, "head": head, "kv_head": head // group}
    return tuple(places[axis] for axis in DIMS[leaf][:-1])


def row(state: AppState, name: str) -> Node | None:
    """One hook: its name and place, its numbers, how far the colours reach."""
    leaf = leaf_of(name)
    place = place_of(state, leaf)
    values = slices.values_at(state, name, place)
    if values is None:
        return None
    reach = symmetric_limit(values)
    written = f"{name}[{','.join(map(str, place))}]"
    sizes = {"n": count(len(values)), "limit": limit(reach)}
    told, words = (
        say(state, "inside.strip", name=written, **sizes),
        say(state, "inside.reach", **sizes),
    )
    kind = {"class": f"is-{ROLES.get(leaf, 'residual')}"}
    if len(values) == 1:
        number = float(values[0])
        button = cell_button(Cell(name, (*place, 0)), readout(number), exact(number))
        return h("li", kind, hook_mark(written), button)
    return h(
        "li",
        kind,
        hook_mark(written),
        h("span", {"class": "reach"}, words),
        slices.strip(name, place, values, reach=reach, label=told, told_in=READOUT),
    )
