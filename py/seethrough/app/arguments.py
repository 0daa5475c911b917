"""What a script passed, checked: each check gives a plain Python value or says what is wrong."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array

TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}  # no words: JavaScript's
MAX_SHOWN = 60
SIGNAL = "signal"  # web/door.js takes it out where it is one


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


def padded(call: str, arguments: list[Any], size: int) -> list[Any]:
    """The values of a call, None for those that are left out.

    Raises:
        InputError: There are more than it takes.
    """
    if len(arguments) > size:
        raise InputError("door.too_many", call=call, expected=size, got=len(arguments))
    return [*arguments, *[None] * (size - len(arguments))]


def prompt(value: Any) -> str | list[int]:  # noqa: ANN401 - anything may arrive
    """A text, or token ids.

    Raises:
        InputError: It is neither.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, list | memoryview):
        raise InputError("door.prompt", got=shown(value))
    return ids(value)


def ids(value: Any) -> list[int]:  # noqa: ANN401 - anything may arrive
    """Token ids.

    Raises:
        InputError: They are no whole numbers from 0.
    """
    found = wholes(value)
    if found is None or min(found, default=0) < 0:
        raise InputError("door.ids", got=shown(value))
    return found


def text(name: str, value: Any) -> str:  # noqa: ANN401 - anything may arrive
    """A string.

    Raises:
        InputError: It is none.
    """
    if not isinstance(value, str):
        raise InputError("door.text", name=name, got=shown(value))
    return value


def names(value: Any) -> list[str]:  # noqa: ANN401 - anything may arrive
    """Names of hooks.

    Raises:
        InputError: They are no strings.
    """
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise InputError("door.names", got=shown(value))
    return value


def rows(value: Any) -> list[int]:  # noqa: ANN401 - anything may arrive
    """Rows of a weight.

    Raises:
        InputError: They are no whole numbers from 0.
    """
    found = wholes(value)
    if found is None or min(found, default=0) < 0:
        raise InputError("door.rows", got=shown(value))
    return found


def places(name: str, value: Any) -> list[int]:  # noqa: ANN401 - anything may arrive
    """Layers or positions; negative ones count from the end.

    Raises:
        InputError: They are no whole numbers.
    """
    found = wholes(value)
    if found is None:
        raise InputError("door.places", name=name, got=shown(value))
    return found


def wholes(value: Any) -> list[int] | None:  # noqa: ANN401 - anything may arrive
    """Whole numbers; None where it is anything else."""
    numbers = list(value) if isinstance(value, list | memoryview) else [None]
    found = [_whole(number) for number in numbers]
    return None if None in found else [number for number in found if number is not None]


def _whole(value: Any) -> int | None:  # noqa: ANN401 - anything may arrive
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if math.isfinite(value) and value == int(value) else None


def options(value: Any, known: Mapping[str, type]) -> dict[str, Any]:  # noqa: ANN401
    """The options of a call that are given, each of its kind; `object` means any.

    Raises:
        InputError: They are no object, or one of them is unknown or of another kind.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        example = "{" + next(iter(known)) + ": …}"
        raise InputError("door.options", got=shown(value), example=example)
    checked = {}
    for name, item in value.items():
        if name == SIGNAL and item is not None:
            raise InputError("door.signal", got=shown(item))
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
