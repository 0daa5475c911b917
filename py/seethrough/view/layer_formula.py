"""A layer as a formula: the model's own norm, positions, biases and gate, each sign with its shape.

Signs of hooks are buttons: pressed, one lights up its numbers and tells where they stand. A vector
is a row of numbers here, and stands to the left of its matrix, as in `x @ W`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seethrough.core import hooks
from seethrough.core.depth import NUMBERS
from seethrough.core.families import family_of
from seethrough.core.hooks import LEAF_DIMS, axis_sizes, hook_name
from seethrough.core.routes import Place, Route, address_of_place
from seethrough.core.weight_names import expected_dims
from seethrough.view import hook_places
from seethrough.view.hook_words import WORDS
from seethrough.view.node import Node, h
from seethrough.view.numbers import count, setting
from seethrough.view.pickers import layer_of
from seethrough.view.sums import ROLES
from seethrough.view.wants import chosen
from seethrough.view.words import hook_mark, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.config import ModelConfig
    from seethrough.view.words import Field

FIELDS = ("language", "tokens", "config", "route", "depth", "hook", "layer", "head", "position")
BLOCK = "block"
GELU_CUBED = 0.044715  # by what the cube of a number counts in GELU's short form
# A sign's name in the catalogue ("formula.sign.…") and in the formulas, and whose numbers it is.
OF_HOOKS = {
    "pre": hooks.RESID_PRE,
    "norm_first": hooks.LN1_OUT,
    "q": hooks.Q,
    "k": hooks.K,
    "v": hooks.V,
    "q_normed": hooks.Q_NORM_OUT,
    "k_normed": hooks.K_NORM_OUT,
    "q_turned": hooks.ROT_Q,
    "k_turned": hooks.ROT_K,
    "scores": hooks.SCORES,
    "weights": hooks.PATTERN,
    "z": hooks.Z,
    "attn": hooks.ATTN_OUT,
    "mid": hooks.RESID_MID,
    "norm_second": hooks.LN2_OUT,
    "gate": hooks.MLP_PRE,
    "offer": hooks.MLP_PRE_LINEAR,
    "active": hooks.MLP_POST,
    "mlp": hooks.MLP_OUT,
    "post": hooks.RESID_POST,
}
OF_WEIGHTS = {
    "w_q": "attn.W_Q",
    "w_k": "attn.W_K",
    "w_v": "attn.W_V",
    "w_o": "attn.W_O",
    "w_gate": "mlp.W_gate",
    "w_in": "mlp.W_in",
    "w_out": "mlp.W_out",
}
# The places that stand at a sign where it is made: of the token, of the one that is looked at.
SUBSCRIPTS = {"scores": "ij", "weights": "ij", "z": "i"}
# The whole layer in two lines, or in one where both halves are added at once.
WHOLE = ("attention", "mlp", "both")


class Line(NamedTuple):
    """One line: its sentence, the step inside a layer that draws it, the signs that it makes.

    `again` is a later step that needs the line once more; `weight` the matrix whose bias it may
    have.
    """

    key: str
    step: str
    made: tuple[str, ...]
    weight: str = "attn.W_Q"
    again: str = ""


def lines_of(config: ModelConfig, layer: int) -> tuple[Line, ...]:
    """What a layer of a model does, line by line; the first two are all of it in short."""
    family = family_of(config)
    normed = Line("head_norms", "qkv", ("q_normed", "k_normed"))
    turned = Line("turned", "qkv", ("q_turned", "k_turned"), again="scores")
    gated = (
        Line("gate", "expand", ("gate",), "mlp.W_gate"),
        Line("offer", "expand", ("offer",), "mlp.W_in"),
        Line("gated", "expand", ("active",)),
    )
    plain = (Line("sums", "expand", ("gate",), "mlp.W_in"), Line("plain", "expand", ("active",)))
    halves = (Line("attention", "mix", ("mid",)), Line("mlp", "contract", ("post",)))
    both = (Line("both", "contract", ("post",)),)
    return (
        *(both if family.is_parallel else halves),
        Line("norm_first", "qkv", ("norm_first",)),
        Line("query", "qkv", ("q",), "attn.W_Q"),
        Line("key", "qkv", ("k",), "attn.W_K"),
        Line("value", "qkv", ("v",), "attn.W_V"),
        *((normed,) if family.has_head_norms else ()),
        *((turned,) if turns(config, layer) else ()),
        Line("scores", "scores", ("scores",)),
        Line("weights", "weights", ("weights",)),
        Line("mixed", "mix", ("z",)),
        Line("written", "mix", ("attn",), "attn.W_O"),
        Line("norm_second", "expand", ("norm_second",)),
        *(gated if family.is_gated else plain),
        Line("out", "contract", ("mlp",), "mlp.W_out"),
    )


def turns(config: ModelConfig, layer: int) -> bool:
    """Whether a layer turns its queries and keys by their positions."""
    return family_of(config).is_rotary and config.layer(layer).is_turned


def box(scene: Scene, step: str = "") -> Node | str:
    """The formula of the chosen layer; nothing before a run.

    Args:
        step: The step inside a layer whose lines stand below the whole; "": all lines.
    """
    config = scene.run.config
    if config is None or not scene.run.tokens:
        return ""
    lines = lines_of(config, layer_of(scene))
    short = [one for one in lines if one.key in WHOLE]
    more = [one for one in lines if one not in short and step in {"", one.step, one.again}]
    # The walk's steps follow no hook: their film would be drawn anew with each.
    is_told = bool(step) and scene.depth == NUMBERS
    told = hook_places.describe_hook(scene, scene.choice.hook) if is_told else []
    opened = step == ""
    return h(
        "details",
        {
            "class": "data layer-formula",
            "id": "layer-formula-all" if opened else "layer-formula",
            "open": opened,
        },
        h("summary", {}, title_of(scene, step), " ", in_short(scene, config)),
        h("ul", {"class": "formula-lines is-whole"}, [row(scene, one, step) for one in short]),
        h("ul", {"class": "formula-lines"}, [row(scene, one, step) for one in more]),
        h("p", {"class": "note"}, rich(scene, "formula.rows")),
        h("p", {"class": "formula-told", "role": "status"}, told) if step else "",
    )


def in_short(scene: Scene, config: ModelConfig) -> Node:
    """The whole layer in one line of signs."""
    family = family_of(config)
    kind = "_after" if family.has_norms_after else "_both" if family.is_parallel else ""
    return h("code", {}, say(scene, f"formula.short{kind}"))


def title_of(scene: Scene, step: str) -> str:
    """What the box is: of a layer, or of each."""
    return say(scene, "formula.title" if step else "formula.title_all", layer=layer_of(scene))


def row(scene: Scene, line: Line, step: str) -> Node:
    """One line: the formula, the hooks that it makes, the way to where they are drawn."""
    config = scene.run.config
    assert config is not None
    fields = {**signs(scene, config, line), **letters(scene, config), **wiring(scene, config, line)}
    is_here = bool(step) and step in {line.step, line.again}
    names = [hook_mark(OF_HOOKS[name]) for name in line.made]
    return h(
        "li",
        {"class": "formula-line is-here" if is_here else "formula-line"},
        h("span", {"class": "formula"}, rich(scene, f"formula.line.{line.key}", **fields)),
        h("span", {"class": "formula-hooks"}, names),
        "" if is_here else way_to(scene, line.step),
    )


def wiring(scene: Scene, config: ModelConfig, line: Line) -> dict[str, Field]:
    """What a line goes by: the family's norm, biases, activation, what meets in a score."""
    family, layer = family_of(config), layer_of(scene)
    window = config.layer(layer).window
    return {
        "is_centred": family.norm.is_centred,
        "is_plus_one": family.norm.adds_one,
        "has_norms_after": family.has_norms_after,
        "is_turned": turns(config, layer),
        "is_normed": family.has_head_norms,
        "is_scaled": family.has_scaled_scores,
        "is_parallel": family.is_parallel,
        "n_turned": count(scene, config.n_turned),
        "n_still": count(scene, config.d_head - config.n_turned),
        "act": family.activation,
        "cubed": setting(scene, GELU_CUBED),
        "has_bias": family.has_bias(line.weight),
        "has_factors": bool(config.rotary_factors),
        "base": count(scene, round(config.rotary_base_of(layer))),
        "has_groups": config.n_group > 1,
        "has_window": window is not None,
        "window": count(scene, window or 0),
    }


