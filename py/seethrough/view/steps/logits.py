"""Step 5: the final norm, then the last vector meets the rows of the unembedding.

A logit is a sum of products, query × row. One token is opened: its terms are told. The tokens that
the reader asks for stand below the best ones, on the same scales.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.hooks import hook_name
from seethrough.core.length import length_cell, length_of
from seethrough.view import logit_histogram, message, named, terms
from seethrough.view.cell_button import cell_button
from seethrough.view.folded import folded
from seethrough.view.logit_facts import (
    ROWS,
    compared,
    is_coming,
    last_position,
    query_of,
    spread,
    terms_of,
)
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import cell, count, exact, limit, readout, signed
from seethrough.view.steps.logit_sum import terms_table, the_sum
from seethrough.view.strip import common_limit, strip
from seethrough.view.strip import readout as opened_readout
from seethrough.view.unrecorded import note
from seethrough.view.words import action_button, hook_mark, rich, say, title, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState
    from seethrough.core.distribution import Terms
    from seethrough.core.tokens import Candidate

FIELDS = (
    "language",
    "tokens",
    "top",
    "config",
    "captured",
    "recorded",
    "recordings",
    "source",
    "model",
    "asked",
    "compared",
    "asked_note",
)
N_BEST = 5
ROOMY = 700  # numbers; a longer strip leaves little room for the logit beside it
TOLD_IN = "logits-readout"


def render(state: AppState) -> str:
    """The query, the rows that it meets, all logits; before a run what will stand here."""
    if not state.tokens or not state.top:
        return to_html(h("p", {"class": "lead"}, say(state, "logits.rest")))
    shown, whole = compared(state, N_BEST), spread(state)
    scales = Scales(state, shown)
    return to_html(
        title(state, "step.logits"),
        named.lead(state, lead(state)),
        comparison(state, shown, scales),
        h("div", {"class": "under"}, opened_readout(state, TOLD_IN), asking(state)),
        ""
        if whole is None
        else logit_histogram.figure(state, whole.logits, shown, timed(state, "all", "rise")),
        legend(state, scales),
        data(state, shown),
    )


def lead(state: AppState) -> list[Node | str]:
    """What is compared with what, and whose matrix it is."""
    n_numbers = state.config.d_model if state.config else 0
    sentence = rich(
        state,
        "logits.lead",
        token=token_mark(visible_at(state, last_position(state))),
        d_model=count(n_numbers),
        d_vocab=h("b", {}, count(state.config.d_vocab if state.config else 0)),
        best=token_mark(state.top[0].visible),
        logit=h("b", {}, signed(state.top[0].logit)),
    )
    is_tied = state.config is None or state.config.tie_word_embeddings
    return [*sentence, " ", say(state, "logits.tied" if is_tied else "logits.untied")]


def opened_token(state: AppState, shown: Sequence[Candidate]) -> Candidate:
    """The token whose terms are told: the chosen one where it is shown, else the best."""
    return next((item for item in shown if item.id == state.compared), shown[0])


def final_name(state: AppState) -> str:
    """The hook of what leaves the last block."""
    return hook_name(hooks.RESID_POST, (state.config.n_layers if state.config else 1) - 1)


def scenes(state: AppState) -> tuple[str, ...]:
    """The moments of the film, as far as their numbers are here."""
    if not state.tokens or not state.top:
        return ()
    names = []
    if state.captured.row(final_name(state), last_position(state)) is not None:
        names.append("last")
    if query_of(state) is not None:
        names.append("query")
    shown = compared(state, N_BEST)
    if terms_of(state, opened_token(state, shown).id) is not None:
        names += ["row", "product", "sum"]
    if len(shown) > 1:
        names.append("others")
    return (*names, "all") if spread(state) is not None else tuple(names)


def timed(state: AppState, scene: str, move: str, source: str = "") -> Attributes:
    """The place in the film of what enters at a moment; nothing where the film lacks it."""
    known = scenes(state)
    if scene not in known:
        return {}
    place: dict[str, str] = {"data-at": str(known.index(scene)), "data-move": move}
    return {**place, "data-from": source} if source else place


def comparison(state: AppState, shown: Sequence[Candidate], scales: Scales) -> Node:
    """The last vector, the query that the norm makes of it, and each compared token's row."""
    opened = opened_token(state, shown)
    rows = [candidate_row(state, item, scales, is_open=item is opened) for item in shown]
    size = " is-wide" if state.config and state.config.d_model > ROOMY else ""
    return h(
        "div",
        {"class": f"comparison scroll{size}", "tabindex": "0"},
        vector_row(state, final_name(state), "last", scales.last),
        vector_row(state, hooks.FINAL_OUT, "query", scales.query),
        missing(state, opened),
        h("ol", {"class": "rivals"}, rows),
    )


