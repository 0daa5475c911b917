"""The decoding lab's steps, a row each; their files are imported when they are first shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import DECODE, Idea, Step, Tour
from seethrough.core import beam, hooks, sampling
from seethrough.view import walk
from seethrough.view.code import of
from seethrough.view.guesses import rows
from seethrough.view.late import late
from seethrough.view.steps import slots
from seethrough.view.wants import of_logits

if TYPE_CHECKING:
    from seethrough.view.decode import beams, compare, endings, odds
else:
    beams, compare, endings, odds = late(
        "seethrough.view.decode", "beams", "compare", "endings", "odds"
    )

THE_DECODING = Tour(
    DECODE,
    walk.frame,
    (
        Step(
            "odds",
            odds.FIELDS,
            odds.render,
            wants=of_logits,
            chosen=frozenset({"dart"}),
            code=of(sampling.temper, sampling.reshape, sampling.landings),
            parts=("runtime.sampler",),
            terms=("logit", "prob"),
            hooks=frozenset({hooks.LOGITS}),
            inner={slots.PAIRS: (odds.PAIRS_FIELDS, odds.render_pairs)},
            idea=Idea(
                odds.FIELDS,
                odds.idea,
                wants=of_logits,
                asks=rows.BENT,
                inner={slots.PAIRS: (odds.PAIRS_FIELDS, odds.render_pairs)},
            ),
        ),
        Step(
            "beams",
            beams.FIELDS,
            beams.render,
            beams.moments,
            chosen=frozenset({"beam_plan"}),
            code=of(beam.candidates, beam.Search.grow, beam.Way.score),
            parts=("runtime.sampler", "runtime.loop"),
            terms=("tokens", "prob"),
            idea=Idea(beams.FIELDS, beams.idea, beams.moments),
        ),
        Step(
            "endings",
            endings.FIELDS,
            endings.render,
            chosen=frozenset({"ending_plan"}),
            code=of(sampling.dart, sampling.reshape, sampling.landings),
            parts=("runtime.sampler", "runtime.loop"),
            terms=("tokens", "prob"),
            idea=Idea(endings.FIELDS, endings.idea),
        ),
        Step(
            "compare",
            compare.FIELDS,
            compare.render,
            chosen=frozenset({"against", "column"}),
            code=of(sampling.temper, sampling.dart, sampling.landings),
            parts=("runtime.sampler", "runtime.loop"),
            terms=("tokens", "prob"),
            idea=Idea(compare.FIELDS, compare.idea, asks=rows.PARTS),
        ),
    ),
)
