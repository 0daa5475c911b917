"""A part of a panel, made anew only if something that it is drawn from is another object.

A panel is written as a whole. Where one of its fields changes twice in a row (in step 4 the lens
comes after the numbers), its other parts are what they were.
"""

from __future__ import annotations

from functools import update_wrapper
from typing import TYPE_CHECKING, ParamSpec

from seethrough.core.routes import Route
from seethrough.view.node import Markup, to_html

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Concatenate

    from seethrough.app.state import AppState
    from seethrough.view.node import Node

Rest = ParamSpec("Rest")


def is_same(values: tuple[object, ...], before: tuple[object, ...]) -> bool:
    """Whether fields are what they were: the same objects, or a route back to the same place."""
    return len(values) == len(before) and all(
        one is other or (isinstance(one, Route) and one == other)
        for one, other in zip(values, before, strict=True)
    )


def kept(
    *names: str,
) -> Callable[
    [Callable[Concatenate[AppState, Rest], Node | str]],
    Callable[Concatenate[AppState, Rest], Markup],
]:
    """Keep the last markup of a part.

    Args:
        names: The fields of AppState that it is drawn from, and no others; what else it takes is
            compared, not looked at.
    """

    def keep(
        make: Callable[Concatenate[AppState, Rest], Node | str],
    ) -> Callable[Concatenate[AppState, Rest], Markup]:
        last: list[tuple[tuple[object, ...], object, Markup]] = []

        def part(state: AppState, /, *args: Rest.args, **more: Rest.kwargs) -> Markup:
            values = tuple(getattr(state, name) for name in names)
            asked = (args, more)
            if last and last[0][1] == asked and is_same(values, last[0][0]):
                return last[0][2]
            made = Markup(to_html(make(state, *args, **more)))
            last[:] = [(values, asked, made)]
            return made

        update_wrapper(part, make)
        return part

    return keep
