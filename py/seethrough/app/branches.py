"""The ways that a text went: back to an earlier token, on with another one, and back again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.state import Branch, Sampling
from seethrough.core import hooks, sampling
from seethrough.core.errors import EngineError
from seethrough.core.tokens import (
    CONTEXT,
    END,
    LIMIT,
    STEP_CANDIDATES,
    NewToken,
    step_candidates,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.actions import Actions
    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.tokens import Candidate

MOST_BRANCHES = 12


class Branches:
    """What a reader can do with the steps of a continuation; each asks the actions."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    def select_step(self, step: int) -> None:
        """Show what one step could have said; the chosen one again: the last step's."""
        state = self._actions.state
        chosen = None if step == state.chosen_step else step
        if 0 <= step < len(state.steps):
            self._actions.store.replace(chosen_step=chosen)

    async def go_to(self, n_new: int) -> None:
        """Make the prompt with its first new tokens the shown input; the others stay behind it."""
        state = self._actions.state
        if not 0 <= n_new <= len(state.steps):
            return
        way = state.steps
        work = self._actions.turn_to(way[:n_new], way[n_new:], state.stop, branches=state.branches)
        await self._actions.during("run", work)

    async def fork(self, step: int, token: int) -> None:
        """Go on with another candidate of a step, as the settings say; the old way is kept."""
        state = self._actions.state
        if not 0 <= step < len(state.steps):
            return
        instead = taken(state.steps[step], token)
        if instead is not None:
            way = (*state.steps[:step], instead)
            await self._actions.during("generate", self._fork(way, state.sampling))

    async def go_on(self) -> None:
        """Write on behind what is written, as if it had never stopped."""
        state = self._actions.state
        if state.tokens:
            await self._actions.during("generate", self._go_on(state.sampling))

    async def one_more(self) -> None:
        """Write one token more, as the settings say; the text is not at its end with it."""
        state = self._actions.state
        if state.tokens and state.stop not in {END, CONTEXT}:
            one = replace(state.sampling, max_new_tokens=1)
            await self._actions.during("generate", self._go_on(one, is_limit=False))

    async def return_to(self, index: int) -> None:
        """Take another way again; the present one takes its place among the others."""
        state = self._actions.state
        if not 0 <= index < len(state.branches):
            return
        to = state.branches[index]
        n_same = n_common([step.id for step in state.written], to.ids)
        work = self._actions.turn_to(
            to.steps[:n_same], to.steps[n_same:], to.stop, branches=beside(state, to.ids)
        )
        await self._actions.during("run", work)

    async def _fork(self, way: tuple[NewToken, ...], settings: Sampling) -> None:
        state, actions = self._actions.state, self._actions
        others = beside(state, [step.id for step in way])
        n_input = min(len(state.written), len(way) - 1)
        await actions.turn_to(way[:n_input], way[n_input:], "", branches=others)
        if actions.ends(way[-1].id):
            actions.store.replace(stop=END)
            return
        left = settings.max_new_tokens - len(way)
        most = left if left > 0 else settings.max_new_tokens
        await actions.write_on(replace(settings, max_new_tokens=most))

    async def _go_on(self, settings: Sampling, *, is_limit: bool = True) -> None:
        state, actions = self._actions.state, self._actions
        await actions.turn_to(state.written, state.continuation, "", branches=state.branches)
        await actions.write_on(settings)
        if not is_limit and actions.state.stop == LIMIT:
            actions.store.replace(stop="")


async def replay(actions: Actions, ids: tuple[int, ...], n_input: int, stop: str) -> None:
    """Put these very tokens behind the prompt, each with what the model gave it there.

    The first `n_input` become part of the input; what was written before is another way. `stop`
    counts where the tokens themselves do not tell why they ended.
    """
    others = beside(actions.state, ids)
    await actions.turn_to(())
    await actions.write_on(Sampling(max_new_tokens=len(ids)), given=ids)
    state = actions.state
    way = state.continuation
    if len(way) < len(ids):
        stop = state.stop
    elif actions.ends(ids[-1]):
        stop = END
    elif state.config is not None and len(state.tokens) + len(way) >= state.config.n_ctx:
        stop = CONTEXT
    await actions.turn_to(way[:n_input], way[n_input:], stop, branches=others)


def taken(step: NewToken, token: int) -> NewToken | None:
    """A step as it is if another of its candidates is taken; None: it is none of them."""
    for rank, item in enumerate(step.candidates):
        if item.id == token != step.id:
            return token_of(item, rank, step.candidates, step.elapsed_ms)
    return None


def token_of(
    item: Candidate, rank: int, candidates: tuple[Candidate, ...], elapsed_ms: float
) -> NewToken:
    """A candidate as the token that was taken."""
    return NewToken(item.id, item.text, item.visible, item.prob, rank, candidates, elapsed_ms)


async def chosen_by_reader(service: Service, token: int) -> NewToken:
    """A token that the reader puts behind the text, with what the model gave it there.

    Raises:
        EngineError: No model is loaded.
    """
    state, model = service.store.state, service.model
    if model is None:
        raise EngineError("engine.not_loaded")
    ids = tuple(item.id for item in state.tokens)
    logits = state.captured.row(hooks.LOGITS, len(ids) - 1)
    if logits is None:
        for rank, item in enumerate(state.top):
            if item.id == token:
                best = state.top[: max(STEP_CANDIDATES, rank + 1)]
                return token_of(item, rank, best, state.elapsed_ms)
        logits = (await service.run_ids(ids, (hooks.LOGITS,))).arrays[hooks.LOGITS][0]
    return NewToken(
        token,
        *texts(model.tokenizer, token),
        *sampling.standing(logits, token),
        step_candidates(model.tokenizer, logits, token),
        state.elapsed_ms,
    )


def beside(state: AppState, way: Sequence[int]) -> tuple[Branch, ...]:
    """The other ways, once the text goes this one.

    The present one is among them, unless the new one begins with it; none is there twice.
    """
    known = {branch.ids: branch for branch in (*state.branches, Branch(state.steps, state.stop))}
    others = [branch for ids, branch in known.items() if ids != tuple(way[: len(ids)])]
    return tuple(others[-MOST_BRANCHES:])


def n_common(first: Sequence[int], second: Sequence[int]) -> int:
    """How long the common beginning is."""
    pairs = zip(first, second, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