class Scales:
    """The magnitudes that get full colour: one for each kind of strip, shared by all rows."""

    def __init__(self, state: AppState, shown: Sequence[Candidate]) -> None:
        known = [terms_of(state, item.id) for item in shown]
        self.terms = {
            item.id: found for item, found in zip(shown, known, strict=True) if found is not None
        }
        made = list(self.terms.values())
        last = state.captured.row(final_name(state), last_position(state))
        query = query_of(state)
        self.last = common_limit([last]) if last is not None else 1.0
        self.query = common_limit([query]) if query is not None else 1.0
        self.row = common_limit([found.row for found in made]) if made else 1.0
        self.product = common_limit([found.values for found in made]) if made else 1.0


def vector_row(state: AppState, name: str, scene: str, reach: float) -> Node | str:
    """One vector of the last position: its name, its strip, its length."""
    position = last_position(state)
    values = state.captured.row(name, position)
    if values is None:
        return ""
    label = say(state, f"logits.{scene}.summary", d_model=count(values.size), limit=limit(reach))
    source = "logits-last" if scene == "query" else ""
    picture = strip(state, name, position, reach=reach, label=label, told_in=TOLD_IN)
    move = timed(state, scene, "fly" if source in ids(state) else "sweep", source)
    norm = length_of(values)
    measure = cell_button(length_cell(name, position), readout(norm), exact(norm))
    size = rich(state, "logits.length", length=measure)
    name_and_size = (
        h("b", {}, say(state, f"logits.{scene}")),
        " ",
        h("span", {"class": "is-quiet"}, size),
    )
    return h(
        "div",
        {"class": f"vector-row is-{scene}", "data-part": scene},
        h("div", {"class": "row-head"}, name_and_size, how(state, scene)),
        h("div", {"class": "row-strips", "id": f"logits-{scene}", **move}, picture),
    )


def ids(state: AppState) -> set[str]:
    """The elements from which a flight can begin."""
    return {f"logits-{scene}" for scene in scenes(state) if scene in {"last", "query"}}


def how(state: AppState, scene: str) -> Child:
    """Which vector it is; for the query, what the norm did."""
    if scene == "last":
        return hook_mark(final_name(state))
    scale = state.captured.row(hooks.FINAL_SCALE, last_position(state))
    if scale is None:
        return hook_mark(hooks.FINAL_OUT)
    is_layer_norm = state.config is not None and state.config.normalization_type == "LN"
    key = "logits.norm.layer" if is_layer_norm else "logits.norm.rms"
    where = Cell(hooks.FINAL_SCALE, (last_position(state), 0))
    return h(
        "span",
        {"class": "hook"},
        rich(state, key, scale=cell_button(where, readout(float(scale[0])), exact(scale[0]))),
    )


def missing(state: AppState, opened: Candidate) -> Node | str:
    """What is not here, said in its place."""
    if terms_of(state, opened.id) is not None:
        return ""
    if is_coming(state):
        return h("p", {"class": "note", "role": "status"}, say(state, "logits.coming"))
    return note(state, say(state, "logits.missing"))


def candidate_row(state: AppState, item: Candidate, scales: Scales, *, is_open: bool) -> Node:
    """One token: its name, its row and its terms as strips, its logit; the opened one's sum."""
    found, is_asked = scales.terms.get(item.id), item.id in {one.id for one in state.asked}
    where = Cell(hooks.LOGITS, (last_position(state), item.id))
    number = cell_button(where, signed(item.logit), exact(item.logit))
    strips: Child = ""
    names: Child = ""
    total: Child = ""
    if found is not None:
        strips = pair(state, item, found, scales, is_open=is_open)
    if found is not None and is_open:
        place = timed(state, "sum", "rise")
        names, total = strip_names(state), the_sum(state, item, found, place)
    classes = ("rival", "is-open" if is_open else "", "is-asked" if is_asked else "")
    named = timed(state, "row" if is_open else "others", "rise")
    told = timed(state, "sum" if is_open else "others", "rise")
    return h(
        "li",
        {"class": " ".join(filter(None, classes))},
        h("div", {"class": "row-head", **named}, name_button(state, item, is_open=is_open), names),
        h("div", {"class": "row-strips", "data-part": "row" if is_open else None}, strips),
        h("div", {"class": "row-number", "data-part": "logit", **told}, number),
        total,
    )


def name_button(state: AppState, item: Candidate, *, is_open: bool) -> Node:
    """The token: choosing it tells its terms."""
    return h(
        "button",
        {
            "type": "button",
            "class": "chip is-rival is-selected" if is_open else "chip is-rival",
            "data-action": "compare-token",
            "data-id": str(item.id),
            "aria-pressed": "true" if is_open else "false",
            "title": say(state, "logits.open", id=item.id),
        },
        h("bdi", {"class": "chip-text"}, item.visible),
        h("span", {"class": "chip-note"}, str(item.id)),
    )


