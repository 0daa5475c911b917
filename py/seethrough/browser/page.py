"""The page: panels follow the state, events become actions, the form follows what is going on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seethrough.app.state import Message, Sampling
from seethrough.browser import dom, ffi
from seethrough.core.errors import InputError, SeethroughError
from seethrough.view.layout import PANELS, describe_cell, raster_for

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from seethrough.app.actions import Actions
    from seethrough.app.state import AppState

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]

FORM = "prompt-form"
WAITING = ("idle", "ready", "failed")


class Page:
    """Draws the state of `actions` and hands it what the reader does."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._slots = dom.Slots()
        self._handlers: dict[str, Handler] = {
            "run": lambda _values: actions.run(self._prompt(), chat=self._chat()),
            "generate": lambda _values: actions.generate(
                self._prompt(), chat=self._chat(), settings=settings()
            ),
            "next": lambda _values: self._append_best(),
            "append-token": lambda values: actions.append(int(values["id"])),
            "download": lambda values: actions.load(values.get("model", "")),
            "retry": lambda values: actions.load(values.get("model", "")),
            "cancel": lambda _values: actions.cancel(),
            "stop": lambda _values: actions.cancel(),
            "select-layer": lambda values: actions.select_layer(int(values["value"])),
            "select-head": lambda values: actions.select_head(int(values["head"])),
            "select-position": lambda values: actions.select_position(int(values["position"])),
        }

    def start(self) -> None:
        """Draw everything once, then follow the state and the reader."""
        store = self._actions.store
        for slot, panel in PANELS.items():
            self._follow(slot, panel.fields, panel.render)
        store.subscribe(("engine", "busy", "top"), self._enable)
        self._enable(store.state)
        dom.listen(self._act)
        dom.Cells(lambda *cell: describe_cell(store.state, *cell))
        ffi.on_dark_change(lambda _event: self._draw())

    def _follow(
        self, slot: str, fields: tuple[str, ...], render: Callable[[AppState], str]
    ) -> None:
        def show(state: AppState) -> None:
            if self._slots.mount(slot, render(state)):
                self._draw(slot)

        self._actions.store.subscribe(fields, show)
        show(self._actions.store.state)

    def _draw(self, slot: str | None = None) -> None:
        state, dark = self._actions.store.state, ffi.prefers_dark()
        dom.draw(lambda name: raster_for(state, name, dark), slot)

    def _act(self, name: str, values: Mapping[str, str]) -> None:
        if name not in self._handlers:
            return
        try:
            work = self._handlers[name](values)
        except SeethroughError as error:
            self._actions.store.replace(error=Message(error.key, error.fields))
            return
        if work is not None:
            ffi.start_task(work)

    def _prompt(self) -> str:
        return dom.field(FORM, "prompt")

    def _chat(self) -> bool:
        return dom.field(FORM, "mode") == "chat"

    def _append_best(self) -> Coroutine[Any, Any, None] | None:
        top = self._actions.state.top
        return self._actions.append(top[0].id) if top else None

    def _enable(self, state: AppState) -> None:
        is_idle = not state.busy and state.engine.stage in WAITING
        for name in ("run", "generate"):
            dom.enable(FORM, name, is_enabled=is_idle)
        dom.enable(FORM, "next", is_enabled=is_idle and bool(state.top))
        dom.enable(FORM, "cancel", is_enabled=bool(state.busy) and state.busy != "generate")
        dom.enable(FORM, "stop", is_enabled=state.busy == "generate")


def settings() -> Sampling:
    """The sampling controls of the form.

    Raises:
        InputError: A control does not hold a number.
    """
    return Sampling(
        temperature=_number("temperature"),
        top_k=_whole("top_k"),
        top_p=_number("top_p"),
        seed=_whole("seed"),
        max_new_tokens=_whole("max_new_tokens"),
    )


def _number(name: str) -> float:
    written = dom.field(FORM, name)
    try:
        return float(written)
    except ValueError as error:
        raise InputError("page.number", name=name, got=written or "nothing") from error


def _whole(name: str) -> int:
    """A control's whole number; 2.7 or 1e999 is refused, not cut."""
    number = _number(name)
    if not number.is_integer():
        raise InputError("page.whole", name=name, got=dom.field(FORM, name))
    return int(number)
