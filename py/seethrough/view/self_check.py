"""What the self-check found (app/self_check.py): a badge, what it means, a report to send."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.routes import FIDELITY, Route, address_of
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, percentage
from seethrough.view.words import action_button, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState, Spoken
    from seethrough.core.self_check import Outcome
    from seethrough.view.node import Child

FIELDS = ("language", "engine")


def render(state: AppState) -> str:
    """The badge with its meaning; before a check, when one is made."""
    found = state.site.engine.check
    if found is None:
        return to_html(h("p", {}, say(state, "check.not_yet")))
    what = say(
        state,
        "check.what",
        prompt=found.prompt,
        n_numbers=count(state, found.n_numbers),
        bound=share(state, found.bound),
    )
    return to_html(badge(state, found), h("p", {"class": "note"}, what))


def line(state: AppState) -> Node | str:
    """The badge with the way to what it means; nothing where nothing was checked."""
    found = state.site.engine.check
    if found is None:
        return ""
    link = h("a", {"href": address_of(Route("about"))}, say(state, "check.more"))
    return badge(state, found, " ", link, " · ", report_link(state))


def report_link(state: AppState) -> Node:
    """The way to what the build measured (view/fidelity.py)."""
    route = Route(FIDELITY, state.site.engine.model)
    return h("a", {"href": address_of(route)}, say(state, "fidelity.more"))


def badge(state: AppState, found: Outcome, *more: Child) -> Node:
    """Checked, with the largest difference."""
    kind = "is-ok" if found.is_ok else "is-wrong"
    sign = h("span", {"class": "checked-sign", "aria-hidden": "true"}, "✓" if found.is_ok else "!")
    told = h("span", {}, h("span", {"class": "checked-words"}, verdict(state, found)), *more)
    return h("p", {"class": f"checked {kind}"}, sign, told)


def verdict(spoken: Spoken, found: Outcome) -> str:
    """Whether the numbers are the model's, and how far off they are."""
    if not math.isfinite(found.largest):
        return say(spoken, "check.wrong_odd")
    key = "check.ok" if found.is_ok else "check.wrong"
    return say(spoken, key, largest=share(spoken, found.largest))


def share(spoken: Spoken, value: float) -> str:
    """A share in per cent, two digits of it: 0.00013 %."""
    digits = np.format_float_positional(100 * value, precision=2, fractional=False, trim="-")
    return percentage(spoken, digits)


def report_button(state: AppState) -> Node:
    """Takes the report along."""
    return action_button(state, "copy-report", "check.copy")


def report(state: AppState, browser: str, page: str) -> str:
    """What whoever runs the site has to know, as text; empty where nothing was checked.

    Args:
        browser: How the browser calls itself.
        page: The page's address without what was typed.
    """
    engine = state.site.engine
    found = engine.check
    if found is None:
        return ""
    lines = (
        say(state, "check.report.title"),
        say(state, "check.report.model", model=engine.model, mode=engine.mode),
        say(state, "check.report.engine", backend=engine.backend, threads=str(engine.threads)),
        say(state, "check.report.text", prompt=found.prompt),
        say(
            state,
            "check.report.largest",
            largest=f"{found.largest:.2e}",
            bound=f"{found.bound:.2e}",
        ),
        say(state, "check.report.hook", hook=found.hook),
        say(state, "check.report.browser", browser=browser),
        say(state, "check.report.page", page=page),
    )
    return "\n".join(lines)
