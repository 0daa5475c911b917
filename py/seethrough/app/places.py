"""A place of the page and its state: what of the state an address says, and what is not there."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from seethrough.app import settings
from seethrough.app.by_rows import first_ends, first_terms
from seethrough.app.state import Message
from seethrough.app.tours import chosen_of
from seethrough.core.against import Against
from seethrough.core.bands import KIND
from seethrough.core.beam_plan import BeamPlan
from seethrough.core.ending_plan import EndingPlan
from seethrough.core.errors import SeethroughError
from seethrough.core.fields import MAX_WRITTEN, STOPS
from seethrough.core.heads import written_heads
from seethrough.core.messages import FALLBACK
from seethrough.core.plane import Window
from seethrough.core.routes import MAP, OWN, SLOW, Place, address_of_place
from seethrough.core.settings import SETTINGS
from seethrough.core.sums import check_cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.state import AppState, Sampling
    from seethrough.core.atlas import Atlas
    from seethrough.core.config import ModelConfig

# What a place says and its address does not go on saying.
ONCE = frozenset({"route", "ignored", "said", "is_recordings_only"})
# The keys of what is wrong with a text itself (app/inputs.py).
OF_INPUT = "input."


def address(state: AppState, promised: Place | None = None) -> str:
    """The whole address of what is shown, so that a copied link shows the same.

    Args:
        promised: What a link chose and what is not there yet: its model still loads, say.
    """
    place = place_of(state)
    if promised is not None and promised.route.subject == place.route.subject:
        place = with_promised(place, promised)
    return address_of_place(place)


def place_of(state: AppState) -> Place:
    """What is shown, as an address says it; what is as ever is left out."""
    route = state.route
    language = None if state.language == FALLBACK else state.language
    if route.view == MAP:
        return replace(Place(route, language=language), **_on_map(state))
    if state.tour is None:
        depth = state.depth if route.view == SLOW else None
        return Place(route, language=language, depth=depth)
    chosen: dict[str, Any] = {}
    if route.subject == OWN and (
        state.run.source == "live" or state.busy == "run" or is_refused(state)
    ):
        chosen |= _own_text(state)
    chosen |= {"settings": _settings(state), **_chosen(state)}
    depth = state.depth if state.step is not None else None
    return replace(Place(route, language=language, depth=depth), **chosen)


def _on_map(state: AppState) -> dict[str, Any]:
    """What is chosen on the map; nothing while it is not there."""
    chart = state.chart
    if chart.atlas is None:
        return {}
    rest = chart.chart_rest
    return {
        "layout": None if chart.chart_layout == chart.atlas.layouts[0] else chart.chart_layout,
        "window": None if rest == Window() else (rest.x, rest.y, rest.zoom),
        "token": chart.chart_token,
        "hidden": tuple(sorted(chart.chart_hidden)) or None,
        "sought": chart.chart_sought or None,
        "group": chart.chart_group or None,
        "colour": None if chart.chart_colour == KIND else chart.chart_colour,
        "bands": tuple(sorted(chart.chart_bands)) or None,
        **_on_tour(state),
        **_on_path(state),
        **_of_rows(state, chart.atlas),
    }


def _of_rows(state: AppState, atlas: Atlas) -> dict[str, Any]:
    """What of the rows is shown, where it is not as ever; boxes without a token are not said."""
    by_rows = state.by_rows
    ends, terms = by_rows.axis_ends, by_rows.sum_terms
    return {
        "picked": by_rows.picked or None,
        "axis_of": None if None in ends or ends == first_ends(atlas) else ends,
        "terms": None if None in terms or terms == first_terms(atlas) else terms,
    }


def _on_tour(state: AppState) -> dict[str, Any]:
    """A stop of the map's tour, which says by itself what is marked and shown."""
    if not state.chart.chart_stop:
        return {}
    own = dict.fromkeys(("hidden", "group", "colour"))
    return {**own, "tour_stop": state.chart.chart_stop}