def way_to(scene: Scene, step: str) -> Node:
    """To the step inside the layer that draws a line, at this token and head."""
    route = Route(BLOCK, scene.route.subject, step)
    place = Place(route, position=chosen(scene), layer=layer_of(scene), head=scene.choice.head)
    there = {"class": "formula-way", "href": address_of_place(place)}
    return h("a", there, say(scene, f"step.{step}.short"))


def letters(scene: Scene, config: ModelConfig) -> dict[str, Field]:
    """Places and sizes that stand in formulas: i, the token; j, the one looked at."""
    return {
        "i": h("sub", {}, h("code", {}, "i")),
        "j": h("sub", {}, h("code", {}, "j")),
        "h": h("sub", {}, h("code", {}, "h")),
        "ij": h("sub", {}, h("code", {}, "ij")),
        "d_head": count(scene, config.d_head),
        "n_heads": count(scene, config.n_heads),
        "n_group": count(scene, config.n_group),
        "eps": setting(scene, config.eps),
    }


def signs(scene: Scene, config: ModelConfig, line: Line) -> dict[str, Field]:
    """Every sign that a line may have; those that it makes, and matrices, tell their shapes."""
    known = hooks.block_leaves(config)
    dims, layer = expected_dims(config), layer_of(scene)
    made = {*line.made, "pre"} if line.key in {"attention", "both"} else {*line.made}
    found: dict[str, Field] = {
        name: hook_sign(scene, name, leaf, has_shape=name in made)
        for name, leaf in OF_HOOKS.items()
        if leaf in known
    }
    for name, weight in OF_WEIGHTS.items():
        whole = hook_name(weight, layer)
        if whole in dims:
            found[name] = weight_sign(scene, name, whole, dims[whole])
    return found


