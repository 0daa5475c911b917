"""Answers `window.seethrough` (web/door.js): checks what arrived, asks the Service, never throws.

JavaScript gets {value} or {error: {key, fields, sentence}}; door.js makes an Error of the latter.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.app.inputs import KNOBS
from seethrough.app.settings import kinds
from seethrough.browser import ffi
from seethrough.core.errors import InputError, SeethroughError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from seethrough.app.service import Service
    from seethrough.core.cache import Array

TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}  # no words: JavaScript's
MAX_SHOWN = 60


class Door:
    """One method per call of `window.seethrough`; each takes the call's arguments."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._calls: dict[str, Callable[[list[Any]], Awaitable[Any]]] = {
            "ready": self._ready,
            "load": self._load,
            "tokenize": self._tokenize,
            "next": self._next,
            "capture": self._capture,
            "generate": self._generate,
            "weight": self._weight,
        }

    async def answer(self, name: str, arguments: ffi.Js) -> ffi.Js:
        """Answer one call with {value} or {error}."""
        return ffi.to_javascript(await self.reply(name, ffi.to_python(arguments)))

    async def reply(self, name: str, arguments: list[Any]) -> dict[str, Any]:
        """The same with plain Python values on both sides."""
        try:
            return {"value": await self._calls[name](arguments)}
        except SeethroughError as error:
            return {"error": failure(error)}
        except Exception as error:  # noqa: BLE001 - a caller gets a sentence, not a traceback
            reason = f"{type(error).__name__}: {error}"[:200]
            return {"error": failure(SeethroughError("door.failed", reason=reason))}

    async def _ready(self, _arguments: list[Any]) -> object:
        return await self._service.ready()

    async def _load(self, arguments: list[Any]) -> object:
        model_id, options = _padded("load", arguments, 2)
        wanted = None if model_id is None else _text("id", model_id)
        return await self._service.load(wanted, **_options(options, {"mode": str}))

    async def _tokenize(self, arguments: list[Any]) -> object:
        (text,) = _padded("tokenize", arguments, 1)
        return await self._service.tokenize(_text("text", text))

    async def _next(self, arguments: list[Any]) -> object:
        prompt, options = _padded("next", arguments, 2)
        return await self._service.next(
            _prompt(prompt), **_options(options, {"k": int, "chat": bool})
        )

    async def _capture(self, arguments: list[Any]) -> object:
        prompt, names, options = _padded("capture", arguments, 3)
        checked = _options(options, {"chat": bool, **dict.fromkeys(KNOBS, object)})
        knobs = {name: knob(name, checked.pop(name)) for name in KNOBS if name in checked}
        return await self._service.capture(_prompt(prompt), _names(names), knobs=knobs, **checked)

    async def _generate(self, arguments: list[Any]) -> object:
        prompt, options = _padded("generate", arguments, 2)
        return await self._service.generate(
            _prompt(prompt), **_options(options, {**kinds(), "chat": bool})
        )

    async def _weight(self, arguments: list[Any]) -> object:
        name, rows = _padded("weight", arguments, 2)
        wanted = None if rows is None else _rows(rows)
        return await self._service.weight(_text("name", name), wanted)


def failure(error: SeethroughError) -> dict[str, Any]:
    """An error as plain values: key, fields and sentence."""
    fields = {name: _simple(value) for name, value in error.fields.items()}
    return {"key": error.key, "fields": fields, "sentence": str(error)}


def knob(name: str, value: Any) -> Array:  # noqa: ANN401 - anything may arrive
    """A knob's array: nested arrays of numbers, or {dims, data}.

    Raises:
        InputError: It is neither, ragged, not of numbers, or its data do not fill its dims.
    """
    is_record = isinstance(value, dict) and set(value) == {"dims", "data"}
    numbers = value["data"] if is_record else value
    try:
        array = np.asarray(numbers, np.float32)
        dims = tuple(int(size) for size in value["dims"]) if is_record else array.shape
    except (TypeError, ValueError) as error:
        raise InputError("door.knob", name=name, got=shown(value)) from error
    if array.ndim == 0:
        raise InputError("door.knob", name=name, got=shown(value))
    if math.prod(dims) != array.size or min(dims, default=0) < 0:
        expected = math.prod(dims)
        raise InputError(
            "door.knob_dims", name=name, dims=list(dims), expected=expected, got=array.size
        )
    return array.reshape(dims)


def shown(value: Any) -> str:  # noqa: ANN401 - anything may arrive
    """What arrived, short and in JavaScript's signs."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return "{…}" if isinstance(value, dict) else "[…]"
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def _simple(value: object) -> object:
    return value if isinstance(value, str | int | float | bool) else str(value)


def _padded(call: str, arguments: list[Any], size: int) -> list[Any]:
    if len(arguments) > size:
        raise InputError("door.too_many", call=call, expected=size, got=len(arguments))
    return [*arguments, *[None] * (size - len(arguments))]


def _prompt(value: Any) -> str:  # noqa: ANN401 - anything may arrive
    if not isinstance(value, str):
        raise InputError("door.prompt", got=shown(value))
    return value


def _text(name: str, value: Any) -> str:  # noqa: ANN401 - anything may arrive
    if not isinstance(value, str):
        raise InputError("door.text", name=name, got=shown(value))
    return value


def _names(value: Any) -> list[str]:  # noqa: ANN401 - anything may arrive
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise InputError("door.names", got=shown(value))
    return value


def _rows(value: Any) -> list[int]:  # noqa: ANN401 - anything may arrive
    numbers = list(value) if isinstance(value, list | memoryview) else [None]
    rows = [_whole(number) for number in numbers]
    if any(row is None or row < 0 for row in rows):
        raise InputError("door.rows", got=shown(value))
    return [row for row in rows if row is not None]


def _whole(value: Any) -> int | None:  # noqa: ANN401 - anything may arrive
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if math.isfinite(value) and value == int(value) else None


def _options(value: Any, known: Mapping[str, type]) -> dict[str, Any]:  # noqa: ANN401
    if value is None:
        return {}
    if not isinstance(value, dict):
        example = "{" + next(iter(known)) + ": …}"
        raise InputError("door.options", got=shown(value), example=example)
    checked = {}
    for name, item in value.items():
        if name not in known:
            raise InputError("door.option_unknown", name=name, known=", ".join(known))
        if item is not None:
            checked[name] = _option(name, item, known[name])
    return checked


def _option(name: str, value: Any, kind: type) -> Any:  # noqa: ANN401 - anything may arrive
    if kind is object:
        return value
    number = _whole(value)
    if isinstance(value, kind) and kind in (bool, str):
        return value
    if kind is int and number is not None:
        return number
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise InputError("door.option_type", name=name, expected=TYPES[kind], got=shown(value))