def _on_path(state: AppState) -> dict[str, Any]:
    """The path that is drawn on the map, where a recorded walk has it."""
    path, card = state.chart.chart_path, state.walk_card
    if path is None or card is None or path.tokens is not state.run.tokens:
        return {}
    return {"walk": card.subject, "path": path.position}


def is_refused(state: AppState) -> bool:
    """Whether the reader's text cannot be run, which is all that is shown of it."""
    error = state.chrome.error
    return state.run.source == "" and error is not None and error.key.startswith(OF_INPUT)


def _own_text(state: AppState) -> dict[str, Any]:
    """The text that is shown or comes, its model, and what was written behind it."""
    text, chat = state.text.prompt, state.text.chat
    if state.run.source == "live" and state.busy != "run" and state.run.given is not None:
        text, chat = state.run.given  # another one may have been refused meanwhile
    ids = (
        tuple(step.id for step in state.run.steps)[:MAX_WRITTEN]
        if state.run.source == "live"
        else ()
    )
    return {
        "prompt": text,
        "chat": chat,
        "model": state.run.model if state.run.model not in {"", *model_ids(state)[:1]} else None,
        "written": ids or None,
        "taken": min(len(state.run.written), len(ids)),
        "stop": state.run.stop if ids and state.run.stop in STOPS and is_told(state) else "",
    }


def is_told(state: AppState) -> bool:
    """Whether an address has room for everything that was written."""
    return len(state.run.steps) <= MAX_WRITTEN


def _settings(state: AppState) -> dict[str, float]:
    """The sampling settings that are not as ever."""
    values = state.sampling.values
    return {name: value for name, value in values.items() if value != SETTINGS[name].default}


# What a step may say of the reader's choice (app.tours.Step.chosen), by the attribute of a Place.
CHOSEN: dict[str, Callable[[AppState], object]] = {
    "position": lambda state: state.choice.position if state.run.tokens else None,
    "layer": lambda state: state.choice.layer,
    "head": lambda state: state.choice.head,
    "off": lambda state: state.choice.off or None,
    "second": lambda state: state.choice.second,
    "moved": lambda state: state.choice.moved or None,
    "neuron": lambda state: state.choice.neuron,
    "word": lambda state: state.choice.word,
    "compared": lambda state: state.choice.compared,
    "chosen_step": lambda state: state.choice.chosen_step,
    "beam_plan": lambda state: (
        None if state.choice.beam_plan == BeamPlan() else state.choice.beam_plan
    ),
    "ending_plan": lambda state: (
        None if state.choice.ending_plan == EndingPlan() else state.choice.ending_plan
    ),
    "against": lambda state: None if state.choice.against == Against() else state.choice.against,
    "column": lambda state: state.choice.column,
    "is_mean": lambda state: state.choice.is_mean,
    "hides_special": lambda state: state.choice.hides_special,
    "dart": lambda state: state.choice.throws.at or None,
    "is_tallied": lambda state: state.choice.throws.tallied > 0,
}


def _chosen(state: AppState) -> dict[str, Any]:
    """What is chosen at a step, where its picture depends on it, and the open sum."""
    traced = state.choice.sum
    names = chosen_of(state.site.tours, state.route)
    here = {name: CHOSEN[name](state) for name in sorted(names)}
    return {**here, "cell": None if traced is None else traced.cell}


def with_promised(place: Place, promised: Place) -> Place:
    """A place, and what was promised of it."""
    empty = Place(place.route)
    wanted = {item.name: getattr(promised, item.name) for item in fields(Place)}
    kept = {
        name: value
        for name, value in wanted.items()
        if name not in ONCE and value != getattr(empty, name)
    }
    settings = {**place.settings, **promised.settings}
    return replace(place, **{**kept, "settings": settings})


def with_settings(now: Sampling, place: Place) -> Sampling:
    """The sampling settings, those of an address in their places."""
    return now.but(**place.settings)


def too_large(place: Place, config: ModelConfig) -> dict[str, float]:
    """The settings of an address that are beyond the model's vocabulary."""
    return settings.beyond(place.settings, config)


