"""Step 5: the final norm, then the last vector meets the rows of the unembedding.

A logit is a sum of products, query × row. One token is opened: its terms are told. The tokens that
the reader asks for stand below the best ones, on the same scales.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.length import length_cell, length_of
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view import logit_histogram, message, named, norm_facts, terms
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
from seethrough.view.numbers import count, exact, limit, readout, signed
from seethrough.view.price import live_button
from seethrough.view.steps.logit_film import (
    N_BEST,
    final_name,
    moments,
    opened_token,
    shots,
    timed,
)
from seethrough.view.steps.logit_sum import terms_table, the_sum
from seethrough.view.strip import common_limit, strip
from seethrough.view.strip import readout as opened_readout
from seethrough.view.unrecorded import note
from seethrough.view.wants import is_kept, of_logits
from seethrough.view.words import hook_mark, rich, say, title, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.distribution import Terms
    from seethrough.core.tokens import Candidate

__all__ = ["FIELDS", "N_BEST", "moments", "render", "wants"]

FIELDS = (
    "language",
    "tokens",
    "top",
    "config",
    "captured",
    "recorded",
    "walk_card",
    "source",
    "model",
    "asked",
    "compared",
    "asked_note",
    "live_bytes",
)
ROOMY = 700  # numbers; a longer strip leaves little room for the logit beside it
TOLD_IN = "logits-readout"


def wants(scene: Scene) -> Wants:
    """The last state, its norm, the logits behind the last token, the rows that are compared."""
    last, compared = len(scene.run.tokens) - 1, (*scene.run.top, *scene.choice.asked)
    if scene.run.config is None or last < 0:
        return NOTHING
    rows = ((ROWS, item.id) for item in compared)
    state = want([final_name(scene)], last) if is_kept(scene, last) else NOTHING
    learned = norm_facts.wants(scene, norm_facts.FINAL, None)
    return state | of_logits(scene) | want(hooks.FINAL_LEAVES, last, rows=rows) | learned


def render(scene: Scene) -> str:
    """The query, the rows that it meets, all logits; before a run what will stand here."""
    if not scene.run.tokens or not scene.run.top:
        return to_html(h("p", {"class": "lead"}, rich(scene, "logits.rest")))
    shown, whole = compared(scene, N_BEST), spread(scene)
    scales = Scales(scene, shown)
    return to_html(
        title(scene, "step.logits"),
        named.lead(scene, lead(scene)),
        comparison(scene, shown, scales),
        h("div", {"class": "under"}, opened_readout(scene, TOLD_IN), asking(scene)),
        ""
        if whole is None
        else logit_histogram.figure(scene, whole.logits, shown, timed(scene, "all", "rise")),
        legend(scene, scales),
        formula(scene),
        data(scene, shown),
    )


def formula(scene: Scene) -> Node | str:
    """The unembedding in signs with its shape, and what the final norm does before it."""
    config, last = scene.run.config, last_position(scene)
    if config is None:
        return ""
    found = norm_facts.normed_of(scene, norm_facts.FINAL, None, final_name(scene), last)
    told = rich(
        scene,
        "logits.formula",
        d_model=count(scene, config.d_model),
        d_vocab=count(scene, config.d_vocab),
        is_tied=config.tie_word_embeddings,
    )
    card = (
        []
        if found is None
        else [
            h("h3", {"class": "part-title"}, say(scene, "logits.norm.title")),
            norm_facts.card(scene, found),
        ]
    )
    return h("div", {"class": "logits-formula"}, h("p", {"class": "note"}, told), card)


def lead(scene: Scene) -> list[Node | str]:
    """What is compared with what, and whose matrix it is."""
    n_numbers = scene.run.config.d_model if scene.run.config else 0
    sentence = rich(
        scene,
        "logits.lead",
        token=token_mark(visible_at(scene, last_position(scene))),
        d_model=count(scene, n_numbers),
        d_vocab=h("b", {}, count(scene, scene.run.config.d_vocab if scene.run.config else 0)),
        best=token_mark(scene.run.top[0].visible),
        logit=h("b", {}, signed(scene, scene.run.top[0].logit)),
    )
    is_tied = scene.run.config is None or scene.run.config.tie_word_embeddings
    return [*sentence, " ", say(scene, "logits.tied" if is_tied else "logits.untied")]


def comparison(scene: Scene, shown: Sequence[Candidate], scales: Scales) -> Node:
    """The last vector, the query that the norm makes of it, and each compared token's row."""
    opened = opened_token(scene, shown)
    rows = [candidate_row(scene, item, scales, is_open=item is opened) for item in shown]
    size = " is-wide" if scene.run.config and scene.run.config.d_model > ROOMY else ""
    return h(
        "div",
        {"class": f"comparison scroll{size}", "tabindex": "0"},
        vector_row(scene, final_name(scene), "last", scales.last),
        vector_row(scene, hooks.FINAL_OUT, "query", scales.query),
        note_missing_rows(scene, opened),
        h("ol", {"class": "rivals"}, rows),
    )


