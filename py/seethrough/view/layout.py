"""Which panel fills which slot of the page, when it changes, and which pictures it holds.

The browser layer needs nothing else from view/: `PANELS`, `raster_for`, `describe_cell` and
`ACTIONS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import FIELDS_OF
from seethrough.core.depth import DEPTHS
from seethrough.view import (
    about,
    attention,
    code,
    continuation,
    footer,
    glossary,
    guess,
    header,
    home,
    line,
    living,
    message,
    own_answer,
    price,
    printed,
    ready,
    residual,
    self_check,
    source,
    stack,
    status,
    sums,
    tokens,
    tools,
    top,
    transport,
    why,
)
from seethrough.view.block import choice, second
from seethrough.view.chart import beside, journey, over, picks
from seethrough.view.kept import Kept
from seethrough.view.late import Names, late
from seethrough.view.node import to_html
from seethrough.view.panel import Panel, markup_of
from seethrough.view.pictures import cell_of, describe_cell, raster_for
from seethrough.view.tours import TOURS
from seethrough.view.train.slow import panels as slow
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from seethrough.app.state import AppState, Idea, Step, Tours
    from seethrough.view import fidelity
    from seethrough.view.chart import arithmetic, axis, colours, local, stops, taken
    from seethrough.view.train import curve, plan, reader, written
else:  # the map's rooms, and the report, come when they are first shown
    (fidelity,) = late("seethrough.view", "fidelity")
    arithmetic, axis, colours, local, stops, taken = late(
        "seethrough.view.chart", "arithmetic", "axis", "colours", "local", "stops", "taken"
    )
    curve, plan, reader, written = late(
        "seethrough.view.train", "curve", "plan", "reader", "written"
    )

__all__ = [
    "ACTIONS",
    "PANELS",
    "Memo",
    "Panel",
    "cell_of",
    "describe_cell",
    "markup_of",
    "raster_for",
]

# Every data-action that markup can carry, but for "reload", which is boot.js's own.
ACTIONS = (
    "run",
    "generate",
    "cancel",
    "stop",
    "next",
    "live",
    "step-back",
    "step-next",
    "set-theme",
    "set-language",
    "shortcuts",
    "close-shortcuts",
    "use-update",
    "remove-all",
    "prepare",
    "stop-preparing",
    "recordings-only",
    "allow-live",
    "download",
    "retry",
    "select-position",
    "select-word",
    "select-layer",
    "layer-back",
    "layer-next",
    "select-head",
    "select-mean",
    "switch-special",
    "select-place",
    "switch-second",
    "second-layer",
    "second-head",
    "second-position",
    "second-place",
    "move-together",
    "move-apart",
    "switch-heads",
    "select-neuron",
    "search-heads",
    "stop-search",
    "append-token",
    "go-on",
    "step-to",
    "set-beams",
    "search-beams",
    "set-endings",
    "draw-endings",
    "set-against",
    "select-column",
    "write-both",
    "go-to",
    "fork",
    "return-to",
    "set-length",
    "copy-text",
    "stand-at",
    "name-place",
    "prune",
    "save-run",
    "open-run",
    "token-back",
    "token-next",
    "to-end",
    "write-live",
    "set-sampling",
    "try-sampling",
    "throw",
    "throw-many",
    "tally",
    "copy-link",
    "save",
    "present",
    "present-walk",
    "print",
    "set-keys",
    "set-depth",
    "guess",
    "guess-sure",
    "skip-question",
    "ask",
    "dismiss",
    "copy-report",
    "prove-again",
    "tell-term",
    "close-term",
    "seek-term",
    "play",
    "pause",
    "seek",
    "speed",
    "select-cell",
    "close-sum",
    "show-hook",
    "ask-token",
    "compare-token",
    "chart-seek",
    "chart-group",
    "chart-layout",
    "chart-kind",
    "chart-token",
    "chart-close",
    "chart-again",
    "chart-in",
    "chart-out",
    "chart-whole",
    "chart-colour",
    "chart-band",
    "chart-stop",
    "chart-walk",
    "chart-path",
    "chart-path-close",
    "chart-state",
    "chart-play",
    "chart-load",
    "chart-save",
    *(f"rows-{what}" for what in ("lasso", "sight", "show", "clear", "turn", "type", "take")),
    *(f"rows-{what}" for what in ("swap", "axis", "sum")),
    *(f"lesson-{what}" for what in ("set", "go", "pause", "again", "open", "at", "reader")),
    "lesson-preset",
    *slow.ACTIONS,
)


# What a picture of a layer of the run is drawn from.
OF_A_LAYER = (
    *("language", "tokens", "config", "captured", "layer", "head", "position"),
    *("unfolded", "live_bytes"),
)
# What a film tells of, whichever step has it.
OF_A_FILM = (
    *("language", "route", "stage", "depth", "guessing", "is_presenting", "trying"),
    *FIELDS_OF["run"],
    *(name for name in FIELDS_OF["choice"] if name not in {"sum", "peek", "hook"}),
    *("prompt", "chat", "sampling", "busy", "vocabulary"),
    *("model_card", "model_state", "live_bytes", "walk_card", "recordings"),
    *("slow", "lesson_stage"),
)
FIXED: Mapping[str, Panel] = {
    "header": Panel(
        ("language", "route", "depth", "models", "recordings", "gallery", "documents"),
        header.render,
    ),
    "skip": Panel(("language",), lambda state: to_html(say(state, "page.skip"))),
    "strip-name": Panel(("language",), lambda state: to_html(say(state, "page.status"))),
    "spoken": Panel(("language", "models", "model", "engine", "stored"), status.spoken),
    "footer": Panel(("language",), footer.render),
    "keys": Panel(("language", "has_keys"), footer.keys),
    "term": Panel(glossary.FIELDS, glossary.render),
    "terms": Panel(("language", "sought", "depth", "route", "recordings"), glossary.found),
    "status": Panel(
        (*ready.FIELDS, "absent", "model"),
        status.render,
    ),
    "stop": Panel(("language", "engine"), status.stop),
    "message": Panel(("language", "notice", "error", "has_update"), message.render),
    "source": Panel(
        ("language", "source", "model", "models", "busy", "live_bytes", "recorded"), source.render
    ),
    "price": Panel((*ready.FIELDS, "recordings"), home.price),
    "ready": Panel(ready.FIELDS, ready.render),
    "cost": Panel(price.FIELDS, price.of_run),
    "own-answer": Panel(own_answer.FIELDS, own_answer.render),
    "storage": Panel((*ready.FIELDS, "storage"), about.storage),
    "checked": Panel(self_check.FIELDS, self_check.render),
    "proof": Panel(Names(fidelity.FIELDS), fidelity.render),
    "tokens": Panel(("language", "tokens", "position", "recorded"), tokens.render, "tokens"),
    "top": Panel(("language", "top", "config", "elapsed_ms"), top.render, "top"),
    "continuation": Panel(
        ("language", "tokens", "continuation", "stop", "recorded"),
        continuation.render,
        "continuation",
    ),
    "residual": Panel(
        OF_A_LAYER,
        residual.render,
        "residual",
    ),
    "attention": Panel(
        OF_A_LAYER,
        attention.render,
        "attention",
    ),
    choice.SLOT: Panel(choice.FIELDS, choice.render),
    second.SLOT: Panel(second.FIELDS, second.render),
    "sum": Panel(sums.FIELDS, sums.render),
    "peek": Panel(sums.PEEK_FIELDS, sums.peek),
    "sum-spoken": Panel(sums.FIELDS, sums.spoken),
    "tools": Panel(
        (
            *("language", "route", "theme", "depth", "is_presenting", "guessing", "tokens"),
            "gallery",
        ),
        tools.render,
    ),
    "line": Panel(line.FIELDS, line.render),
    "guess": Panel(guess.FIELDS, guess.beside),
    "why": Panel(why.FIELDS, why.render),
    "living-line": Panel(home.SPINE_FIELDS, living.spine),
    "printed": Panel(printed.FIELDS, printed.render),
    "hero": Panel(home.FIELDS, home.hero),
    "living": Panel(home.FILM_FIELDS, home.film),
    "stack": Panel(("language", "route", "config", "written", "continuation"), stack.render),
    "code": Panel(code.FIELDS, code.render),
    "chart-over": Panel(over.FIELDS, over.render),
    "chart-status": Panel(beside.STATUS_FIELDS, beside.status),
    "chart-tools": Panel(beside.TOOLS_FIELDS, beside.tools),
    "chart-lost": Panel(beside.LOST_FIELDS, beside.lost),
    "chart-legend": Panel(Names(colours.FIELDS), colours.render),
    "chart-stop": Panel(Names(stops.FIELDS), stops.render),
    "chart-path": Panel(journey.FIELDS, journey.render),
    "chart-steer": Panel(journey.STEER_FIELDS, journey.steer),
    "chart-now": Panel(journey.NOW_FIELDS, journey.now),
    "chart-nearest": Panel(journey.NEAREST_FIELDS, journey.nearest),
    "chart-save": Panel(Names(taken.FIELDS), taken.render),
    "chart-token": Panel(beside.TOKEN_FIELDS, beside.token),
    "chart-found": Panel(beside.FOUND_FIELDS, beside.found),
    "chart-lasso": Panel(picks.LASSO_FIELDS, picks.lasso),
    "rows-picks": Panel(picks.FIELDS, picks.render),
    "rows-local": Panel(Names(local.FIELDS), local.render),
    "rows-axis": Panel(Names(axis.FIELDS), axis.render),
    "rows-sum": Panel(Names(arithmetic.FIELDS), arithmetic.render),
    "reader": Panel(Names(reader.FIELDS), reader.render),
    "lesson-plan": Panel(Names(plan.FIELDS), plan.render),
    "lesson-steers": Panel(Names(plan.STEERS), plan.steers),
    "lesson-curve": Panel(Names(curve.FIELDS), curve.render),
    "lesson-written": Panel(Names(written.FIELDS), written.render),
    **slow.PANELS,
}


def panels_of(tours: Tours) -> Mapping[str, Panel]:
    """Every panel by its slot: those of the page, those of the tours' steps, the transport."""
    steps = [step for tour in tours for step in tour.steps]
    return {
        **FIXED,
        "transport": Panel(OF_A_FILM, transport.render),
        **{
            step.place: Panel(Names(step.fields, ("unfolded",)), step.render, step.rest)
            for step in steps
        },
        **{step.idea_place: idea_panel(step.idea) for step in steps if step.idea is not None},
        **{
            second.place_of(step, depth): second_panel(step, depth)
            for step in steps
            if step.pair is not None
            for depth in DEPTHS
        },
        **{
            slot: Panel(Names(fields, ("unfolded",)), render)
            for step in steps
            for slot, (fields, render) in inner_panels(step).items()
        },
    }


