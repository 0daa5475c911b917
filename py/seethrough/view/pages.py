"""The pages: which frame a view has, its panels inside, its title.

The build renders the same pages into the static HTML, so that the first slide is there before
Python; then Python writes only what differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.routes import OWN
from seethrough.view import about, gallery, glossary, home, plain_pages, printed, ready, styleguide
from seethrough.view.chart import page as chart
from seethrough.view.late import late
from seethrough.view.layout import Memo
from seethrough.view.node import Markup, Node, h, to_html
from seethrough.view.words import say, step_title, subject_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from seethrough.app.state import AppState
    from seethrough.view import fidelity
    from seethrough.view.node import Slot
    from seethrough.view.train import room
    from seethrough.view.train.slow import frame as slow
else:  # few readers go there
    (fidelity,) = late("seethrough.view", "fidelity")
    (room,) = late("seethrough.view.train", "room")
    (slow,) = late("seethrough.view.train.slow", "frame")

# The tours have frames of their own (view/tours.py).
FRAMES: Mapping[str, Callable[[AppState, Slot], Sequence[Node | str]]] = {
    "home": home.frame,
    "map": chart.frame,
    "gallery": gallery.frame,
    "lesson": room.frame,
    "slow": slow.frame,
    "ready": ready.frame,
    "about": about.frame,
    "fidelity": fidelity.frame,
    "glossary": glossary.frame,
    "styleguide": styleguide.frame,
    "missing": plain_pages.render_unknown,
}
# What a frame itself depends on; its panels follow their own fields (layout.PANELS).
FIELDS = ("language", "route", "depth", "models", "recordings", "gallery", "documents")


def render(state: AppState, memo: Memo | None = None) -> str:
    """The whole page of the present route, its panels filled (from the memo where there is one)."""
    memo = memo or Memo()

    def slot(name: str) -> Node:
        markup = Markup(memo.markup(state, name))
        return h("div", {"id": name, "class": f"slot is-{name}"}, markup)

    tour, view = state.tour, state.route.view
    frame = tour.frame if tour is not None else FRAMES.get(view, FRAMES["missing"])
    name = view if tour is not None or view in FRAMES else "missing"
    is_asked = tour is not None or view == "home"
    on_paper = [slot("printed"), printed.answer(state) if is_asked else ""]
    return to_html(h("div", {"class": f"page is-{name}"}, frame(state, slot), on_paper))


def title(state: AppState) -> str:
    """What the browser's tab says: the view and its subject, then the name."""
    route = state.route
    name = say(state, "page.title")
    if route.view == "home":
        return say(state, "title.home", name=name)
    what = step_title(state) or say(state, f"title.{route.view}")
    if state.tour is not None and route.subject:
        about_what = (
            state.text.prompt if route.subject == OWN else subject_name(state, route.subject)
        )
        return say(state, "title.subject", what=what, subject=about_what[:40], name=name)
    return say(state, "title.page", what=what, name=name)
