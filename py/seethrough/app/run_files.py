"""A run as a file, and back: every way is written again by the model, and held to the file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.branches import replay
from seethrough.app.message import Message
from seethrough.app.state import Sampling
from seethrough.core.errors import InputError, SeethroughError
from seethrough.core.run_file import SavedRun, SavedWay, read_run, written_run

if TYPE_CHECKING:
    from seethrough.app.actions import Actions
    from seethrough.app.run import Run
    from seethrough.core.tokens import NewToken
    from seethrough.core.tree import Way


def file_of(actions: Actions) -> str | None:
    """The shown run as a file's text; None while the model has not run anything."""
    run, model = actions.state.run, actions.service.model
    if run.source != "live" or run.given is None or model is None:
        return None
    prompt, chat = run.given
    ways = tuple(_saved(way) for way in run.ways)
    saved = SavedRun(
        run.model,
        model.manifest.graph.sha256,
        prompt,
        chat,
        actions.state.sampling.values,
        ways,
        len(run.written),
        run.place_names,
    )
    return written_run(saved)


async def open_file(actions: Actions, text: str) -> bool:
    """Run what a file holds; what is wrong with it is told, and the page stays as it was.

    Returns: Whether it is there now.
    """
    try:
        saved = read_run(text)
        known = {card.id for card in actions.state.site.models}
        if saved.model not in known:
            raise InputError("runfile.no_model", got=saved.model[:60])
    except SeethroughError as error:
        actions.store.replace(error=Message(error.key, error.fields))
        return False
    told: list[Message] = []
    actions.store.replace(sampling=Sampling(saved.settings))
    await actions.run(
        saved.prompt, chat=saved.chat, model=saved.model, then=lambda: _write(actions, saved, told)
    )
    if told and actions.state.chrome.error is None:
        actions.store.replace(notice=told[0])
    return bool(told)


async def _write(actions: Actions, saved: SavedRun, told: list[Message]) -> None:
    """Write every way again behind the prompt that has just been run, the shown one last."""
    run = actions.state.run
    _check_fits(run, saved)
    for way in (*saved.ways[1:], saved.ways[0]):
        if way.ids:
            n_input = saved.n_input if way is saved.ways[0] else 0
            await replay(actions, way.ids, n_input, way.stop)
    if not saved.ways[0].ids:
        await actions.runner.turn_to((), branches=actions.state.run.branches)
    differs = [*_differences(actions.state.run, saved)]
    actions.store.replace(run=_as_told(actions.state.run, saved))
    told.append(_said(differs))


def _said(differs: list[float]) -> Message:
    n_tokens, worst = len(differs), max(differs, default=0.0)
    if worst == 0:
        return Message("runfile.opened", {"n_tokens": n_tokens})
    return Message("runfile.differs", {"n_tokens": n_tokens, "worst": f"{worst:.1e}"})


def _check_fits(run: Run, saved: SavedRun) -> None:
    """Refuse ids that the vocabulary has not, and ways that are longer than the model reads."""
    config = run.config
    longest = max(len(way.ids) for way in saved.ways)
    highest = max((token for way in saved.ways for token in way.ids), default=0)
    if config is None or highest >= config.d_vocab or len(run.tokens) + longest > config.n_ctx:
        raise InputError("runfile.wrong")


def _differences(run: Run, saved: SavedRun) -> list[float]:
    """How far each token's probability is from what the file says."""
    found = {way.ids: way.steps for way in run.ways}
    return [
        abs(step.prob - prob)
        for way in saved.ways
        for step, prob in zip(found.get(way.ids, ()), way.probs, strict=False)
    ]


def _as_told(run: Run, saved: SavedRun) -> Run:
    """The run with what only the file knows: how each token was chosen, why ways ended, names."""
    hows = {way.ids: way for way in saved.ways}
    steps = _chosen(run.steps, hows.get(run.ways[0].ids))
    branches = tuple(
        replace(
            way,
            steps=_chosen(way.steps, hows.get(way.ids)),
            stop=_stop(way.stop, hows.get(way.ids)),
        )
        for way in run.branches
    )
    n_input = len(run.written)
    whole = run.on(steps[n_input:], run.stop, written=steps[:n_input], branches=branches)
    return replace(whole, place_names=dict(saved.names))


def _chosen(steps: tuple[NewToken, ...], way: SavedWay | None) -> tuple[NewToken, ...]:
    if way is None:
        return steps
    return tuple(replace(step, how=how) for step, how in zip(steps, way.hows, strict=True))


def _stop(stop: str, way: SavedWay | None) -> str:
    return stop if way is None else way.stop


def _saved(way: Way) -> SavedWay:
    probs = tuple(step.prob for step in way.steps)
    return SavedWay(way.ids, probs, tuple(step.how for step in way.steps), way.stop)
