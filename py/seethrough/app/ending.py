"""A hundred endings of one text: each is drawn with a seed of its own, all from shared passes.

Ways that begin alike share their passes through the model: a branch costs one column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.decoding import logits_behind
from seethrough.app.pace import Pace
from seethrough.app.run import Endings
from seethrough.core import sampling

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from seethrough.app.runner import Runner
    from seethrough.app.service import Service
    from seethrough.core.cache import Array
    from seethrough.core.settings import Sampling

Way = tuple[int, ...]


class Ending:
    """Draws ways behind the shown text; what is drawn is the run's `endings`.

    Whoever calls `draw` has the engine (app/gate.py); stopped, what was drawn stays.
    """

    def __init__(self, service: Service, runner: Runner) -> None:
        self._service = service
        self._store = service.store
        self._runner = runner

    def set(self, name: str, written: str) -> None:
        """Change one number of the plan.

        Raises:
            InputError: It is no whole number, or outside its range.
        """
        self._store.replace(ending_plan=self._store.state.choice.ending_plan.but(name, written))

    async def draw(self) -> None:
        """Draw them all, with the settings as they stand; a recording's text is run live first."""
        if self._store.state.run.recorded is not None:
            await self._runner.of_recording(self._store.state.run.recorded)
        state, model = self._store.state, self._service.model
        run, settings, plan = state.run, state.sampling, state.choice.ending_plan
        if model is None or not run.tokens:
            return
        seeds = range(settings.seed, settings.seed + plan.n_draws)
        length, first = plan.n_tokens, len(run.written)
        drawing = Drawing(self._service, run.ids, settings, length, first=first)
        found: dict[Way, tuple[int, ...]] = {}
        pace = Pace()

        def tell() -> None:
            """Show what is known."""
            words = {token: model.tokenizer.visible(token) for each in found for token in each}
            known = Endings(settings, length, plan.n_draws, dict(found), words)
            self._store.replace(endings=known)

        try:
            async for way, its_seeds in drawing.ways(tuple(seeds)):
                found[way] = its_seeds
                if pace.is_due():
                    tell()
        finally:
            tell()


class Drawing:
    """Ways of so many tokens behind some ids; a way ends earlier where the model ends its text.

    Args:
        first: How many of the ids are new tokens already: each index has its own dart, so a way is
            what the model writes with its seed.
    """

    def __init__(
        self, service: Service, ids: Way, settings: Sampling, most: int, *, first: int
    ) -> None:
        self._service = service
        self._ids = ids
        self._settings = settings
        self._most = most
        self._first = first

    async def ways(self, seeds: tuple[int, ...]) -> AsyncIterator[tuple[Way, tuple[int, ...]]]:
        """Each different way, with the seeds that lead there.

        Raises:
            CancelledRunError: It was stopped between two passes.
            InputError: The settings leave no token.
        """
        open_ways: list[tuple[Way, tuple[int, ...]]] = [((), seeds)]
        while open_ways:
            way, its_seeds = open_ways.pop()
            if self._is_whole(way):
                yield way, its_seeds
                continue
            text = (*self._ids, *way)
            logits = await logits_behind(self._service, text)
            tokens = self._drawn(logits, its_seeds, text)
            groups = grouped(tokens, its_seeds)
            # The commonest way on is the next: its cache is the newest.
            rising = sorted(groups, key=lambda token: len(groups[token]))
            open_ways += [((*way, token), groups[token]) for token in rising]

    def _is_whole(self, way: Way) -> bool:
        """Whether nothing comes behind it."""
        model = self._service.model
        if model is None:
            return True
        has_ended = bool(way) and way[-1] in model.manifest.end_ids
        is_full = len(self._ids) + len(way) >= model.manifest.config.n_ctx
        return has_ended or is_full or len(way) >= self._most

    def _drawn(self, logits: Array, seeds: tuple[int, ...], text: Way) -> list[int]:
        """The next token for each seed."""
        shape = self._settings.shape
        if self._settings.temperature == 0:
            best = sampling.greedy(sampling.edited_logits(logits, text, shape))
            return [best] * len(seeds)
        step = self._first + len(text) - len(self._ids)
        shaped = sampling.reshape(logits, order=None, text=text, **shape)
        points = np.array([sampling.dart(seed, step) for seed in seeds])
        return [int(token) for token in shaped.landings(points)]


def grouped(tokens: Iterable[int], seeds: Iterable[int]) -> Mapping[int, tuple[int, ...]]:
    """The seeds of each token."""
    groups: dict[int, tuple[int, ...]] = {}
    for token, seed in zip(tokens, seeds, strict=True):
        groups[token] = (*groups.get(token, ()), seed)
    return groups
