"""The sum behind the chosen cell: its value, how it was made, and the numbers to go on to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import PROBS
from seethrough.core.families import family_of
from seethrough.core.hooks import leaf_of
from seethrough.core.length import vector_of
from seethrough.core.sums import DIMS, layer_of
from seethrough.view import sum_terms
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, exact, probability, readout
from seethrough.view.sum_terms import name_button, short_name, token_name
from seethrough.view.unrecorded import note
from seethrough.view.words import rich, say, say_message, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene, Tracing
    from seethrough.core.cell import Cell
    from seethrough.core.sums import Sum
    from seethrough.view.words import Field

ABOUT = ("language", "live_bytes", "tokens", "config", "top", "vocabulary")
FIELDS, PEEK_FIELDS = (*ABOUT, "sum"), (*ABOUT, "peek")
# Whose numbers a leaf's are, for the colour that the page gives them.
# Whose colour each number has. Every leaf has a row.
ROLES = {
    **dict.fromkeys(hooks.norm_leaves("ln1."), "residual"),
    **dict.fromkeys(hooks.norm_leaves("ln1_post."), "residual"),
    **dict.fromkeys(hooks.norm_leaves("ln2."), "residual"),
    **dict.fromkeys(hooks.norm_leaves("ln2_post."), "residual"),
    **dict.fromkeys(hooks.FINAL_LEAVES, "residual"),
    hooks.RESID_PRE: "residual",
    hooks.RESID_MID: "residual",
    hooks.RESID_POST: "residual",
    hooks.EMBED: "embedding",
    hooks.POS_EMBED: "embedding",
    hooks.Q: "query",
    **dict.fromkeys(hooks.norm_leaves("attn.q_norm."), "query"),
    hooks.ROT_Q: "query",
    hooks.K: "key",
    **dict.fromkeys(hooks.norm_leaves("attn.k_norm."), "key"),
    hooks.ROT_K: "key",
    hooks.V: "value",
    hooks.SCORES: "attention",
    hooks.PATTERN: "attention",
    hooks.Z: "attention",
    hooks.ATTN_MADE: "attention",
    hooks.ATTN_OUT: "attention",
    hooks.MLP_PRE: "feed-forward",
    hooks.MLP_PRE_LINEAR: "feed-forward",
    hooks.MLP_POST: "feed-forward",
    hooks.MLP_MADE: "feed-forward",
    hooks.MLP_OUT: "feed-forward",
    **dict.fromkeys(hooks.LOGIT_OUTPUTS, "logit"),
    PROBS: "logit",
}
SHARES = frozenset({PROBS, hooks.PATTERN})


def render(scene: Scene) -> str:
    """The panel; nothing while no number is traced."""
    tracing = scene.choice.sum
    if tracing is None:
        return ""
    return to_html(
        h(
            "section",
            {"class": classes(tracing), "aria-labelledby": "sum-title"},
            head(scene),
            trail(scene, tracing),
            h("p", {"class": "sum-name"}, full_name(tracing.cell)),
            value(scene, tracing),
            "" if tracing.message is None else message(scene, tracing),
            "" if tracing.sum is None else body(scene, tracing.sum),
        )
    )


def peek(scene: Scene) -> str:
    """A look in passing at the number that is rested on: what it is, the largest terms."""
    tracing = scene.choice.peek
    if tracing is None:
        return ""
    told = "" if tracing.message is None else say_message(scene, tracing.message)
    label = {"role": "group", "aria-label": say(scene, "sums.title")}
    return to_html(
        h(
            "div",
            {"class": f"{classes(tracing)} is-peek", **label},
            h("p", {"class": "sum-name"}, full_name(tracing.cell)),
            value(scene, tracing),
            h("p", {"class": "sum-message"}, told) if told else "",
            "" if tracing.sum is None else gist(scene, tracing.sum),
            h("p", {"class": "sum-note"}, say(scene, "sums.keep")),
        )
    )


def gist(scene: Scene, found: Sum) -> list[Node | str]:
    """A sum in short: in words where there is nothing to add, else its terms and what they give."""
    if not found.terms:
        return [words_of(scene, found)]
    return [formula_of(scene, found), *sum_terms.terms_of(scene, found)]


def classes(tracing: Tracing) -> str:
    """The panel's classes: whose number it is."""
    leaf = leaf_of(vector_of(tracing.cell.name) or tracing.cell.name)
    return f"sum-panel is-{ROLES.get(leaf, 'residual')}"


def spoken(scene: Scene) -> str:
    """What a screen reader is told when a number was chosen: its name, value and how many terms."""
    tracing = scene.choice.sum
    if tracing is None:
        return ""
    if tracing.message is not None:
        return to_html(say_message(scene, tracing.message))
    if tracing.value is None:
        return ""
    cell, written = str(tracing.cell), readout(scene, tracing.value)
    if tracing.sum is None or not tracing.sum.terms:
        return to_html(say(scene, "sums.spoken", cell=cell, value=written))
    n_terms = count(scene, sum_terms.n_terms(tracing.sum))
    return to_html(say(scene, "sums.spoken_sum", cell=cell, value=written, n_terms=n_terms))


def terms_text(scene: Scene, found: Sum) -> str:
    """How many terms there are, in words."""
    return say(scene, "sums.terms", n_terms=count(scene, sum_terms.n_terms(found)))