def hook_sign(scene: Scene, name: str, leaf: str, *, has_shape: bool) -> Node:
    """A hook's sign: pressed, it lights up what it names and tells where that is."""
    shown = say(scene, f"formula.sign.{name}")
    dims = shape_of(scene, leaf)
    whole = hook_name(leaf, layer_of(scene))
    word = say(scene, f"hook.word.{WORDS[leaf]}")
    button = h(
        "button",
        {
            "type": "button",
            "class": f"sign-button sign-{ROLES[leaf]}",
            "data-action": "show-hook",
            "data-hook": leaf,
            "data-names": leaf if scene.route.view == BLOCK else None,
            "aria-pressed": "true" if is_pressed(scene, leaf) else "false",
            "title": f"{whole} [{dims}]",
        },
        shown,
        h("span", {"class": "visually-hidden"}, " ", word),
    )
    place = SUBSCRIPTS.get(name, "") if has_shape else ""
    below = [h("sub", {}, h("code", {}, place))] if place else []
    return with_shape(button, *below, shape=dims if has_shape else "")


def is_pressed(scene: Scene, leaf: str) -> bool:
    """Whether a hook is asked for, inside a layer."""
    return scene.route.view == BLOCK and leaf == scene.choice.hook


def weight_sign(scene: Scene, name: str, whole: str, dims: tuple[int, ...]) -> Node:
    """A matrix: its name, below it how many rows and columns it has."""
    shape = times(scene, dims)
    attributes = {"class": "sign-weight", "title": f"{whole} [{shape}]"}
    return with_shape(h("span", attributes, say(scene, f"formula.sign.{name}")), shape=shape)


def with_shape(*sign: Node, shape: str) -> Node:
    """A sign, which is in no language, with its shape below it; without where it was told."""
    if not shape:
        return h("code", {"class": "sign-alone"}, *sign)
    return h(
        "code", {"class": "signed"}, h("span", {}, *sign), h("span", {"class": "shape"}, shape)
    )


def shape_of(scene: Scene, leaf: str) -> str:
    """A hook's sizes for one token of this text."""
    config = scene.run.config
    if config is None:
        return ""
    sizes = axis_sizes(config, n_pos=len(scene.run.tokens))
    axes = [axis for axis in LEAF_DIMS[leaf] if axis not in {"pos", "query_pos"}]
    return times(scene, tuple(sizes[axis] for axis in axes))


def times(scene: Scene, sizes: tuple[int, ...]) -> str:
    """Sizes as a shape: 9 × 64."""
    return " × ".join(count(scene, size) for size in sizes)
