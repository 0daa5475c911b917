"""Modules of views that are imported when something of them is first used.

A first view needs one step of eighteen; to import all of them took a third of what Python reads at
a start. What stands in rows (view/tours.py) is named there and comes from here.
"""

from __future__ import annotations

from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Names:
    """Names of fields, each once, read where they stand when they are first asked for."""

    def __init__(self, *parts: Iterable[str]) -> None:
        self._parts = parts
        self._names: tuple[str, ...] | None = None

    def __iter__(self) -> Iterator[str]:
        if self._names is None:
            self._names = tuple(dict.fromkeys(chain(*self._parts)))
        return iter(self._names)


class _Constant:
    """A module's constant that is looked through: names of fields."""

    def __init__(self, module: Late, name: str) -> None:
        self._module, self._name = module, name

    def __iter__(self) -> Iterator[str]:
        return iter(getattr(self._module.load(), self._name))


class Late:
    """A module: its functions import it when they are called, its constants when they are read.

    Args:
        package: Where it is.
        name: Its own.
    """

    def __init__(self, package: str, name: str) -> None:
        self._path = f"{package}.{name}"
        WAITING.append(self)

    def load(self) -> Any:  # noqa: ANN401 - a module
        """Import it, the first time."""
        if self in WAITING:
            WAITING.remove(self)
        return import_module(self._path)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the type checker sees the module
        if name.startswith("_"):
            raise AttributeError(name)
        if name.isupper():
            return _Constant(self, name)
        return self._function(name)

    def _function(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - as the module has it
            return getattr(self.load(), name)(*args, **more)

        call.__name__ = name
        return call


# Those that nobody has asked for yet.
WAITING: list[Late] = []


def late(package: str, *names: str) -> tuple[Late, ...]:
    """Some modules of a package."""
    return tuple(Late(package, name) for name in names)
