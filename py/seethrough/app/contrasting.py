"""Writes two texts to be set side by side: with other settings, of another prompt or model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seethrough.app.decoding import logits_behind, odds_of
from seethrough.app.examples import example_of
from seethrough.app.generate import choose
from seethrough.app.pace import Pace
from seethrough.core import sampling
from seethrough.core.against import BY_MODEL, BY_PROMPT, BY_SETTINGS
from seethrough.core.contrast import Contrast, Share, Side, merged
from seethrough.core.errors import InputError
from seethrough.core.tokens import (
    CONTEXT,
    END,
    LIMIT,
    NewToken,
    candidates_and_entropy,
    step_candidates,
    token_view,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.generate import Step
    from seethrough.app.loaded import LoadedModel
    from seethrough.app.runner import Runner
    from seethrough.app.service import Service
    from seethrough.app.state import Run
    from seethrough.core.against import Against
    from seethrough.core.cache import Array
    from seethrough.core.settings import Sampling


@dataclass(frozen=True)
class Row:
    """What the engine gave before a token: the scores, and the text behind which they stand."""

    logits: Array
    text: tuple[int, ...]


class Contrasting:
    """Writes both sides, one after the other; what is written is the run's `contrast`.

    Whoever calls `write` has the engine (app/gate.py); stopped, what was written stays.
    """

    def __init__(self, service: Service, runner: Runner) -> None:
        self._service = service
        self._store = service.store
        self._runner = runner

    def set(self, name: str, written: str) -> None:
        """Change one thing of what the text is set against.

        Raises:
            InputError: There is no such thing, or it cannot be so.
        """
        plan = self._store.state.choice.against.but(name, written)
        self._store.replace(against=plan, column=None)

    async def example(self) -> None:
        """Have the recorded example of what the address says, where this build has a gallery."""
        state = self._store.state
        made = await example_of(self._service.library, state)
        if made is not None:
            self._store.replace(example=made)

    async def write(self) -> None:
        """Write both sides; a recording's text is run live first.

        Raises:
            InputError: The other prompt or model is the same, or there is none.
            CancelledRunError: It was stopped between two tokens.
        """
        plan = self._store.state.choice.against
        self._check(plan)
        if self._store.state.run.recorded is not None:
            await self._runner.of_recording(self._store.state.run.recorded)
        run, settings = self._store.state.run, self._store.state.sampling
        if self._service.model is None or not run.tokens:
            return
        self._store.replace(column=None)
        choice = self._store.state.choice

        def tell(contrast: Contrast) -> None:
            """Show what is known; another model's opening forgot the plan."""
            self._store.replace(contrast=contrast, against=plan)

        texts = TwoTexts(self._service, plan, settings, run, tell)
        if plan.kind != BY_MODEL:
            await texts.write()
            return
        try:
            await texts.write()
        finally:  # another model opened: what was shown of the first comes back with it
            contrast = self._store.state.run.contrast
            await self._service.load(run.model)
            shown = replace(run, contrast=contrast)
            self._store.replace(run=shown, choice=choice)

    def _check(self, plan: Against) -> None:
        state = self._store.state
        if plan.kind == BY_PROMPT and not plan.prompt.strip():
            raise InputError("input.empty")
        is_there = plan.model in {card.id for card in state.site.models}
        if plan.kind == BY_MODEL and (plan.model == state.run.model or not is_there):
            raise InputError("versus.no_model")


