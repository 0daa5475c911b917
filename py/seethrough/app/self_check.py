"""Holds what this device computes to stored numbers of the open model, once at each start.

It comes last: it waits until nobody wants the engine, and gives way to whoever does. The engine
keeps what it has read meanwhile, so that a text that goes on costs what it did before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seethrough.app.message import Message
from seethrough.app.turns import Turn
from seethrough.core.errors import CancelledRunError, InputError, SeethroughError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.loaded import LoadedModel
    from seethrough.app.service import Service
    from seethrough.core.self_check import Outcome, SelfCheck

MISMATCH = "check.mismatch"


class Checker:
    """Checks each model that is opened.

    Args:
        rest: Returns once the page has rested for a while.
    """

    def __init__(self, service: Service, rest: Callable[[], Awaitable[None]]) -> None:
        self._service = service
        self._rest = rest
        self._seen: LoadedModel | None = None  # the model that was looked at last

    @property
    def is_due(self) -> bool:
        """Whether a model is open that was not looked at."""
        model = self._service.model
        return model is not None and model is not self._seen

    async def check(self) -> None:
        """Check the open model, once, when nobody wants the engine.

        Where a build has no stored numbers, or they or the engine fail, nothing is claimed.
        """
        model = self._seen = self._service.model
        outcome = None
        try:
            stored = model and await self._service.library.self_check(model.manifest.id)
            while model and stored and outcome is None and self._service.model is model:
                await self._rest()
                outcome = None if self._is_wanted() else await self._aside(model, stored)
        except SeethroughError:
            return
        if outcome is not None:
            tell(self._service, outcome)

    def _is_wanted(self) -> bool:
        """Whether the reader or a script wants the engine."""
        return bool(self._service.store.state.site.busy) or self._service.turns.now is not None

    async def _aside(self, model: LoadedModel, stored: SelfCheck) -> Outcome | None:
        """The outcome; None where somebody else wanted the engine, or opened another model."""
        try:
            async with self._service.turns.take(Turn(gives_way=True)):
                return await outcome_of(model, stored) if model is self._service.model else None
        except CancelledRunError:
            return None


async def outcome_of(model: LoadedModel, stored: SelfCheck) -> Outcome:
    """Run the stored text and compare; whoever asks has the turn."""
    return stored.compare(await model.run_aside(stored.ids, stored.names))


def tell(service: Service, outcome: Outcome) -> None:
    """Put the outcome beside the engine's state; what is not the model's is said loudly."""
    site = service.store.state.site
    service.store.replace(engine=replace(site.engine, check=outcome))
    if not outcome.is_ok:
        service.store.replace(error=Message(MISMATCH))


async def check(service: Service, *, model: str | None = None) -> dict[str, Any]:
    """Check a model now, for a script: see Outcome.told.

    Raises:
        InputError: This build has no stored numbers of it.
        DownloadError, SourceError: They cannot be read.
    """
    async with service.use(model) as opened:
        stored = await service.library.self_check(opened.manifest.id)
        if stored is None:
            raise InputError("check.none", model=opened.manifest.title)
        outcome = await outcome_of(opened, stored)
        tell(service, outcome)
    return outcome.told()
