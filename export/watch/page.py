"""Runs in the page while it is watched: starts our Python again with what was edited.

The new modules are imported while the old ones still run, so that a module which does not import
changes nothing; the core, which is pure, stays where nothing of it was edited. Then the old ones
are cut off from the page (their listeners, and the modules that reach JavaScript), and the page
starts as it does at first, where its address says. Where that start fails, the old ones get all
back.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import traceback
from importlib.util import cache_from_source, find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

PACKAGE = "seethrough"
MAIN = f"{PACKAGE}.browser.main"
JS_MODULES = "pyscript.js_modules"


def unpack(archive: str) -> None:
    """Make files of our package, which can be edited, with its bytecode where Python looks then."""
    with ZipFile(archive) as packed:
        for name in packed.namelist():
            file = Path(cache_from_source(name[:-1]) if name.endswith(".pyc") else name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(packed.read(name))


def prepare(watch: Any) -> None:  # noqa: ANN401 - a JavaScript object
    """Before the page starts: let a second start have the door and the engine.

    Args:
        watch: What page.js offers.
    """
    real: Any = sys.modules[JS_MODULES]
    door = _Over(real.door, openDoor=lambda *calls: watch.openDoor(real.door, *calls))
    early = _Over(real.early, takeWorker=lambda: real.early.takeWorker() or watch.takeEngine())
    over: Any = _Over(real, door=door, early=early)
    sys.modules[JS_MODULES] = over

    async def restart(changed: str) -> str | None:
        return await _restart(watch, json.loads(changed))

    watch.restart = restart


class _Over:
    """A JavaScript module with some of its functions replaced."""

    def __init__(self, real: Any, **replaced: object) -> None:  # noqa: ANN401 - a JavaScript module
        self._real = real
        vars(self).update(replaced)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it has
        return getattr(self._real, name)


class _Nothing:
    """What a module that is cut off has in place of JavaScript: asked for anything, it is there."""

    def __getattr__(self, _name: str) -> _Nothing:
        return self

    def __setattr__(self, _name: str, _value: object) -> None:
        pass

    def __call__(self, *values: object, **_more: object) -> _Nothing:
        for value in values:
            if asyncio.iscoroutine(value):
                value.close()
        return self

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __await__(self) -> Iterator[Any]:
        yield from asyncio.Event().wait().__await__()


async def _restart(watch: Any, changed: dict[str, str | None]) -> str | None:  # noqa: ANN401
    """Start again with these files. Returns: None, or why the page is as it was."""
    _write(changed)
    has_core = any(name.startswith(f"{PACKAGE}/core/") for name in changed)
    before, tasks = _taken_out(has_core), asyncio.all_tasks() - {asyncio.current_task()}
    closed: dict[str, dict[str, Any]] = {}
    give_back = None
    try:
        main = importlib.import_module(MAIN)
        _import_again(before)
        closed = _close(before)
        give_back = watch.cutOff()
        await main.start()
    except Exception as error:  # noqa: BLE001 - an edit may raise anything
        _taken_out(has_core)
        _put_back(before)
        for name, values in closed.items():
            vars(before[name]).update(values)
        if give_back is not None:
            give_back()
        return _sentence(error)
    for task in tasks:
        task.cancel()
    watch.endOffer()
    return None


def _import_again(before: Iterable[str]) -> None:
    """What was shown is imported later than the page starts: an edit that fails is told now."""
    for name in before:
        if find_spec(name) is not None:
            importlib.import_module(name)


def _write(changed: dict[str, str | None]) -> None:
    """Put the files in place; the bytecode of what they were goes."""
    root = Path(sys.modules[PACKAGE].__path__[0]).parent
    for name, text in changed.items():
        file = root / name
        if (text is not None) != file.exists():
            importlib.invalidate_caches()  # a fifth of a second, so only where a list changes
        Path(cache_from_source(str(file))).unlink(missing_ok=True)
        if text is None:
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")


def _taken_out(has_core: bool) -> dict[str, ModuleType]:  # noqa: FBT001 - a plain yes or no
    """Take our modules out of Python's list; those that run go on.

    Args:
        has_core: The core's, too; where it stays, it forgets what it has read.
    """
    ours = {name for name in sys.modules if name.startswith(f"{PACKAGE}.")}
    kept = set() if has_core else {name for name in ours if name.split(".")[1] == "core"}
    for name in kept:
        for value in vars(sys.modules[name]).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()
    return {name: sys.modules.pop(name) for name in ours - kept}


def _put_back(modules: dict[str, ModuleType]) -> None:
    """Undo `_taken_out`."""
    sys.modules.update(modules)
    for name, module in modules.items():
        parent, _, child = name.rpartition(".")
        setattr(sys.modules[parent], child, module)


def _close(modules: dict[str, ModuleType]) -> dict[str, dict[str, Any]]:
    """Put nothing in place of all that reaches JavaScript. Returns: What stood there, by module."""
    closed = {}
    for name, module in modules.items():
        names = vars(module)
        if "js" in names:
            closed[name] = {key: value for key, value in names.items() if _reaches(value)}
            names.update(dict.fromkeys(closed[name], _Nothing()))
    return closed


def _reaches(value: object) -> bool:
    """Whether a module's value is one of JavaScript, or a function that may use one."""
    is_function = callable(value) and not isinstance(value, type)
    return is_function or type(value).__name__ == "JsProxy"


def _sentence(error: Exception) -> str:
    """Where and what."""
    said = f"{type(error).__name__}: {error}"
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if PACKAGE in frame.filename
    ]
    if not frames:
        return f"{said}."
    place = frames[-1].filename.rpartition(f"/{PACKAGE}/")[2]
    return f"py/{PACKAGE}/{place}, line {frames[-1].lineno}: {said}."
