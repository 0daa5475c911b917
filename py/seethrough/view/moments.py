"""The sentences of the present step's film, made once for the transport that asks often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.kept import Kept, kept_with

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene, Step
    from seethrough.view.node import Child


def moments_of(scene: Scene) -> Sequence[Child]:
    """The sentences of the present step's film; none outside the tours."""
    step = scene.step
    return () if step is None else _told(step).of(scene, lambda: step.moments(scene))


@kept_with
def _told(step: Step) -> Kept[Sequence[Child]]:
    """A step's last films: while one plays its sentences are asked for thrice a moment."""
    return Kept(step.fields)
