"""How true the numbers are: the report that the build carries, in sentences, then in tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.fidelity import BLOCKS, YARDSTICK
from seethrough.core.routes import FIDELITY, Route, address_of
from seethrough.view import fidelity_picture, fidelity_tables
from seethrough.view.fidelity_tables import mode_name, per_cent
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import INFINITY, count
from seethrough.view.words import action_button, hook_mark, page_title, rich, say, say_message

if TYPE_CHECKING:
    from seethrough.app.state import AppState, ModelCard
    from seethrough.core.fidelity import Fidelity, Measure
    from seethrough.view.node import Slot

FIELDS = ("language", "proof", "models", "unfolded")
COMMAND = "python3 -m export.stages.fidelity --models MODEL"
SAVES = ("csv", "json")


def frame(state: AppState, slot: Slot) -> list[Node]:
    """The question, and all that depends on the report."""
    return [page_title(state, "fidelity.title"), slot("proof")]


def render(state: AppState) -> str:
    """The report of the asked model; or why there is none."""
    proof = state.site.proof
    if proof.stage == "ready" and proof.report is not None:
        told: list[Node | str] = ready(state, proof.report)
    elif proof.stage == "none":
        told = without(state)
    elif proof.stage == "failed" and proof.error is not None:
        more = {"class": "button is-primary"}
        error = h("p", {"class": "message is-error"}, say_message(state, proof.error))
        told = [error, h("p", {}, action_button(state, "prove-again", "view.status.retry", more))]
    else:
        told = [h("p", {"class": "note"}, say(state, "fidelity.loading"))]
    return to_html(models(state), *told, beside(state))


def models(state: AppState) -> Node | str:
    """The ways to the other models' reports; nothing where there is one model."""
    known = state.site.models
    if len(known) < 2:  # noqa: PLR2004 - a choice is of two at least
        return ""
    label = say(state, "fidelity.models")
    links = [h("li", {}, model_link(state, card)) for card in known]
    return h("nav", {"aria-label": label}, h("ul", {"class": "fidelity-models"}, links))


def model_link(state: AppState, card: ModelCard) -> Node:
    """The report of one model."""
    is_here = "page" if card.id == state.site.proof.model else None
    link = {"class": "tool", "href": page_of(card.id), "aria-current": is_here}
    return h("a", link, card.title)


def page_of(model_id: str) -> str:
    """The address of a model's report."""
    return address_of(Route(FIDELITY, model_id))


def card_of(state: AppState) -> ModelCard | None:
    """The model whose report is shown."""
    return next((one for one in state.site.models if one.id == state.site.proof.model), None)


def name_of(state: AppState) -> str:
    """Its title."""
    card = card_of(state)
    return card.title if card else state.site.proof.model


def without(state: AppState) -> list[Node | str]:
    """That nobody measured these files, and how to."""
    command = h("code", {"class": "command", "dir": "ltr"}, COMMAND)
    return [
        h("p", {"class": "page-lead"}, say(state, "fidelity.none", model=name_of(state))),
        h("p", {"class": "note"}, say(state, "fidelity.none_how")),
        h("p", {}, command),
    ]


def ready(state: AppState, report: Fidelity) -> list[Node | str]:
    """Sentences first, then a table of the modes, a picture of the hooks, the languages, all."""
    return [
        h("p", {"class": "page-lead"}, lead(state, report)),
        h("div", {"class": "fidelity-cards"}, [card(state, report, one) for one in modes(report)]),
        h("p", {"class": "fidelity-source"}, source(state, report)),
        section(state, "modes", fidelity_tables.modes(state, report)),
        section(state, "hooks", fidelity_picture.render(state, report)),
        section(state, "texts", *by_texts(state, report)),
        section(state, "all", everything(state, report)),
        section(state, "how", how(state, report)),
    ]


def modes(report: Fidelity) -> tuple[Measure, ...]:
    """What the page can run."""
    return tuple(one for one in report.measures if one.name != YARDSTICK)


def by_texts(state: AppState, report: Fidelity) -> list[Node]:
    """A table of the languages for each mode."""
    found: list[Node] = []
    for one in modes(report):
        found += [
            h("h3", {"class": "fidelity-mode"}, mode_name(state, one.name)),
            fidelity_tables.texts(state, report, one),
        ]
    return found