def not_there(place: Place, state: AppState) -> list[Message]:
    """What an address asks for and this model and text do not have, each in a sentence."""
    config = state.run.config
    if config is None:
        return []
    told = []
    if place.layer is not None and place.layer >= config.n_layers:
        told.append(Message("route.no_layer", beyond(place.layer, config.n_layers)))
    if place.head is not None and place.head >= config.n_heads:
        told.append(Message("route.no_head", beyond(place.head, config.n_heads)))
    told += _not_beside(place, state, config)
    if place.neuron is not None and place.neuron >= config.d_mlp:
        told.append(Message("route.no_neuron", beyond(place.neuron, config.d_mlp)))
    if state.run.tokens:
        told += _not_in_text(place, state)
    for name, value in too_large(place, config).items():
        told.append(Message(f"route.no_{name}", beyond(int(value), config.d_vocab + 1)))
    if place.off is not None and not has_heads(place, state):
        told.append(Message("route.no_heads", {"got": written_heads(place.off)}))
    if place.cell is not None and state.run.tokens and not has_cell(place, state):
        told.append(Message("route.no_cell", {"cell": place.cell}))
    return told


def _not_beside(place: Place, state: AppState, config: ModelConfig) -> list[Message]:
    """Of the same, what is of the second place."""
    second, told = place.second, []
    if second is None:
        return []
    if second.layer is not None and second.layer >= config.n_layers:
        told.append(Message("route.no_layer", beyond(second.layer, config.n_layers)))
    if second.head is not None and second.head >= config.n_heads:
        told.append(Message("route.no_head", beyond(second.head, config.n_heads)))
    n_tokens = len(state.run.tokens)
    if second.position is not None and 0 < n_tokens <= second.position:
        told.append(Message("route.no_position", beyond(second.position, n_tokens)))
    return told


def _not_in_text(place: Place, state: AppState) -> list[Message]:
    """Of the same, what is of the text."""
    told = []
    if place.position is not None and place.position >= len(state.run.tokens):
        told.append(Message("route.no_position", beyond(place.position, len(state.run.tokens))))
    if place.word is not None and not has_word(place, state):
        told.append(Message("route.no_word", {"got": place.word}))
    if place.chosen_step is not None and place.chosen_step >= len(state.run.steps):
        told.append(Message("route.no_step", {"got": place.chosen_step}))
    return told


def beyond(got: int, count: int) -> dict[str, object]:
    """The fields of a sentence: what was asked for, and the last that there is of so many."""
    return {"got": got, "last": count - 1}


def has_word(place: Place, state: AppState) -> bool:
    """Whether the text has the address's word."""
    n_words = len(state.run.film.words) if state.run.film else 0
    return place.word is not None and place.word < n_words


def has_heads(place: Place, state: AppState) -> bool:
    """Whether the shown model has the heads that the address switches off."""
    config = state.run.config
    if config is None or place.off is None:
        return False
    return all(layer < config.n_layers and head < config.n_heads for layer, head in place.off)


def has_cell(place: Place, state: AppState) -> bool:
    """Whether the shown model and text have the address's number."""
    if place.cell is None or state.run.config is None or not state.run.tokens:
        return False
    try:
        check_cell(place.cell, state.run.config, len(state.run.tokens))
    except SeethroughError:
        return False
    return True


def not_written(place: Place, state: AppState) -> Message | None:
    """Why the address's tokens cannot stand behind the text; None: they can."""
    config, ids = state.run.config, place.written or ()
    if config is None:
        return None
    if any(token >= config.d_vocab for token in ids):
        return Message("route.no_ids", {"last": config.d_vocab - 1})
    if (
        state.run.n_prompt + len(ids) > config.n_ctx
        or state.run.n_prompt + place.taken >= config.n_ctx
    ):
        return Message("route.too_many_ids", {"limit": config.n_ctx})
    return None


def model_ids(state: AppState) -> list[str]:
    """The models of this build, the default one first."""
    return [card.id for card in state.site.models]