class TwoTexts:
    """Both sides of one contrast.

    Args:
        run: What is shown; its whole text is gone on with where only settings differ, else its
            prompt, so that both sides begin at the same place.
        tell: Shows what is known.
    """

    def __init__(
        self,
        service: Service,
        plan: Against,
        settings: Sampling,
        run: Run,
        tell: Callable[[Contrast], None],
    ) -> None:
        self._service = service
        self._plan = plan
        self._run = run
        self._show = tell
        self._pace = Pace()
        self._rows: tuple[list[Row], list[Row]] = ([], [])
        length = {"max_new_tokens": plan.n_tokens}
        other = plan.settings if plan.kind == BY_SETTINGS else settings
        model = self._opened()
        title, prompt = model.manifest.title, run.given[0] if run.given else ""
        left = Side(run.model, title, prompt, settings.but(**length))
        right = replace(left, settings=other.but(**length))
        if plan.kind == BY_PROMPT:
            right = replace(right, prompt=plan.prompt)
        self._now = Contrast(plan.kind, left, right, is_whole=False)

    async def write(self) -> None:
        """Write the left one, then the right one; show them as they grow.

        Raises:
            CancelledRunError: It was stopped between two tokens.
        """
        try:
            is_same = self._plan.kind == BY_SETTINGS
            ids = self._run.ids if is_same else self._run.ids[: self._run.n_prompt]
            first = len(self._run.written) if is_same else 0
            await self._write_side("left", ids, first)
            if self._plan.kind == BY_MODEL:
                await self._open_other()
            other = ids if is_same else self._other_ids()
            await self._write_side("right", other, first)
            self._now = replace(self._now, is_whole=True)
        finally:
            self._complete()
            self._show(self._now)

    async def _open_other(self) -> None:
        """Open the other model."""
        await self._service.load(self._plan.model)
        title = self._opened().manifest.title
        right = replace(self._now.right, model=self._plan.model, title=title)
        self._now = replace(self._now, right=right)

    def _other_ids(self) -> tuple[int, ...]:
        """The ids of the other prompt, or of the same one with the other model."""
        _, chat = self._run.given or ("", False)
        has_chat = self._opened().manifest.chat is not None
        return self._service.prompt_ids(self._now.right.prompt, chat=chat and has_chat)

    async def _write_side(self, name: str, ids: tuple[int, ...], first: int) -> None:
        """Token by token, as the model writes them with the side's settings (app/generate.py)."""
        side: Side = getattr(self._now, name)
        model, rows = self._opened(), self._rows[name == "right"]
        while not side.stop:
            text = (*ids, *(step.id for step in side.steps))
            if len(text) >= model.manifest.config.n_ctx:
                side = replace(side, stop=CONTEXT)
            else:
                rows.append(Row(await logits_behind(self._service, text), text))
                side = longer(side, rows[-1], model, first)
            self._now = self._now.with_side(name, side)
            if side.stop or self._pace.is_due():
                self._show(self._now)

    def _complete(self) -> None:
        """Each side tells of what the other one took or thought of, too; of one model alone."""
        left, right = self._now.sides
        if left.model != right.model:
            return
        model = self._opened()
        for name, side, other, rows in (
            ("left", left, right, self._rows[0]),
            ("right", right, left, self._rows[1]),
        ):
            shares = [
                merged(known, shares_of(row, model, side.settings, [one.id for one in wanted]))
                for known, row, wanted in zip(side.shares, rows, other.shares, strict=False)
            ]
            whole = (*shares, *side.shares[len(shares) :])
            self._now = self._now.with_side(name, replace(side, shares=whole))

    def _opened(self) -> LoadedModel:
        model = self._service.model
        assert model is not None  # whoever writes has it
        return model


def longer(side: Side, row: Row, model: LoadedModel, first: int) -> Side:
    """A side with its next token, and why it ends with that, if it does."""
    step = choose(row.logits, side.settings, first + len(side.steps), row.text)
    new = new_token(row, model, step)
    steps = (*side.steps, new)
    best = [item.id for item in new.candidates]
    shares = (*side.shares, shares_of(row, model, side.settings, best))
    stop = END if new.id in model.manifest.end_ids else ""
    if not stop and len(steps) == side.settings.max_new_tokens:
        stop = LIMIT
    return replace(side, steps=steps, shares=shares, stop=stop)


def new_token(row: Row, model: LoadedModel, step: Step) -> NewToken:
    """A chosen token with its step's candidates; its chance is that which it has among them."""
    could, entropy = candidates_and_entropy(model.tokenizer, row.logits, step.id)
    item = next(item for item in could if item.id == step.id)
    view = token_view(model.tokenizer, step.id)
    told = (item.prob, step.rank, could)
    return NewToken(step.id, view.text, view.visible, *told, entropy=entropy, how=step.how)


def shares_of(
    row: Row, model: LoadedModel, settings: Sampling, ids: list[int]
) -> tuple[Share, ...]:
    """What some tokens have here: by the model alone, and with the settings."""
    probs, _ = odds_of(row.logits, settings, row.text)
    best = sampling.greedy(row.logits)
    known = {item.id: item for item in step_candidates(model.tokenizer, row.logits, best)}
    for token in ids:
        if token not in known:
            known[token] = step_candidates(model.tokenizer, row.logits, token)[-1]
    return tuple(
        Share(
            token, known[token].text, known[token].visible, known[token].prob, float(probs[token])
        )
        for token in ids
    )