def section(state: AppState, name: str, *parts: Node | str | list[Node]) -> Node:
    """A part of the report: its heading, a sentence, what it has."""
    return h(
        "section",
        {"class": f"fidelity-part is-{name}"},
        h("h2", {"class": "section-title"}, say(state, f"fidelity.{name}.title")),
        h("p", {"class": "fidelity-lead"}, rich(state, f"fidelity.{name}.lead")),
        *parts,
    )


def lead(state: AppState, report: Fidelity) -> str:
    """What was compared."""
    n_texts, n_tokens = count(state, report.n_passages), count(state, report.n_positions)
    name = name_of(state)
    return say(state, "fidelity.lead", model=name, n_texts=n_texts, n_tokens=n_tokens)


def card(state: AppState, report: Fidelity, measure: Measure) -> Node:
    """The answer for one mode: how many first choices are the same, and what moved at most."""
    is_all = measure.n_same == report.n_positions
    said = say(
        state,
        "fidelity.same_all" if is_all else "fidelity.same",
        n_tokens=count(state, report.n_positions),
        n_same=count(state, measure.n_same),
    )
    return h(
        "section",
        {"class": "fidelity-card"},
        h("h2", {"class": "fidelity-mode"}, mode_name(state, measure.name)),
        h("p", {"class": "fidelity-said"}, said),
        h(
            "p",
            {"class": "note"},
            say(state, "fidelity.moved", share=per_cent(state, measure.share)),
        ),
        h("p", {"class": "note"}, beside_yardstick(state, report, measure)),
    )


def beside_yardstick(state: AppState, report: Fidelity, measure: Measure) -> list[Node | str]:
    """Whether a mode is further off, on average, than float32 itself."""
    plain = report.measure(YARDSTICK)
    if plain is None:
        return []
    own, usual = measure.divergence.mean, plain.divergence.mean
    if own <= usual:
        return rich(state, "fidelity.within")
    times = count(state, round(float(f"{own / usual:.2g}"))) if usual else INFINITY
    return rich(state, "fidelity.beyond", times=times)


def source(state: AppState, report: Fidelity) -> list[Node | str]:
    """What the numbers are compared with, and whether the weights are the very same."""
    known = card_of(state)
    origin = known.origin if known else ""
    if report.source == BLOCKS:
        told = say(state, "fidelity.source.blocks", origin=origin)
    else:
        told = say(state, "fidelity.source.floats", origin=origin)
    return [told, " ", *kept(state, report)]


def kept(state: AppState, report: Fidelity) -> list[Node | str]:
    """How many weights are the source's to the last bit."""
    n_numbers, n_tables = count(state, report.n_numbers), count(state, report.n_tensors)
    if not report.tensors:
        return [say(state, "fidelity.kept", n_numbers=n_numbers, n_tables=n_tables)]
    worst = report.tensors[0]
    return rich(
        state,
        "fidelity.rounded",
        n_differ=count(state, len(report.tensors)),
        n_tables=n_tables,
        name=hook_mark(worst.name),
        share=per_cent(state, worst.share),
    )


def everything(state: AppState, report: Fidelity) -> list[Node]:
    """What is folded: each mode's layers, the weights; and the files of it all."""
    saves = [
        action_button(state, "save", f"tools.{kind}", {"data-kind": kind, "class": "button"})
        for kind in SAVES
    ]
    folds = [fidelity_tables.layers(state, one) for one in report.measures]
    if report.tensors:
        folds.append(fidelity_tables.tensors(state, report))
    return [h("div", {"class": "fidelity-folds"}, folds), h("p", {"class": "ways"}, saves)]


def how(state: AppState, report: Fidelity) -> list[Node]:
    """With what it was measured, and how to measure again."""
    told = rich(state, "fidelity.how.told", runtime=report.runtime)
    return [h("p", {}, told), h("p", {}, h("code", {"class": "command", "dir": "ltr"}, COMMAND))]


def beside(state: AppState) -> Node:
    """What this browser itself does is checked elsewhere."""
    link = h("a", {"href": address_of(Route("about"))}, say(state, "fidelity.to_about"))
    return h("p", {"class": "note"}, say(state, "fidelity.browser"), " ", link)
