"""The open engine, asked for what a live run lacks: one forward pass, then rows of weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.found import Found
from seethrough.app.heads import mark_heads, without_heads
from seethrough.app.reading import read_along
from seethrough.app.run import PICTURE_TOKENS, Lens
from seethrough.app.unembedding import ROWS, read_rows
from seethrough.core import hooks
from seethrough.core.tokens import candidates
from seethrough.core.wants import is_of_unembedding

if TYPE_CHECKING:
    from seethrough.app.run import Run
    from seethrough.app.service import Service
    from seethrough.core.cache import ActivationCache, Array
    from seethrough.core.wants import Wants

TOP_OUTPUTS = (hooks.TOP_VALUES, hooks.TOP_IDS, hooks.LOGSUMEXP)
# Of each layer's answer the best token alone is shown.
LENS_TOP = 1


async def ask_engine(service: Service, run: Run, lacking: Wants) -> Found:
    """What is lacking: of the kept positions of a run, and behind its last token.

    Raises:
        SeethroughError: The engine failed, was stopped, or has another model now.
    """
    async with service.still(run.model):
        return await _ask(service, run, lacking)


async def _ask(service: Service, run: Run, lacking: Wants) -> Found:
    last = len(run.ids) - 1
    behind = frozenset(
        (name, at) for name, at in lacking.hooks if at == last and is_far(name, last)
    )
    kept = replace(lacking, hooks=lacking.hooks - behind)
    found = await _pass(service, run, kept) if kept.hooks or kept.lens else Found()
    rows = {**found.rows}
    if behind:
        names = tuple(sorted(name for name, _ in behind))
        result = await service.run_ids(run.ids, names)
        rows |= {name: {last: result.arrays[name][0]} for name in names}
    tokens = tuple(sorted(row for name, row in lacking.rows if name == ROWS))
    vectors = await read_rows(service, run, tokens) if tokens else None
    if vectors is not None:
        rows[ROWS] = dict(zip(tokens, vectors, strict=True))
    rows |= await read_matrices(service, lacking)
    whole = {name: await service.weight(name) for name in sorted(lacking.weights)}
    marked = await mark_heads(service, run) if lacking.is_marked else None
    read = await read_along(service, run) if lacking.is_read else ()
    without = {off: await without_heads(service, run, off) for off in lacking.without}
    arrays = {**found.arrays, **whole}
    return replace(found, arrays=arrays, rows=rows, marked=marked, without=without, read=read)


async def read_matrices(service: Service, lacking: Wants) -> dict[str, dict[int, Array]]:
    """Rows of the blocks' matrices, those of a matrix at once."""
    wanted: dict[str, list[int]] = {}
    for name, row in sorted(lacking.rows):
        if name != ROWS:
            wanted.setdefault(name, []).append(row)
    return {
        name: dict(zip(rows, await service.weight(name, rows), strict=True))
        for name, rows in wanted.items()
    }


def is_far(name: str, position: int) -> bool:
    """Whether a state is unembedded that lies behind those that are kept."""
    return position >= PICTURE_TOKENS and is_of_unembedding(name)


async def _pass(service: Service, run: Run, lacking: Wants) -> Found:
    """Hooks whole, what exists of unembedded states at its positions, and the lens: one run."""
    config = run.config
    if config is None:
        return Found()
    ids = run.ids[:PICTURE_TOKENS]
    late = sorted(
        (name, at) for name, at in lacking.hooks if at is not None and is_of_unembedding(name)
    )
    whole = sorted(name for name in lacking.names if not is_of_unembedding(name))
    places = sorted({at for _, at in late})
    lenses = sorted(lacking.lens)
    states = [(layer, at) for at in lenses for layer in range(config.n_layers + 1)]
    states += [(config.n_layers, at) for at in places]
    if not whole:  # nothing behind the last state is looked at
        ids = ids[: max(at for _, at in states) + 1]
    cache = await service.capture_ids(
        ids,
        (*whole, *sorted({name for name, _ in late}), *(TOP_OUTPUTS if lenses else ())),
        run.knobs or None,
        unembed=tuple(states) or None,
        top_k=LENS_TOP,
    )
    first = len(states) - len(places)
    rows: dict[str, dict[int, Array]] = {}
    for name, at in late:
        rows.setdefault(name, {})[at] = cache[name][first + places.index(at)]
    arrays = {name: cache[name] for name in whole}
    lens = _lens(service, cache, lenses[0], config.n_layers + 1) if lenses else None
    return Found(arrays, {}, rows, lens)


def _lens(service: Service, cache: ActivationCache, position: int, n_states: int) -> Lens | None:
    """The best next tokens of each layer's state, the first states of the run."""
    model = service.model
    if model is None:
        return None
    tops = (
        candidates(model.tokenizer, {name: cache[name][at : at + 1] for name in TOP_OUTPUTS})
        for at in range(n_states)
    )
    return Lens(position, tuple(tops))
