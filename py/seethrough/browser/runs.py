"""The file of a run: handed to the reader, and opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.run_files import file_of, open_file
from seethrough.app.state import Message
from seethrough.browser import host
from seethrough.browser.passing import let_pass
from seethrough.core.run_file import MOST_LETTERS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping
    from typing import Any

    from seethrough.app.actions import Actions

    Work = Coroutine[Any, Any, None]
    Handler = Callable[[Mapping[str, str]], Work | None]

BOX = "open-run"


class Runs:
    """Handlers of what saves and opens a run.

    Args:
        live: Does what computes, and lets the address follow.
    """

    def __init__(self, actions: Actions, live: Callable[[Work], Awaitable[None]]) -> None:
        self._actions = actions
        self._live = live

    def handlers(self) -> dict[str, Handler]:
        """Action -> what it does."""
        return {"save-run": lambda _values: self._save(), BOX: lambda _values: self._open()}

    async def _save(self) -> None:
        text = file_of(self._actions)
        if text is None:
            return
        end, name = host.hand_text(text, "application/json", "json")
        notice = Message(f"tools.{end}", {"name": name})
        self._actions.store.replace(notice=notice)
        await let_pass(self._actions.store, notice)

    async def _open(self) -> None:
        text = await host.chosen_text(BOX, MOST_LETTERS)
        if text is not None:
            await self._live(self._run(text))

    async def _run(self, text: str) -> None:
        await open_file(self._actions, text)
