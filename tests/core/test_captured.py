"""What is known of an input: rows at their positions, cells by name, nothing invented."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.captured import NOTHING, Captured, of_last
from seethrough.core.cell import Cell, parse_cell

STREAM = np.arange(12, dtype=np.float32).reshape(3, 4)
PATTERN = np.arange(18, dtype=np.float32).reshape(2, 3, 3)
KNOWN = Captured(
    {
        "hook_embed": STREAM,
        "blocks.1.hook_resid_mid": STREAM[:2],
        "blocks.0.attn.hook_pattern": PATTERN,
        "logits": STREAM[:1],
    },
    {"blocks.1.hook_resid_mid": (1, 4), "logits": (5,)},
)


def test_rows_by_position() -> None:
    """A row is found by its position, also where only some positions are held."""
    np.testing.assert_array_equal(KNOWN.row("hook_embed", 2), STREAM[2])
    np.testing.assert_array_equal(KNOWN.row("blocks.1.hook_resid_mid", 4), STREAM[1])
    np.testing.assert_array_equal(KNOWN.row("logits", 5), STREAM[0])


@pytest.mark.parametrize(
    ("name", "position"),
    [("hook_embed", 3), ("blocks.1.hook_resid_mid", 0), ("logits", 0), ("hook_pos_embed", 0)],
)
def test_what_is_not_known_is_none(name: str, position: int) -> None:
    """A position or a hook that is not held gives nothing, never a neighbour's numbers."""
    assert KNOWN.row(name, position) is None
    assert NOTHING.row(name, position) is None


def test_heads_come_first() -> None:
    """A pattern has no rows by position; its cells are [head, query_pos, key_pos]."""
    with pytest.raises(ValueError, match="no position axis"):
        KNOWN.row("blocks.0.attn.hook_pattern", 1)
    assert KNOWN.value(Cell("blocks.0.attn.hook_pattern", (1, 2, 0))) == PATTERN[1, 2, 0]


@pytest.mark.parametrize(
    "cell",
    [
        Cell("hook_embed", (0, 4)),
        Cell("hook_embed", (0,)),
        Cell("hook_embed", (0, 0, 0)),
        Cell("blocks.0.attn.hook_pattern", (2, 0, 0)),
        Cell("blocks.7.attn.hook_pattern", (0, 0, 0)),
        Cell("no.such", (0, 0)),
    ],
)
def test_a_cell_that_is_not_there(cell: Cell) -> None:
    """Outside a hook's dims there is no value."""
    assert KNOWN.value(cell) is None


def test_more_replaces_what_has_its_name() -> None:
    """A hook captured whole takes the place of the rows that a recording had."""
    more = KNOWN.with_more({"blocks.1.hook_resid_mid": STREAM})

    np.testing.assert_array_equal(more.row("blocks.1.hook_resid_mid", 0), STREAM[0])
    assert more.row("hook_embed", 0) is not None
    assert KNOWN.row("blocks.1.hook_resid_mid", 0) is None


def test_only_the_end_is_of_the_last_position() -> None:
    """`ln_final` and the logits are about the last position, the stream about all."""
    assert of_last(("hook_embed", "ln_final.hook_scale", "logits"), 7) == {
        "ln_final.hook_scale": (7,),
        "logits": (7,),
    }


@given(st.lists(st.integers(0, 9_999_999), min_size=1, max_size=3))
def test_a_cell_is_read_as_it_is_written(index: list[int]) -> None:
    """A cell's text is the same cell again."""
    cell = Cell("blocks.3.attn.hook_pattern", tuple(index))

    assert parse_cell(str(cell)) == cell


@pytest.mark.parametrize(
    "written", ["", "x", "x[]", "x[1", "x[-1]", "x[1.5]", "<b>[1]", "x[1,2,3,4]"]
)
def test_nonsense_is_no_cell(written: str) -> None:
    """A link's field without meaning gives no cell."""
    assert parse_cell(written) is None


@given(st.text())
def test_any_text_is_read(written: str) -> None:
    """No text breaks the reading of a cell."""
    cell = parse_cell(written)
    assert cell is None or parse_cell(str(cell)) == cell
