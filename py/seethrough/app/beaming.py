"""The search with beams that a reader sees: round by round, until it is over or is stopped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.app.decoding import rules_of, search
from seethrough.app.run import Searched
from seethrough.core.errors import InputError

if TYPE_CHECKING:
    from seethrough.app.runner import Runner
    from seethrough.app.service import Service
    from seethrough.core.beam import Search


class Beaming:
    """Searches behind the shown text; what is found is the run's `searched`.

    Whoever calls `search` has the engine (app/gate.py); stopped, what was found stays.
    """

    def __init__(self, service: Service, runner: Runner) -> None:
        self._service = service
        self._store = service.store
        self._runner = runner

    def set(self, name: str, written: str) -> None:
        """Change one number of the plan.

        Raises:
            InputError: It is no number, or outside its range.
        """
        plan = self._store.state.choice.beam_plan
        self._store.replace(beam_plan=plan.but(name, number(name, written)))

    async def search(self) -> None:
        """Search as the plan says; the text of a recording is run live first."""
        run = self._store.state.run
        if run.recorded is not None:
            await self._runner.of_recording(run.recorded)
        run, plan = self._store.state.run, self._store.state.choice.beam_plan
        model = self._service.model
        if model is None or not run.tokens:
            return
        rules = rules_of(model.manifest, len(run.ids), plan.n_beams, plan.n_tokens, plan.penalty)

        def tell(now: Search) -> None:
            """Show what is known after a round."""
            seen = {grown.way.ids[-1] for told in now.rounds for grown in told}
            words = {token: model.tokenizer.visible(token) for token in sorted(seen)}
            self._store.replace(searched=Searched(plan, now, words))

        await search(self._service, run.ids, rules, tell)


def number(name: str, written: str) -> float:
    """A number as the reader wrote it.

    Raises:
        InputError: It is none.
    """
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError("page.number", name=name, got=written)
    return int(value) if value.is_integer() else value
