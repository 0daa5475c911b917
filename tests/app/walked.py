"""A page of recorded walks with parts, without a browser."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING

import pytest

from seethrough.app.actions import Actions
from seethrough.app.navigation import Navigation
from seethrough.core.parts import LAYERS_PART, LOGITS_PART, write_names
from seethrough.core.reference import forward, from_arrays
from tests.fake_engine import served, tiny_model
from tests.recorded import PROMPT, parts, recorded, site_of
from tests.steps import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.parts import Part
    from tests.fake_engine import FakeSite

MODEL = tiny_model()
IDS = tuple(MODEL.tokenizer.encode(PROMPT))
LAST = len(IDS) - 1
MADE, SECOND = recorded(), recorded(name="second", prompt="an other", positions=(0, 1))
NAMES = write_names(MODEL.config)
# What each step shows of a walk beyond the recording itself.
PART_OF_STEP = {
    "embed": LOGITS_PART,
    "layers": LAYERS_PART,
    "logits": LOGITS_PART,
    "softmax": LOGITS_PART,
    "sample": LOGITS_PART,
}
PLACE = "models/tiny-7/recordings/parts/thing-logits"


def site(**parted: Mapping[str, Part]) -> FakeSite:
    """A site whose first recording has its parts; the second has them too if not told otherwise."""
    whole = {"thing": parts(), "second": parts(made=SECOND)}
    return site_of(MADE, SECOND, parted={**whole, **parted})


class Page:
    """What the page wires together, over a site."""

    def __init__(self, files: FakeSite) -> None:
        self.site = files
        self.service: Service = served(files)
        self.actions = Actions(self.service)
        self.navigation = Navigation(self.actions)

    @property
    def state(self) -> AppState:
        """What is shown."""
        return self.actions.state

    async def go(self, address: str) -> None:
        """Turn to an address as the page does: the place, then what its step lacks."""
        await self.navigation.go(parse(address))
        await self.actions.fetcher.fill()

    def fetched(self) -> list[str]:
        """The parts that were fetched, by the end of their names."""
        return [path.rpartition("/")[2] for path in self.site.fetched if "/parts/" in path]


def walked(*addresses: str, files: FakeSite | None = None) -> Page:
    """A page after the reader went to some addresses, one after the other."""

    async def scenario() -> Page:
        page = Page(files or site())
        await page.service.open()
        for address in addresses:
            await page.go(address)
        return page

    return asyncio.run(scenario())


async def until(is_so: Callable[[], object]) -> None:
    """Let the others go on until something is so."""
    for _ in range(1000):
        if is_so():
            return
        await asyncio.sleep(0)
    pytest.fail("waited too long")


@cache
def run() -> Mapping[str, Array]:
    """The same prompt's own run."""
    return forward(MODEL.config, from_arrays(MODEL.arrays), IDS)[0]
