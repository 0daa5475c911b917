"""The page's tours as tests name them, and addresses read with them."""

from __future__ import annotations

from functools import partial

from seethrough.app.state import AppState
from seethrough.app.tours import steps_of
from seethrough.core import routes
from seethrough.core.routes import PAGES
from seethrough.view.tours import THE_WALK, TOURS

STEPS = THE_WALK.names
FIRST_STEP = THE_WALK.first
SUBJECTS = tuple(steps_of(TOURS))
VIEWS = (*PAGES, *SUBJECTS)
parse = partial(routes.parse, tours=steps_of(TOURS))
step_beside = THE_WALK.beside


def page_state(**changes: object) -> AppState:
    """A state of the page as it begins, with its tours and some fields changed."""
    return AppState().but(tours=TOURS, **changes)