def strip_names(state: AppState) -> Node:
    """Which strip is which, at the opened token."""
    names = [h("span", {}, say(state, f"logits.{name}")) for name in ("row", "product")]
    return h("div", {"class": "strip-names"}, names)


def pair(
    state: AppState, item: Candidate, found: Terms, scales: Scales, *, is_open: bool
) -> list[Node]:
    """A token's row and, under it, the terms."""
    row_label = say(state, "logits.row.summary", token=item.visible, limit=limit(scales.row))
    row = strip(state, ROWS, item.id, reach=scales.row, label=row_label, told_in=TOLD_IN)
    terms_label = say(
        state,
        "logits.product.summary",
        token=item.visible,
        n_agreeing=count(found.n_agreeing),
        n_terms=count(found.values.size),
        limit=limit(scales.product),
    )
    product = terms.strip(found, item.id, reach=scales.product, label=terms_label, told_in=TOLD_IN)
    first, then = ("row", "product") if is_open else ("others", "others")
    source = "logits-query" if "query" in scenes(state) else ""
    return [
        h("div", timed(state, first, "sweep"), row),
        h("div", timed(state, then, "fly" if source else "sweep", source), product),
    ]


def asking(state: AppState) -> Node:
    """Where the reader asks for a token of their own, and what is to be said of the last one."""
    told: Child = ""
    if state.asked_note is not None:
        told = message.sentence(state, state.asked_note, "is-notice")
    needs_model = state.asked_note is not None and state.asked_note.key == "asked.no_model"
    field: Attributes = {
        "type": "text",
        "id": "ask-text",
        "name": "text",
        "maxlength": "100",
        "spellcheck": "false",
        "autocapitalize": "off",
        "dir": "auto",
    }
    return h(
        "form",
        {"id": "ask-form", "class": "asking", "autocomplete": "off", "data-cleared": True},
        h("label", {"for": "ask-text"}, say(state, "logits.ask")),
        h("input", field),
        h(
            "button",
            {"type": "submit", "class": "button", "data-action": "ask-token"},
            say(state, "logits.ask.button"),
        ),
        h("div", {"class": "asked-note", "role": "status"}, told),
        action_button(state, "live", "source.run") if needs_model else "",
    )


def legend(state: AppState, scales: Scales) -> Node:
    """The scales of the strips."""
    reaches = {
        "last": scales.last,
        "query": scales.query,
        "row": scales.row,
        "product": scales.product,
    }
    told = {name: limit(reach) for name, reach in reaches.items()}
    key = "logits.scale" if scales.terms else "logits.scale_few"
    return h("p", {"class": "note scale"}, say(state, key, **told))


def data(state: AppState, shown: Sequence[Candidate]) -> Node | str:
    """The opened token's terms, all of them, and the histogram's bins."""
    opened, whole = opened_token(state, shown), spread(state)
    found = terms_of(state, opened.id)
    if found is None and whole is None:
        return ""
    return folded(
        state,
        "logits-data",
        say(state, "logits.table"),
        lambda: [
            "" if found is None else terms_table(state, opened, found),
            "" if whole is None else logit_histogram.table(state, whole.logits),
        ],
    )


def moments(state: AppState) -> Sequence[Child]:
    """A sentence for each moment of the film, with this input's own tokens and numbers."""
    return tuple(told(state, scene) for scene in scenes(state))


def told(state: AppState, scene: str) -> Child:
    """The sentence of one moment."""
    shown, whole = compared(state, N_BEST), spread(state)
    opened = opened_token(state, shown)
    found, config = terms_of(state, opened.id), state.config
    rivals = [item for item in shown if item is not opened]
    fields: dict[str, Node | str] = {
        "token": token_mark(visible_at(state, last_position(state))),
        "n_layers": count(config.n_layers if config else 0),
        "d_model": count(config.d_model if config else 0),
        "d_vocab": count(config.d_vocab if config else 0),
        "best": token_mark(opened.visible),
        "id": str(opened.id),
        "logit": signed(opened.logit),
    }
    if scene == "others":
        fields |= {"rival": token_mark(rivals[0].visible), "rival_logit": signed(rivals[0].logit)}
    if scene in {"product", "sum"} and found is not None:
        fields |= {
            "n_agreeing": count(found.n_agreeing),
            "gains": signed(found.gains),
            "losses": cell(found.losses),
        }
    if scene == "all" and whole is not None:
        fields |= {"mean": cell(float(whole.logits.mean())), "rank": count(whole.rank(opened.id))}
    return rich(state, f"logits.film.{scene}", **fields)
