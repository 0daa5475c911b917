"""A panel: what stands in a slot of the page, and the fields that it is drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.view.node import h, to_html
from seethrough.view.words import rich, title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from seethrough.app.state import AppState


@dataclass(frozen=True)
class Panel:
    """One slot: the fields of AppState that it is drawn from, and how.

    `rest` names the title and the lead that stand there for as long as there is nothing to draw.
    """

    fields: Iterable[str]
    render: Callable[[AppState], str]
    rest: str = ""


def markup_of(state: AppState, panel: Panel) -> str:
    """A panel's markup, or what stands in its place before there is something to draw."""
    drawn = panel.render(state)
    if drawn or not panel.rest:
        return drawn
    lead = h("p", {"class": "lead"}, rich(state, f"page.{panel.rest}.lead"))
    return to_html(title(state, f"page.{panel.rest}.title"), lead)
