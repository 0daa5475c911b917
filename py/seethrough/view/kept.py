"""What was drawn last, made anew only if something that it is drawn from is another object.

A panel is written as a whole. Where one of its fields changes twice in a row (in step 4 the lens
comes after the numbers), its other parts are what they were. Some runs' drawings are kept at once,
so that two runs side by side do not throw out each other's. Only markup is kept alive by that:
what it was drawn from is held weakly, because a run has many megabytes of arrays.
"""

from __future__ import annotations

import weakref
from functools import update_wrapper
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar

from seethrough.app.state import value_of
from seethrough.core.routes import Route
from seethrough.view.node import Markup, to_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Concatenate

    from seethrough.app.state import Scene
    from seethrough.view.node import Node

Rest = ParamSpec("Rest")
Made = TypeVar("Made")
Owner = TypeVar("Owner")
Sources = TypeVar("Sources", bound=tuple[object, ...])
# How many drawings of the same thing are kept.
DRAWINGS = 4


class Held:
    """Values to compare with later ones, without keeping what is large alive."""

    def __init__(self, values: tuple[object, ...]) -> None:
        self._values = tuple(map(_weakly, values))

    def is_same(self, values: tuple[object, ...]) -> bool:
        """Whether these are the very same objects, or a route back to the same place."""
        return len(values) == len(self._values) and all(
            is_it(value) for is_it, value in zip(self._values, values, strict=True)
        )


def _weakly(value: object) -> Callable[[object], bool]:
    """Whether another is this very value; it is held weakly where its kind allows that."""
    if isinstance(value, Route):
        return lambda other: other == value
    try:
        held = weakref.ref(value)
    except TypeError:
        return lambda other: other is value
    # What is gone is nothing that can come again; None is no trace of it.
    return lambda other: other is not None and other is held()


class Kept(Generic[Made]):
    """The last drawings of one thing.

    Args:
        names: What it is drawn from (app.state.value_of), and nothing else.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = names
        self._last: list[tuple[Held, object, Made]] = []

    def of(self, scene: Scene, make: Callable[[], Made], asked: object = None) -> Made:
        """The drawing of a scene; what else it takes is compared, not looked at."""
        values = tuple(value_of(scene, name) for name in self._names)
        for at, (held, other, made) in enumerate(self._last):
            if other == asked and held.is_same(values):
                self._last.insert(0, self._last.pop(at))
                return made
        made = make()
        self._last = [(Held(values), asked, made), *self._last[: DRAWINGS - 1]]
        return made


def kept_of(
    make: Callable[Concatenate[Sources, Rest], Made],
) -> Callable[Concatenate[Sources, Rest], Made]:
    """Keep the last of what is made of some objects that can be no keys, as arrays."""
    last: list[tuple[Held, object, Made]] = []

    def get(sources: Sources, /, *args: Rest.args, **more: Rest.kwargs) -> Made:
        asked = (args, more)
        for at, (held, other, made) in enumerate(last):
            if other == asked and held.is_same(sources):
                last.insert(0, last.pop(at))
                return made
        made = make(sources, *args, **more)
        last[:] = [(Held(sources), asked, made), *last[: DRAWINGS - 1]]
        return made

    update_wrapper(get, make)
    return get


def kept_with(make: Callable[Concatenate[Owner, Rest], Made]) -> Callable[..., Made]:
    """Keep what is made of an object as long as that object lives, for each of the other arguments.

    Unlike lru_cache it keeps no run's arrays alive, and two runs do not throw out each other's.
    """
    made: weakref.WeakKeyDictionary[Owner, dict[object, Made]] = weakref.WeakKeyDictionary()

    def get(owner: Owner, /, *args: Rest.args, **more: Rest.kwargs) -> Made:
        asked = (args, tuple(sorted(more.items())))
        known = made.setdefault(owner, {})
        if asked not in known:
            if len(known) >= DRAWINGS:
                known.pop(next(iter(known)))
            known[asked] = make(owner, *args, **more)
        return known[asked]

    update_wrapper(get, make)
    return get


def kept(
    *names: str,
) -> Callable[
    [Callable[Concatenate[Scene, Rest], Node | str]],
    Callable[Concatenate[Scene, Rest], Markup],
]:
    """Keep the last drawings of a part of a panel.

    Args:
        names: What it is drawn from, and nothing else; what else it takes is compared.
    """

    def keep(
        make: Callable[Concatenate[Scene, Rest], Node | str],
    ) -> Callable[Concatenate[Scene, Rest], Markup]:
        last: Kept[Markup] = Kept(names)

        def part(scene: Scene, /, *args: Rest.args, **more: Rest.kwargs) -> Markup:
            return last.of(scene, lambda: Markup(to_html(make(scene, *args, **more))), (args, more))

        update_wrapper(part, make)
        return part

    return keep
