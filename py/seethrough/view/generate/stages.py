"""The film of one token through the whole model: its stages, and the layers counted through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seethrough.app.state import Scene

STAGES = ("tokens", "rows", "places", "attention", "forward", "vector", "scores", "draw", "joins")
ATTENTION, FORWARD = STAGES.index("attention"), STAGES.index("forward")


@dataclass(frozen=True)
class Place:
    """A moment: which stage is told, and which layer works (counted from 0)."""

    stage: int
    layer: int

    @property
    def name(self) -> str:
        """The stage by name."""
        return STAGES[self.stage]

    def has(self, name: str) -> bool:
        """Whether a stage has come."""
        return self.stage >= STAGES.index(name)


def places(scene: Scene) -> tuple[Place, ...]:
    """All moments: the first layer in two, each further one in one, then what follows them."""
    config = scene.run.config
    if config is None or not scene.run.tokens or not scene.run.top:
        return ()
    last = config.n_layers - 1
    first = [Place(stage, 0) for stage in range(FORWARD + 1)]
    further = [Place(FORWARD, layer) for layer in range(1, config.n_layers)]
    after = [Place(stage, last) for stage in range(FORWARD + 1, len(STAGES))]
    return (*first, *further, *after)


def place_of(scene: Scene) -> Place:
    """The film's moment; at rest its end."""
    film = places(scene)
    return film[-1] if scene.moment is None or scene.moment >= len(film) else film[scene.moment]
