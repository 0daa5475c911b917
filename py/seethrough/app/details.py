"""What the shown step needs beyond the run itself, fetched when the reader comes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.block_details import BlockDetails
from seethrough.app.layer_details import LayerDetails
from seethrough.app.parts import Parts
from seethrough.app.unembedding import Unembedding

if TYPE_CHECKING:
    from seethrough.app.service import Service


class Details:
    """Fills `captured` and `lens` with what the walk's present step shows.

    A recorded walk has parts for it; of a live run the model is asked.
    """

    def __init__(self, service: Service, parts: Parts | None = None) -> None:
        self.service = service
        self.store = service.store
        self.parts = parts or Parts(service)
        self.unembedding = Unembedding(service)
        self.layers = LayerDetails(service)
        self.block = BlockDetails(service)

    async def fill(self) -> None:
        """Fetch what is missing, if anything is."""
        await self.parts.fill()
        await self.unembedding.fill()
        await self.layers.fill()
        await self.block.fill()
