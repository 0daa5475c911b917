"""The engine and its models: what is loaded, what loading costs, how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import OPEN, costs_a_download, first_model, model_state, price_bytes
from seethrough.core.routes import FIDELITY, Route, address_of
from seethrough.view import memory, ready, self_check
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, duration, megabytes, millions, percentage
from seethrough.view.price import allow_button, memory_of, terms
from seethrough.view.words import action_button, engine_card, say

if TYPE_CHECKING:
    from seethrough.app.state import AbsentModel, AppState, ModelCard

LOADING = ("download", "session")
GOING = (*LOADING, "running")
BUSY = ("starting", *GOING)


def render(state: AppState) -> str:
    """A quiet button with the stage; the progress while it loads; Retry where that failed."""
    stage = state.site.engine.stage
    return to_html(sheet(state), progress(state), retry(state) if stage == "failed" else "")


def sheet(state: AppState) -> Node:
    """What the engine does and the models of this build, folded away."""
    stage = state.site.engine.stage
    wrong = "wrong" if state.site.engine.is_wrong else ""
    return h(
        "details",
        {"class": "menu", "id": "status-models"},
        button(state),
        h(
            "div",
            {"class": "sheet"},
            h("p", {"class": f"stage is-{wrong or stage}"}, stage_line(state)),
            loaded(state),
            h("p", {"class": "note"}, engine_line(state)) if stage in memory.OPEN else "",
            self_check.line(state) if stage in memory.OPEN else "",
            ask(state) if stage in {"idle", "failed"} else "",
            models(state),
            ready.line(state),
        ),
    )


def stop(state: AppState) -> str:
    """The end of what the engine does, whoever asked for it; nothing while it rests."""
    if state.site.engine.stage not in GOING:
        return ""
    label = {"aria-label": say(state, "view.status.stop_label")}
    return to_html(action_button(state, "stop", "page.stop", label))


def button(state: AppState) -> Node:
    """A dot and one word; while a model is on its way, how much of it is here."""
    engine = state.site.engine
    stage = stage_of(state)
    words = say(state, f"view.short.{stage}")
    if engine.stage == "download" and engine.total_bytes > 0:
        share = min(engine.done_bytes, engine.total_bytes) * 100 // engine.total_bytes
        words = percentage(state, str(share))
    return h(
        "summary",
        {"class": f"tool state is-{'wrong' if engine.is_wrong else engine.stage}"},
        h("span", {"class": "dot", "aria-hidden": "true"}),
        h("span", {"class": "menu-name"}, words),
    )


def stage_of(state: AppState) -> str:
    """The stage by its name in the catalogue; that its numbers are wrong goes before "ready"."""
    if state.site.engine.is_wrong and state.site.engine.stage == "ready":
        return "wrong"
    is_here = state.site.engine.stage == "idle" and bool(state.site.stored)
    return "idle_stored" if is_here else state.site.engine.stage


def ask(state: AppState) -> Node | str:
    """What the model below needs beside its download; or that the reader wants recordings only."""
    card = first_model(state.site)
    if state.site.is_recordings_only:
        return h("p", {"class": "note"}, say(state, "ready.only_here"), " ", allow_button(state))
    if card is None or card.id in state.site.stored:
        return ""
    needs = say(state, "ready.needs", memory=memory_of(state, card))
    return h("p", {"class": "note"}, needs)


def stage_line(state: AppState) -> list[Node | str]:
    """The stage in words, with the model's name where there is one."""
    model = engine_card(state)
    name = model.title if model and state.site.engine.stage != "idle" else ""
    dot = h("span", {"class": "dot", "aria-hidden": "true"})
    words = say(state, f"view.stage.{stage_of(state)}")
    return [dot, h("b", {}, name), " ", words] if name else [dot, words]


def spoken(state: AppState) -> str:
    """The stage alone, for a screen reader: it changes when the stage does, not with each byte."""
    return to_html(*stage_line(state)[1:])


def progress(state: AppState) -> Node | str:
    """A bar in bytes; without a total it only says that something is under way."""
    engine, preparing = state.site.engine, state.site.preparing
    if preparing.is_going:
        known = {"max": str(max(1, preparing.total_bytes)), "value": str(preparing.done_bytes)}
        going = h("progress", {**known, "aria-label": say(state, "ready.going")})
        return h("div", {"class": "progress"}, going)
    label = say(state, f"view.stage.{engine.stage}")
    if engine.stage == "download" and engine.total_bytes > 0:
        done = min(engine.done_bytes, engine.total_bytes)
        more = {"max": str(engine.total_bytes), "value": str(done)}
        bar = h("progress", {**more, "aria-label": label})
        return h("div", {"class": "progress"}, bar)
    if engine.stage in ("starting", *LOADING):
        return h("div", {"class": "progress"}, h("progress", {"aria-label": label}))
    return ""