def head(scene: Scene) -> Node:
    """The panel's heading, which takes over the focus of what stood in it, and the way out."""
    return h(
        "div",
        {"class": "sum-head"},
        h(
            "h2",
            {"class": "aside-title", "id": "sum-title", "tabindex": "-1", "data-heir": True},
            say(scene, "sums.title"),
        ),
        h(
            "button",
            {
                "type": "button",
                "class": "tool sum-close",
                "data-action": "close-sum",
                "aria-label": say(scene, "sums.close"),
            },
            h("span", {"aria-hidden": "true"}, "×"),
        ),
    )


def full_name(cell: Cell) -> Node:
    """The cell's whole name, which may break before its place."""
    name, bracket, place = str(cell).partition("[")
    return h("code", {"class": "hook"}, name, h("wbr"), bracket + place)


def trail(scene: Scene, tracing: Tracing) -> Node | str:
    """The numbers that led here, each a way back."""
    if not tracing.trail:
        return ""
    items = [h("li", {}, name_button(cell, short_name(cell))) for cell in tracing.trail]
    label = say(scene, "sums.trail")
    return h("nav", {"class": "sum-trail", "aria-label": label}, h("ol", {}, items))


def value(scene: Scene, tracing: Tracing) -> Node | str:
    """The number itself, all digits; a share also as one."""
    if tracing.value is None:
        return ""
    written: list[Node | str] = [h("output", {}, exact(scene, tracing.value))]
    if leaf_of(tracing.cell.name) in SHARES and math.isfinite(tracing.value):
        share = probability(scene, tracing.value)
        written += [" ", h("span", {"class": "sum-share"}, share)]
    return h("p", {"class": "sum-value"}, written)


def message(scene: Scene, tracing: Tracing) -> Node:
    """Why there is no sum, or not yet."""
    told = "" if tracing.message is None else say_message(scene, tracing.message)
    if tracing.needs_model and scene.run.recorded is not None:
        return note(scene, told)
    return h("p", {"class": "sum-message"}, told)


def body(scene: Scene, found: Sum) -> list[Node | str]:
    """How the number was made: in words, as a formula, with its numbers."""
    return [
        words_of(scene, found),
        formula_of(scene, found),
        *sum_terms.listing(scene, found),
    ]


def words_of(scene: Scene, found: Sum) -> Node:
    """What a number is, in a sentence."""
    words = rich(scene, f"sums.words.{found.rule}", **facts(scene, found))
    return h("p", {"class": "sum-words"}, words)


def formula_of(scene: Scene, found: Sum) -> Node:
    """How a number is made, in signs."""
    is_turned = leaf_of(found.cell.name) == hooks.SCORES and turns_at(scene, found.cell)
    key = f"sums.formula.{found.rule}"
    formula = say(scene, key, has_bias=found.has_bias, is_turned=is_turned)
    return h("p", {"class": "sum-formula"}, h("code", {}, formula))


def turns_at(scene: Scene, cell: Cell) -> bool:
    """Whether queries and keys are turned in a number's layer."""
    config, layer = scene.run.config, layer_of(cell.name)
    if config is None or layer is None:
        return False
    return family_of(config).is_rotary and config.layer(layer).is_turned


def facts(scene: Scene, found: Sum) -> dict[str, Field]:
    """What a sentence about a number may name: its token, head, neuron, dimension, its layer."""
    axes = DIMS.get(leaf_of(found.cell.name), ())
    facts: dict[str, Field] = {
        name: written
        for axis, at in zip(axes, found.cell.index, strict=False)
        for name, written in fact(scene, axis, at)
    }
    if not axes and len(found.cell.index) > 1:
        facts["out"] = token_mark(token_name(scene, found.cell.index[1]))
    layer = layer_of(found.cell.name)
    if layer is not None:
        config = scene.run.config
        window = config.layer(layer).window if config else None
        facts |= {
            "layer": str(layer),
            "before": str(layer - 1),
            "window": count(scene, window or 0),
            "is_turned": turns_at(scene, found.cell),
        }
    return facts | {"n_terms": count(scene, sum_terms.n_terms(found))}


def fact(scene: Scene, axis: str, at: int) -> list[tuple[str, Node | str]]:
    """What a place along an axis is called in a sentence."""
    if axis in {"pos", "unembed"}:
        token = scene.run.tokens[at].id if at < len(scene.run.tokens) else at
        mark = token_mark(visible_at(scene, at))
        return [("token", mark), ("position", str(at)), ("id", count(scene, token))]
    if axis in {"query_pos", "key_pos"}:
        return [(axis.removesuffix("_pos"), token_mark(visible_at(scene, at)))]
    if axis == "d_vocab":
        return [("out", token_mark(token_name(scene, at)))]
    names = {"head": "head", "kv_head": "head", "d_mlp": "neuron"}
    return [(names.get(axis, "dim"), str(at))]


def sources(scene: Scene) -> frozenset[Cell]:
    """The numbers that the shown sum names, to be lit up wherever they stand on the page.

    A look in passing goes before what is kept.
    """
    tracing = scene.choice.peek or scene.choice.sum
    return frozenset() if tracing is None or tracing.sum is None else tracing.sum.sources