def inner_panels(step: Step) -> Mapping[str, tuple[Iterable[str], Callable[[AppState], str]]]:
    """The panels inside a step's own and inside its idea's, by slot."""
    return {**step.inner, **(step.idea.inner if step.idea is not None else {})}


def second_panel(step: Step, depth: str) -> Panel:
    """A step, or its idea, as it stands at the second place."""
    fields = Names(step.at(depth).fields, ("unfolded", *second.LOOKED_AT))
    return Panel(fields, lambda state: second.drawn(state, step.at(depth).render))


def idea_panel(idea: Idea) -> Panel:
    """A step's idea; where a question stands before it, that comes first."""
    if idea.asks is None:
        return Panel(idea.fields, idea.render)
    looked_at = Names(idea.fields, idea.asks.fields, guess.STATE, ("route", "depth"))
    return Panel(looked_at, guess.veiled(idea.render))


PANELS = panels_of(TOURS)


def inner_of(tours: Tours) -> Mapping[str, tuple[str, ...]]:
    """Slots that stand inside another panel's markup, with what they hold."""
    steps = [step for tour in tours for step in tour.steps]
    held = {step.place: step.inner for step in steps}
    held |= {step.idea_place: step.idea.inner for step in steps if step.idea is not None}
    return {place: tuple(inner) for place, inner in held.items() if inner}


class Memo:
    """Remembers each panel's last markup: a page and its panels ask for the same one in turn."""

    def __init__(self, panels: Mapping[str, Panel] = PANELS) -> None:
        self._panels = panels
        self._kept: dict[str, Kept[str]] = {}

    def markup(self, state: AppState, slot: str) -> str:
        """The markup of a slot's panel, made only if one of its fields is another object."""
        panel = self._panels[slot]
        if slot not in self._kept:
            self._kept[slot] = Kept(panel.fields)
        return self._kept[slot].of(state, lambda: markup_of(state, panel))