class Scales:
    """The magnitudes that get full colour: one for each kind of strip, shared by all rows."""

    def __init__(self, scene: Scene, shown: Sequence[Candidate]) -> None:
        known = [terms_of(scene, item.id) for item in shown]
        self.terms = {
            item.id: found for item, found in zip(shown, known, strict=True) if found is not None
        }
        made = list(self.terms.values())
        last = scene.run.captured.row(final_name(scene), last_position(scene))
        query = query_of(scene)
        self.last = common_limit([last]) if last is not None else 1.0
        self.query = common_limit([query]) if query is not None else 1.0
        self.row = common_limit([found.row for found in made]) if made else 1.0
        self.product = common_limit([found.values for found in made]) if made else 1.0


def vector_row(scene: Scene, name: str, shot: str, reach: float) -> Node | str:
    """One vector of the last position: its name, its strip, its length."""
    position = last_position(scene)
    values = scene.run.captured.row(name, position)
    if values is None:
        return ""
    label = say(
        scene,
        f"logits.{shot}.summary",
        d_model=count(scene, values.size),
        limit=limit(scene, reach),
    )
    source = "logits-last" if shot == "query" else ""
    picture = strip(scene, name, position, reach=reach, label=label, told_in=TOLD_IN)
    move = timed(scene, shot, "fly" if source in ids(scene) else "sweep", source)
    norm = length_of(values)
    measure = cell_button(length_cell(name, position), readout(scene, norm), exact(scene, norm))
    size = rich(scene, "logits.length", length=measure)
    name_and_size = (
        h("b", {}, say(scene, f"logits.{shot}")),
        " ",
        h("span", {"class": "is-quiet"}, size),
    )
    return h(
        "div",
        {"class": f"vector-row is-{shot}", "data-part": shot},
        h("div", {"class": "row-head"}, name_and_size, how(scene, shot)),
        h("div", {"class": "row-strips", "id": f"logits-{shot}", **move}, picture),
    )


def ids(scene: Scene) -> set[str]:
    """The elements from which a flight can begin."""
    return {f"logits-{shot}" for shot in shots(scene) if shot in {"last", "query"}}


def how(scene: Scene, shot: str) -> Child:
    """Which vector it is; for the query, what the norm did."""
    if shot == "last":
        return hook_mark(final_name(scene))
    scale = scene.run.captured.row(hooks.FINAL_SCALE, last_position(scene))
    if scale is None:
        return hook_mark(hooks.FINAL_OUT)
    is_layer_norm = scene.run.config is not None and scene.run.config.normalization_type == "LN"
    key = "logits.norm.layer" if is_layer_norm else "logits.norm.rms"
    where = Cell(hooks.FINAL_SCALE, (last_position(scene), 0))
    return h(
        "span",
        {"class": "hook"},
        rich(
            scene,
            key,
            scale=cell_button(where, readout(scene, float(scale[0])), exact(scene, scale[0])),
        ),
    )


def note_missing_rows(scene: Scene, opened: Candidate) -> Node | str:
    """What is not here, said in its place."""
    if terms_of(scene, opened.id) is not None:
        return ""
    if is_coming(scene):
        return h("p", {"class": "note", "role": "status"}, say(scene, "logits.coming"))
    return note(scene, *rich(scene, "logits.missing"))


