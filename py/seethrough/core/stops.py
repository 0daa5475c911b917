"""The map's tour: places worth a look, each a way of looking at the whole map."""

from __future__ import annotations

from dataclasses import dataclass

from seethrough.core.atlas import NEAR
from seethrough.core.bands import KIND, LENGTH
from seethrough.core.token_kinds import BYTES, SCRIPT


@dataclass(frozen=True)
class Stop:
    """One place; its sentences are `chart.stop.<name>` and `chart.stop.<name>.why`.

    `group` is marked (core/word_groups.py); of the kinds `only` these are shown; `longest` tokens
    of the longest rows are marked, or that many of the shortest ones where it is negative.
    """

    name: str
    layout: str = NEAR
    group: str = ""
    only: tuple[int, ...] = ()
    longest: int = 0
    colour: str = KIND


STOPS = (
    Stop("months", group="months"),
    Stop("days", group="days"),
    Stop("animals", group="animals"),
    Stop("numbers", group="numbers"),
    Stop("languages", only=(SCRIPT,)),
    Stop("bytes", only=(BYTES,)),
    Stop("longest", longest=30, colour=LENGTH),
    Stop("shortest", longest=-30, colour=LENGTH),
)
# The models whose maps the sentences were held against (tests/export/test_atlas_model.py).
TOLD_OF = frozenset({"smollm2-135m-instruct"})
STOP_NAMES = tuple(stop.name for stop in STOPS)


def stop_of(name: str) -> Stop | None:
    """A stop by its name."""
    return next((stop for stop in STOPS if stop.name == name), None)
