"""Checks each model that is opened, once the page rests; hands out the report."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from seethrough.app.self_check import Checker
from seethrough.app.state import Message
from seethrough.browser import ffi, host
from seethrough.browser.passing import let_pass
from seethrough.view.self_check import report

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from seethrough.app.service import Service
    from seethrough.app.state import AppState

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]

# What the reader asked for is drawn by then, and what it asks for in turn is on its way.
QUIET_S = 1.0


class SelfCheck:
    """Follows the engine."""

    def __init__(self, service: Service) -> None:
        self._store = service.store
        self._checker = Checker(service, rest)

    def handlers(self) -> dict[str, Handler]:
        """Action -> what it does."""
        return {"copy-report": lambda _values: self._copy()}

    def follow(self) -> None:
        """Check the model that is open, and each that will be."""
        self._store.subscribe(("engine",), self._look)
        self._look(self._store.state)

    def _look(self, state: AppState) -> None:
        if state.site.engine.stage == "ready" and self._checker.is_due:
            ffi.start_task(self._checker.check())

    async def _copy(self) -> None:
        page = ffi.page_address().partition("#")[0]
        done = await ffi.copy(report(self._store.state, ffi.browser_name(), page))
        notice = Message("check.copied" if done else "tools.not_copied")
        self._store.replace(notice=notice)
        await let_pass(self._store, notice)


async def rest() -> None:
    """A while, and then until what changed is painted."""
    await asyncio.sleep(QUIET_S)
    await host.painted()