def candidate_row(scene: Scene, item: Candidate, scales: Scales, *, is_open: bool) -> Node:
    """One token: its name, its row and its terms as strips, its logit; the opened one's sum."""
    found, is_asked = scales.terms.get(item.id), item.id in {one.id for one in scene.choice.asked}
    where = Cell(hooks.LOGITS, (last_position(scene), item.id))
    number = cell_button(where, signed(scene, item.logit), exact(scene, item.logit))
    strips: Child = ""
    names: Child = ""
    total: Child = ""
    if found is not None:
        strips = pair(scene, item, found, scales, is_open=is_open)
    if found is not None and is_open:
        place = timed(scene, "sum", "rise")
        names, total = strip_names(scene), the_sum(scene, item, found, place)
    classes = ("rival", "is-open" if is_open else "", "is-asked" if is_asked else "")
    named = timed(scene, "row" if is_open else "others", "rise")
    told = timed(scene, "sum" if is_open else "others", "rise")
    return h(
        "li",
        {"class": " ".join(filter(None, classes))},
        h("div", {"class": "row-head", **named}, name_button(scene, item, is_open=is_open), names),
        h("div", {"class": "row-strips", "data-part": "row" if is_open else None}, strips),
        h("div", {"class": "row-number", "data-part": "logit", **told}, number),
        total,
    )


def name_button(scene: Scene, item: Candidate, *, is_open: bool) -> Node:
    """The token: choosing it tells its terms."""
    return h(
        "button",
        {
            "type": "button",
            "class": "chip is-rival is-selected" if is_open else "chip is-rival",
            "data-action": "compare-token",
            "data-id": str(item.id),
            "aria-pressed": "true" if is_open else "false",
            "title": say(scene, "logits.open", id=item.id),
        },
        h("bdi", {"class": "chip-text"}, item.visible),
        h("span", {"class": "chip-note"}, str(item.id)),
    )


def strip_names(scene: Scene) -> Node:
    """Which strip is which, at the opened token."""
    names = [h("span", {}, say(scene, f"logits.{name}")) for name in ("row", "product")]
    return h("div", {"class": "strip-names"}, names)


def pair(
    scene: Scene, item: Candidate, found: Terms, scales: Scales, *, is_open: bool
) -> list[Node]:
    """A token's row and, under it, the terms."""
    row_label = say(scene, "logits.row.summary", token=item.visible, limit=limit(scene, scales.row))
    row = strip(scene, ROWS, item.id, reach=scales.row, label=row_label, told_in=TOLD_IN)
    terms_label = say(
        scene,
        "logits.product.summary",
        token=item.visible,
        n_agreeing=count(scene, found.n_agreeing),
        n_terms=count(scene, found.values.size),
        limit=limit(scene, scales.product),
    )
    product = terms.strip(found, item.id, reach=scales.product, label=terms_label, told_in=TOLD_IN)
    first, then = ("row", "product") if is_open else ("others", "others")
    source = "logits-query" if "query" in shots(scene) else ""
    return [
        h("div", timed(scene, first, "sweep"), row),
        h("div", timed(scene, then, "fly" if source else "sweep", source), product),
    ]


def asking(scene: Scene) -> Node:
    """Where the reader asks for a token of their own, and what is to be said of the last one."""
    told: Child = ""
    if scene.choice.asked_note is not None:
        told = message.sentence(scene, scene.choice.asked_note, "is-notice")
    needs_model = (
        scene.choice.asked_note is not None and scene.choice.asked_note.key == "asked.no_model"
    )
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
        h("label", {"for": "ask-text"}, say(scene, "logits.ask")),
        h("input", field),
        h(
            "button",
            {"type": "submit", "class": "button", "data-action": "ask-token"},
            say(scene, "logits.ask.button"),
        ),
        h("div", {"class": "asked-note", "role": "status"}, told),
        live_button(scene) if needs_model else "",
    )


def legend(scene: Scene, scales: Scales) -> Node:
    """The scales of the strips."""
    reaches = {
        "last": scales.last,
        "query": scales.query,
        "row": scales.row,
        "product": scales.product,
    }
    told = {name: limit(scene, reach) for name, reach in reaches.items()}
    key = "logits.scale" if scales.terms else "logits.scale_few"
    return h("p", {"class": "note scale"}, say(scene, key, **told))


def data(scene: Scene, shown: Sequence[Candidate]) -> Node | str:
    """The opened token's terms, all of them, and the histogram's bins."""
    opened, whole = opened_token(scene, shown), spread(scene)
    found = terms_of(scene, opened.id)
    if found is None and whole is None:
        return ""
    return folded(
        scene,
        "logits-data",
        say(scene, "logits.table"),
        lambda: [
            "" if found is None else terms_table(scene, opened, found),
            "" if whole is None else logit_histogram.table(scene, whole.logits),
        ],
    )
