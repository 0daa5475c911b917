"""Goes to addresses without a browser."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from seethrough.app.navigation import Navigation
from tests.steps import parse

if TYPE_CHECKING:
    from seethrough.app.actions import Actions
    from seethrough.app.state import AppState


def state_after(actions: Actions, *addresses: str) -> AppState:
    """The state after going to some addresses, one after the other."""
    navigation = Navigation(actions)

    async def go() -> None:
        for one in addresses:
            await navigation.go(parse(one, languages=("en", "qps")))

    asyncio.run(go())
    return actions.state
