"""Training, simple: one step in the frame of the walk, over a document or a text of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import Idea, Step, Tour
from seethrough.core.routes import TRAIN
from seethrough.core.train import backward
from seethrough.view import walk
from seethrough.view.code import of
from seethrough.view.late import late

if TYPE_CHECKING:
    from seethrough.view.train import simple
else:
    (simple,) = late("seethrough.view.train", "simple")

THE_TRAINING = Tour(
    TRAIN,
    walk.frame,
    (
        Step(
            "read",
            simple.FIELDS,
            simple.render,
            simple.moments,
            wants=simple.wants,
            chosen=frozenset({"position"}),
            code=of(backward.error_and_back),
            parts=("runtime.driver", "model.head"),
            terms=("tokens", "prob", "logit"),
            idea=Idea(simple.FIELDS, simple.idea, simple.moments, simple.wants),
        ),
    ),
    above="reader",
)
