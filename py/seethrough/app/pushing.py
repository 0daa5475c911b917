"""Which tokens some vectors push: each vector times the whole unembedding, piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seethrough.app.found import Found
from seethrough.app.unembedding import PIECE, ROWS
from seethrough.core import hooks
from seethrough.core.families import family_of
from seethrough.core.hooks import hook_name, leaf_of
from seethrough.core.moves import through_norm
from seethrough.core.pushes import N_PUSHED, RESULT, Push, Pushes, extremes
from seethrough.core.sums import layer_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from seethrough.app.run import Run
    from seethrough.app.service import Service
    from seethrough.core.cache import Array
    from seethrough.core.cell import Cell
    from seethrough.core.config import ModelConfig


async def ask_pushes(
    service: Service,
    run: Run,
    vectors: frozenset[Cell],
    are_wanted: Callable[[frozenset[Cell]], bool],
) -> Found:
    """The tokens that each vector pushes most; nothing where nobody wants to know any more.

    Raises:
        SeethroughError: As `Service.weight`, `Service.still`.
    """
    if run.config is None:
        return Found()
    cells = sorted(vectors, key=str)
    known = [await vector_of(service, run, run.config, cell) for cell in cells]
    products = np.zeros((len(cells), run.config.d_vocab), np.float32)
    async for first, piece in products_of(service, run, run.config, np.stack(known)):
        products[:, first : first + piece.shape[1]] += piece
        if not are_wanted(vectors):
            return Found()
    async with service.still(run.model) as model:
        name = model.tokenizer.visible
    found = {}
    for cell, values in zip(cells, products, strict=True):
        up, down = (
            tuple(Push(at, name(at), float(values[at])) for at in side)
            for side in extremes(values, N_PUSHED)
        )
        found[cell] = Pushes(up, down, float(values.mean(dtype=np.float64)))
    return Found(pushes=found)


async def vector_of(service: Service, run: Run, config: ModelConfig, cell: Cell) -> Array:
    """What a neuron writes at an activation of 1, what a head or a half wrote: [d_model].

    Through the norm's weight where a family has a norm after each half; of a neuron its divisor is
    left out, which changes all tokens alike.
    """
    leaf = leaf_of(cell.name)
    if leaf == RESULT:
        return await read_last(service, run, config, await head_result(service, run, config, cell))
    if leaf in {hooks.ATTN_OUT, hooks.MLP_OUT}:
        written = run.captured.row(cell.name, cell.index[0])
        return await read_last(service, run, config, Written(cell.index[0], written))
    row = (await weight_of(service, run, cell.name, cell.index[0]))[0]
    if not family_of(config).has_norms_after:
        return row
    weight = await weight_of(service, run, hook_name("ln2_post.w", layer_of(cell.name)))
    return through_norm(config, row, weight, 1.0)


class Written(NamedTuple):
    """What was written at a position, [d_model]; None where it is not known."""

    position: int
    vector: Array | None


async def head_result(service: Service, run: Run, config: ModelConfig, cell: Cell) -> Written:
    """What a head wrote at a position: its z through its own rows of W_O."""
    layer, (position, head) = layer_of(cell.name), cell.index
    z = run.captured.row(hook_name(hooks.Z, layer), position)
    if z is None:
        return Written(position, None)
    rows = range(head * config.d_head, (head + 1) * config.d_head)
    w_o = await weight_of(service, run, hook_name("attn.W_O", layer), rows)
    made: Array = z[head].astype(np.float64) @ w_o
    divisor = run.captured.row(hook_name(hooks.LN1_POST_SCALE, layer), position)
    if divisor is not None:
        weight = await weight_of(service, run, hook_name("ln1_post.w", layer))
        made = through_norm(config, made, weight, float(divisor[0]))
    return Written(position, made)


async def read_last(service: Service, run: Run, config: ModelConfig, written: Written) -> Array:
    """What the final norm of its token makes of what was written: [d_model]; else zeros."""
    scale = run.captured.row(hooks.FINAL_SCALE, written.position)
    if written.vector is None or scale is None:
        return np.zeros(config.d_model)
    weight = await weight_of(service, run, "ln_final.w")
    return through_norm(config, written.vector, weight, float(scale[0]))


async def products_of(
    service: Service, run: Run, config: ModelConfig, vectors: Array
) -> AsyncIterator[tuple[int, Array]]:
    """The vectors times one piece of the unembedding after the other, to be added from a token on.

    A tied unembedding lies token by token, another one dimension by dimension, whose products with
    all tokens add up. Between two pieces the page can breathe.
    Shapes: vectors [n, d_model] → (first token, [n, tokens of the piece]) each.
    """
    vectors = vectors.astype(np.float32)
    n_rows, width = config.d_vocab, config.d_model
    if not config.tie_word_embeddings:
        n_rows, width = width, n_rows
    step = max(PIECE // width, 1)
    for first in range(0, n_rows, step):
        rows = range(first, min(first + step, n_rows))
        if config.tie_word_embeddings:
            yield first, vectors @ (await weight_of(service, run, "W_E", rows)).T
        else:
            piece = await weight_of(service, run, ROWS, rows)
            yield 0, vectors[:, rows.start : rows.stop] @ piece


async def weight_of(
    service: Service, run: Run, name: str, rows: Sequence[int] | int | None = None
) -> Array:
    """Rows of a weight of the run's own model, which must still be open."""
    async with service.still(run.model):
        return await service.weight(name, rows)