def loaded(state: AppState) -> Node | str:
    """How many bytes of the model are here, while it comes."""
    engine = state.site.engine
    if engine.stage != "download" or engine.total_bytes <= 0:
        return ""
    done = min(engine.done_bytes, engine.total_bytes)
    return h("p", {"class": "number"}, bytes_text(state, done))


def bytes_text(state: AppState, done: int) -> str:
    """`43.0 MB of 99.9 MB`."""
    return say(
        state,
        "view.status.bytes",
        done=megabytes(state, done),
        total=megabytes(state, state.site.engine.total_bytes),
    )


def engine_line(state: AppState) -> str:
    """What runs the graph: backend, threads, the time the session took."""
    engine = state.site.engine
    parts = [engine.backend] if engine.backend else []
    if engine.threads:
        one = engine.threads == 1
        key = "view.status.thread" if one else "view.status.threads"
        parts.append(say(state, key, threads=engine.threads))
    if engine.session_ms > 0:
        took = duration(state, engine.session_ms)
        parts.append(say(state, "view.status.session", time=took))
    return say(state, "view.separator").join(parts)


def retry(state: AppState) -> Node:
    """Try the same again; finished parts are kept."""
    more = {"class": "button is-primary", "data-model": state.site.engine.model or state.run.model}
    return action_button(state, "retry", "view.status.retry", more)


def models(state: AppState) -> Node | str:
    """The models to choose from, and how the open one is held."""
    if not state.site.models:
        return ""
    rows = [card(state, model) for model in state.site.models]
    rows += [absent_card(state, model) for model in state.site.absent]
    n_models = count(state, len(state.site.models))
    return h(
        "div",
        {},
        h("h2", {"class": "aside-title"}, say(state, "view.status.models", n_models=n_models)),
        h("ul", {"class": "models"}, rows),
        memory.choice(state),
    )


def card(state: AppState, model: ModelCard) -> Node:
    """One model: what it is, what it costs, whose it is."""
    chosen = engine_card(state)
    is_chosen = chosen is not None and model.id == chosen.id
    is_open = model_state(state.site, model.id) == OPEN
    end: Node | str = h("span", {"class": "note"}, say(state, "view.model.loaded"))
    if not is_open:
        end = "" if state.site.is_recordings_only else download(state, model)
    kind = say(state, "view.model.chat" if model.has_chat else "view.model.plain")
    return h(
        "li",
        {"class": "model is-selected" if is_chosen else "model"},
        h("h3", {}, model.title, " ", h("span", {"class": "is-quiet"}, kind)),
        facts(state, model),
        rounding(state, model),
        memory.limit(state, model),
        agreement(state, model),
        truth(state, model),
        end,
    )


def rounding(state: AppState, model: ModelCard) -> Node | str:
    """Whether the page's numbers are the checkpoint's own; nothing where they are."""
    if not model.block_size:
        return ""
    size = count(state, model.block_size)
    return h("p", {"class": "note"}, say(state, "view.model.rounded", size=size))


def agreement(state: AppState, model: ModelCard) -> Node | str:
    """What who fetches a model agrees to; nothing where its licence asks for no such thing."""
    if model.terms is None:
        return ""
    told = terms(state, model.terms)
    notice = h("a", {"href": model.terms.notice}, say(state, "view.model.notice"))
    return h("p", {"class": "note"}, told, " ", notice)


def truth(state: AppState, model: ModelCard) -> Node:
    """The way to how true its numbers are."""
    link = {"href": address_of(Route(FIDELITY, model.id))}
    return h("p", {"class": "note"}, h("a", link, say(state, "fidelity.link")))


def absent_card(state: AppState, model: AbsentModel) -> Node:
    """A known model that this build lacks, and the one command that adds it."""
    size = megabytes(state, model.download_bytes) if model.download_bytes else ""
    return h(
        "li",
        {"class": "model is-absent"},
        h("h3", {}, model.title),
        facts(state, model, size),
        h("p", {"class": "note"}, say(state, "view.status.absent")),
        h("code", {"class": "command", "dir": "ltr"}, model.command),
    )


def facts(state: AppState, model: ModelCard | AbsentModel, size: str = "") -> Node:
    """What is known of a model, each with its name; what is not known is not listed."""
    rows = (
        ("size", size),
        ("params", millions(state, model.n_params)),
        ("layers", count(state, model.n_layers)),
        ("licence", model.licence),
        ("origin", model.origin),
    )
    terms = [
        h("div", {}, h("dt", {}, say(state, f"view.model.{name}")), h("dd", {}, value))
        for name, value in rows
        if value
    ]
    return h("dl", {}, terms)


def download(state: AppState, model: ModelCard) -> Node:
    """The button that names its price before it is pressed; none where the model is here."""
    size = megabytes(state, price_bytes(state.site, model.id))
    costs = costs_a_download(state.site, model.id)
    return h(
        "button",
        {
            "type": "button",
            "class": "button",
            "data-action": "download",
            "data-model": model.id,
            "disabled": state.site.engine.stage in BUSY,
        },
        say(state, "view.model.download", size=size) if costs else say(state, "view.model.open"),
    )
