"""Answers scripts: checks what arrived, asks the Service in the order of asking, never throws.

An answer is {value} or {error: {key, fields, sentence}}.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from seethrough.app import arguments as check
from seethrough.app import asked_atlas, decoding, self_check
from seethrough.app.inputs import KNOBS
from seethrough.app.settings import kinds
from seethrough.app.turns import Turn, drop
from seethrough.core.errors import SeethroughError
from seethrough.core.npz import to_npz
from seethrough.core.settings import shaping

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.service import Service

    Work = Awaitable[Any]

MODEL = {"model": str}
OF_PROMPT = {"chat": bool, **MODEL}
OF_CAPTURE = {**OF_PROMPT, **dict.fromkeys(KNOBS, object)}
# Answered at once, whoever has the engine.
AT_ONCE = "ready"


class Calls:
    """One method per call of `window.seethrough`: it checks the call's arguments.

    What it gives is awaited once the engine is free.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._going: dict[int, Turn] = {}
        self._numbers = itertools.count(-1, -1)
        self._calls: dict[str, Callable[[list[Any]], Work]] = {
            AT_ONCE: lambda _arguments: service.ready(),
            "load": self._load,
            "hooks": self._hooks,
            "tokenize": self._tokenize,
            "decode": self._decode,
            "next": self._next,
            "capture": self._capture,
            "npz": self._npz,
            "lens": self._lens,
            "generate": self._generate,
            "distribution": self._distribution,
            "beam": self._beam,
            "weight": self._weight,
            "check": self._check,
            "neighbours": self._neighbours,
            "where": self._where,
            "train": self._train,
        }

    async def reply(
        self, name: str, arguments: list[Any], number: int | None = None
    ) -> dict[str, Any]:
        """Answer one call with {value} or {error}; `abort(number)` ends it."""
        try:
            work = self._calls[name](arguments)
            if name != AT_ONCE:
                work = self._in_turn(work, next(self._numbers) if number is None else number)
            return {"value": await work}
        except SeethroughError as error:
            return {"error": failure(error)}
        except Exception as error:  # noqa: BLE001 - a caller gets a sentence, not a traceback
            reason = f"{type(error).__name__}: {error}"[:200]
            return {"error": failure(SeethroughError("door.failed", reason=reason))}

    def abort(self, number: int) -> None:
        """End a call: one that waits never begins, one that runs ends at its next safe point."""
        if number in self._going:
            self._service.turns.stop(self._going[number])

    async def _in_turn(self, work: Work, number: int) -> object:
        turn = self._going[number] = Turn(is_script=True)
        try:
            async with self._service.turns.take(turn):
                return await work
        finally:
            drop(work)
            del self._going[number]

    def _load(self, arguments: list[Any]) -> Work:
        model_id, options = check.padded("load", arguments, 2)
        wanted = None if model_id is None else check.text("id", model_id)
        return self._service.load(wanted, **check.options(options, {"mode": str}))

    def _hooks(self, arguments: list[Any]) -> Work:
        pattern, options = check.padded("hooks", arguments, 2)
        wanted = "*" if pattern is None else check.text("pattern", pattern)
        return self._service.hooks(wanted, **check.options(options, MODEL))

    def _tokenize(self, arguments: list[Any]) -> Work:
        given, options = check.padded("tokenize", arguments, 2)
        is_text = not isinstance(given, list | memoryview)
        text = check.text("text", given) if is_text else check.ids(given)
        return self._service.tokenize(text, **check.options(options, MODEL))

    def _decode(self, arguments: list[Any]) -> Work:
        ids, options = check.padded("decode", arguments, 2)
        return self._service.decode(check.ids(ids), **check.options(options, MODEL))

    def _next(self, arguments: list[Any]) -> Work:
        prompt, options = check.padded("next", arguments, 2)
        checked = check.options(options, {"k": int, **OF_PROMPT})
        return self._service.next(check.prompt(prompt), **checked)

    def _capture(self, arguments: list[Any]) -> Work:
        prompt, names, options = check.padded("capture", arguments, 3)
        checked = with_knobs(check.options(options, OF_CAPTURE))
        return self._service.capture(check.prompt(prompt), check.names(names), **checked)

    def _npz(self, arguments: list[Any]) -> Work:
        prompt, names, options = check.padded("npz", arguments, 3)
        checked = with_knobs(check.options(options, {**OF_CAPTURE, "file": str}))
        file = checked.pop("file", None)
        return self._saved(check.prompt(prompt), check.names(names), file, checked)

    async def _saved(
        self, prompt: str | list[int], names: list[str], file: str | None, options: dict[str, Any]
    ) -> dict[str, Any]:
        """A capture with its input's ids as the bytes of an .npz file."""
        async with self._service.use(options.get("model")):
            ids = self._service.prompt_ids(prompt, chat=options.get("chat", False))
            arrays = await self._service.capture(prompt, names, **options)
        return {"data": to_npz(ids, arrays), "file": file}

    def _lens(self, arguments: list[Any]) -> Work:
        prompt, options = check.padded("lens", arguments, 2)
        known = {"layers": object, "positions": object, "k": int, **OF_PROMPT}
        checked = check.options(options, known)
        for name in {"layers", "positions"} & checked.keys():
            checked[name] = check.places(name, checked[name])
        return self._service.lens(check.prompt(prompt), **checked)

    def _generate(self, arguments: list[Any]) -> Work:
        prompt, options = check.padded("generate", arguments, 2)
        checked = check.options(options, {**kinds(), **OF_PROMPT})
        return self._service.generate(check.prompt(prompt), **checked)

    def _distribution(self, arguments: list[Any]) -> Work:
        prompt, options = check.padded("distribution", arguments, 2)
        shapes = {name: kind for name, kind in kinds().items() if name in shaping()}
        checked = check.options(options, {"k": int, **shapes, **OF_PROMPT})
        return decoding.distribution(self._service, check.prompt(prompt), **checked)

    def _beam(self, arguments: list[Any]) -> Work:
        prompt, options = check.padded("beam", arguments, 2)
        known = {"beams": int, "max_new_tokens": int, "length_penalty": float, **OF_PROMPT}
        checked = check.options(options, known)
        return decoding.beam(self._service, check.prompt(prompt), **checked)

    def _weight(self, arguments: list[Any]) -> Work:
        name, rows, options = check.padded("weight", arguments, 3)
        wanted = None if rows is None else check.rows(rows)
        checked = check.options(options, MODEL)
        return self._service.weight(check.text("name", name), wanted, **checked)

    def _check(self, arguments: list[Any]) -> Work:
        (options,) = check.padded("check", arguments, 1)
        return self_check.check(self._service, **check.options(options, MODEL))

    def _neighbours(self, arguments: list[Any]) -> Work:
        token, options = check.padded("neighbours", arguments, 2)
        checked = check.options(options, {"k": int, **MODEL})
        return asked_atlas.neighbours(self._service.library, check.ids([token])[0], **checked)

    def _where(self, arguments: list[Any]) -> Work:
        ids, options = check.padded("where", arguments, 2)
        checked = check.options(options, {"layout": str, **MODEL})
        return asked_atlas.where(self._service.library, check.ids(ids), **checked)

    def _train(self, arguments: list[Any]) -> Work:
        from seethrough.app import lessons  # noqa: PLC0415 - no start needs it

        plan, options = check.padded("train", arguments, 2)
        check.options(options, {})
        checked = check.options(plan, lessons.OPTIONS)
        return lessons.train_for(self._service, **checked)


def with_knobs(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a capture, its knobs as arrays under one name."""
    knobs = {name: check.knob(name, options[name]) for name in KNOBS if name in options}
    others = {name: value for name, value in options.items() if name not in KNOBS}
    return {**others, "knobs": knobs}


def failure(error: SeethroughError) -> dict[str, Any]:
    """An error as plain values: key, fields and sentence."""
    fields = {name: _simple(value) for name, value in error.fields.items()}
    return {"key": error.key, "fields": fields, "sentence": str(error)}


def _simple(value: object) -> object:
    return value if isinstance(value, str | int | float | bool) else str(value)
