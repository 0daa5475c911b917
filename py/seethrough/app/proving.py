"""Brings the report on how true a model's numbers are, when its page is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.message import Message
from seethrough.app.site import Proof
from seethrough.core.errors import SeethroughError

if TYPE_CHECKING:
    from seethrough.app.service import Service

MOST_NAMED = 60


class Proving:
    """The only writer of `site.proof`."""

    def __init__(self, service: Service) -> None:
        self._library = service.library
        self._store = service.store

    async def open(self, model_id: str = "") -> None:
        """Have a model's report; where none is named that of the shown one, else of the first.

        A model that this build lacks is told, and the page shows the usual one's.
        """
        state = self._store.state
        known = [card.id for card in state.site.models]
        usual = state.run.model if state.run.model in known else next(iter(known), "")
        model = model_id if model_id in known else usual
        if model_id not in {"", model}:
            fields = {"name": model_id[:MOST_NAMED], "known": ", ".join(known)}
            self._store.replace(notice=Message("fidelity.no_model", fields))
        shown = state.site.proof
        if model and (shown.model, shown.stage) != (model, "ready"):
            await self._bring(model)

    async def again(self) -> None:
        """Try once more, where the file did not come."""
        await self._bring(self._store.state.site.proof.model)

    async def _bring(self, model: str) -> None:
        asked = Proof(model, "loading")
        self._store.replace(proof=asked)
        try:
            report = await self._library.fidelity(model)
            found = Proof(model, "none" if report is None else "ready", report)
        except SeethroughError as error:
            found = Proof(model, "failed", error=Message(error.key, error.fields))
        if self._store.state.site.proof is asked:  # nobody asked for another one's meanwhile
            self._store.replace(proof=found)
