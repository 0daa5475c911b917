"""What a reader does with the steps of a text: back to an earlier token, on with another one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.state import Sampling
from seethrough.app.ways import beside, ids_of, n_common, taken, without
from seethrough.core.tokens import CONTEXT, END, LIMIT
from seethrough.core.tree import PRESENT

if TYPE_CHECKING:
    from seethrough.app.actions import Actions
    from seethrough.app.run import Run
    from seethrough.core.tokens import NewToken


MOST_NAME = 40  # signs of a place's name


class Branches:
    """What a reader can do with the steps of a continuation; each asks the actions."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    def select_step(self, step: int) -> None:
        """Show what one step could have said; the chosen one again: the last step's."""
        state = self._actions.state
        chosen = None if step == state.choice.chosen_step else step
        if 0 <= step < len(state.run.steps):
            self._actions.store.replace(chosen_step=chosen)

    async def go_to(self, n_new: int) -> None:
        """Make the prompt with its first new tokens the shown input; the others stay behind it."""
        state = self._actions.state
        if not 0 <= n_new <= len(state.run.steps):
            return
        way = state.run.steps
        work = self._actions.runner.turn_to(
            way[:n_new], way[n_new:], state.run.stop, branches=state.run.branches
        )
        await self._actions.during("run", work)

    async def fork(self, step: int, token: int) -> None:
        """Go on with another candidate of a step, as the settings say; the old way is kept."""
        state = self._actions.state
        if not 0 <= step < len(state.run.steps):
            return
        instead = taken(state.run.steps[step], token)
        if instead is not None:
            way = (*state.run.steps[:step], instead)
            await self._actions.during("generate", self._fork(way, state.sampling))

    async def go_on(self) -> None:
        """Write on behind what is written, as if it had never stopped."""
        state = self._actions.state
        if state.run.tokens:
            await self._actions.during("generate", self._go_on(state.sampling))

    async def one_more(self) -> None:
        """Write one token more, as the settings say; the text is not at its end with it."""
        state = self._actions.state
        if state.run.tokens and state.run.stop not in {END, CONTEXT}:
            one = state.sampling.but(max_new_tokens=1)
            await self._actions.during("generate", self._go_on(one, is_limit=False))

    async def return_to(self, index: int) -> None:
        """Take another way again; the present one takes its place among the others."""
        state = self._actions.state
        if not 0 <= index < len(state.run.branches):
            return
        to = state.run.branches[index]
        n_same = n_common(ids_of(state.run.written), to.ids)
        work = self._actions.runner.turn_to(
            to.steps[:n_same], to.steps[n_same:], to.stop, branches=beside(state.run, to.ids)
        )
        await self._actions.during("run", work)

    async def stand_at(self, index: int, step: int) -> None:
        """Take the way that goes through a place of the tree, and show that place's step."""
        if index != PRESENT:
            await self.return_to(index)
        if 0 <= step < len(self._actions.state.run.steps):
            self._actions.store.replace(chosen_step=step)

    def name(self, step: int, name: str) -> None:
        """Call a place of the present way something; nothing takes its name away."""
        run = self._actions.state.run
        path = ids_of(run.steps[: step + 1])
        if not 0 <= step < len(run.steps):
            return
        names = {place: known for place, known in run.place_names.items() if place != path}
        words = " ".join(name.split())[:MOST_NAME]
        self._actions.store.replace(
            run=replace(run, place_names={**names, path: words} if words else names)
        )

    async def prune(self, step: int) -> None:
        """Cut the tree off at a place of the present way; the text ends before it."""
        run = self._actions.state.run
        if 0 <= step < len(run.steps) and run.source == "live":
            left = without(run, ids_of(run.steps[: step + 1]))
            await self._actions.during("run", self._prune(left))

    async def _prune(self, left: Run) -> None:
        actions = self._actions
        await actions.runner.turn_to(
            left.written, left.continuation, left.stop, branches=left.branches
        )
        shown = replace(actions.state.run, place_names=left.place_names)
        actions.store.replace(run=shown)

    async def _fork(self, way: tuple[NewToken, ...], settings: Sampling) -> None:
        state, actions = self._actions.state, self._actions
        others = beside(state.run, ids_of(way))
        n_input = min(len(state.run.written), len(way) - 1)
        await actions.runner.turn_to(way[:n_input], way[n_input:], "", branches=others)
        if actions.runner.ends(way[-1].id):
            actions.store.replace(stop=END)
            return
        left = settings.max_new_tokens - len(way)
        most = left if left > 0 else settings.max_new_tokens
        await actions.runner.write_on(settings.but(max_new_tokens=most))

    async def _go_on(self, settings: Sampling, *, is_limit: bool = True) -> None:
        state, actions = self._actions.state, self._actions
        await actions.runner.turn_to(
            state.run.written, state.run.continuation, "", branches=state.run.branches
        )
        await actions.runner.write_on(settings)
        if not is_limit and actions.state.run.stop == LIMIT:
            actions.store.replace(stop="")


async def replay(actions: Actions, ids: tuple[int, ...], n_input: int, stop: str) -> None:
    """Put these very tokens behind the prompt, each with what the model gave it there.

    The first `n_input` become part of the input; what was written before is another way. `stop`
    counts where the tokens themselves do not tell why they ended.
    """
    others = beside(actions.state.run, ids)
    await actions.runner.turn_to(())
    await actions.runner.write_on(Sampling(max_new_tokens=len(ids)), given=ids)
    state = actions.state
    way = state.run.continuation
    if len(way) < len(ids):
        stop = state.run.stop
    elif actions.runner.ends(ids[-1]):
        stop = END
    elif (
        state.run.config is not None and len(state.run.tokens) + len(way) >= state.run.config.n_ctx
    ):
        stop = CONTEXT
    await actions.runner.turn_to(way[:n_input], way[n_input:], stop, branches=others)
