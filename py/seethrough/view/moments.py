"""The sentences of the present step's film, told once each for those who ask often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from seethrough.view import living
from seethrough.view.film import Film
from seethrough.view.kept import Kept, kept_with

if TYPE_CHECKING:
    from seethrough.app.state import Idea, Scene, Step
    from seethrough.view.node import Child

HOME = "home"


class Told:
    """What is kept of a film: how many moments it has, and the sentences told so far.

    A film tells of a scene, with its many megabytes of arrays: it is not kept itself.
    """

    def __init__(self, film: Sequence[Child]) -> None:
        self.count = len(film)
        self.sentences = {} if isinstance(film, Film) else dict(enumerate(film))


class Moments(Sequence["Child"]):
    """The film of a scene at a step: counted without telling, each moment told once."""

    def __init__(self, step: Step | Idea, scene: Scene) -> None:
        self._step, self._scene = step, scene
        self._told = _told(step).of(scene, lambda: Told(step.moments(scene)))

    def __len__(self) -> int:
        return self._told.count

    @overload
    def __getitem__(self, at: int) -> Child: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Child]: ...
    def __getitem__(self, at: int | slice) -> Child | Sequence[Child]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        at = range(len(self))[at]
        sentences = self._told.sentences
        if at not in sentences:
            sentences[at] = self._step.moments(self._scene)[at]
        return sentences[at]


def moments_of(scene: Scene) -> Sequence[Child]:
    """The sentences of the present step's film, or of home's; no other page has one."""
    if scene.step is not None:
        return Moments(scene.step.at(scene.depth), scene)
    return Moments(living.FILM, scene) if scene.route.view == HOME else ()


@kept_with
def _told(step: Step | Idea) -> Kept[Told]:
    """A step's last films: while one plays its sentences are asked for thrice a moment."""
    return Kept(step.fields)
