"""Where the numbers of a hook are seen, how many there are, and which one stands for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.hooks import OUTSIDE_BLOCKS, axis_sizes, hook_name
from seethrough.core.routes import STEPS, address_of
from seethrough.core.sums import DIMS
from seethrough.view.node import Child, Node, h
from seethrough.view.words import hook_mark, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState

# Leaf -> the step whose picture has it; every other one is inside the block.
STEP_OF = {
    hooks.EMBED: "embed",
    hooks.POS_EMBED: "embed",
    hooks.RESID_PRE: "layers",
    hooks.RESID_MID: "layers",
    hooks.RESID_POST: "layers",
    hooks.ATTN_OUT: "layers",
    hooks.MLP_OUT: "layers",
    hooks.FINAL_SCALE: "logits",
    hooks.FINAL_OUT: "logits",
    hooks.LOGITS: "logits",
    hooks.LOGSUMEXP: "softmax",
}
BLOCK = "block"


def is_drawn(state: AppState, leaf: str) -> bool:
    """Whether the present step's picture has a hook."""
    return STEP_OF.get(leaf, BLOCK) == state.route.step


def name_here(state: AppState, leaf: str) -> str:
    """A leaf's full name, of the chosen layer where every layer has one."""
    return hook_name(leaf, None if leaf in OUTSIDE_BLOCKS else state.picture.layer)


def cell_here(state: AppState, leaf: str) -> Cell | None:
    """The number that stands for a hook: the chosen token's (and head's) first one."""
    config, picture = state.config, state.picture
    if config is None or not state.tokens or leaf not in DIMS:
        return None
    last = len(state.tokens) - 1
    at = min(picture.position, last)
    group = config.n_heads // config.n_key_value_heads
    places = {
        "pos": at,
        "query_pos": at,
        "key_pos": at,
        "head": picture.head,
        "kv_head": picture.head // group,
        "unembed": last,
        "d_vocab": state.top[0].id if state.top else 0,
    }
    return Cell(name_here(state, leaf), tuple(places.get(axis, 0) for axis in DIMS[leaf]))


def told(state: AppState, leaf: str) -> list[Child]:
    """What a hook holds for this input, and where it is seen."""
    config = state.config
    if config is None or leaf not in DIMS:
        return []
    sizes = axis_sizes(config, n_pos=len(state.tokens))
    dims = " \u00d7 ".join(f"{axis} {sizes[axis]}" for axis in DIMS[leaf])
    held = rich(
        state,
        "code.hook",
        name=hook_mark(name_here(state, leaf)),
        dims=h("code", {"class": "hook"}, dims),
    )
    if is_drawn(state, leaf):
        return [*held, " ", say(state, "code.hook_here")]
    return [*held, " ", rich(state, "code.hook_there", place=link(state, leaf))]


def link(state: AppState, leaf: str) -> Node:
    """The way to where a hook is seen."""
    step = STEP_OF.get(leaf, BLOCK)
    if step == BLOCK:
        words = say(state, "code.hook_block", layer=state.picture.layer)
        return h("a", {"href": address_of(replace(state.route, view=BLOCK, step=""))}, words)
    words = say(state, "code.hook_step", number=STEPS.index(step) + 1)
    return h("a", {"href": address_of(replace(state.route, step=step))}, words)
