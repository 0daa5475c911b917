"""The whole page of one small state, as it was last looked at."""

from __future__ import annotations

from pathlib import Path

from tests.view.sample import page, rounded, state

GOLDEN = Path(__file__).parents[1] / "golden" / "view_small.html"


def snapshot() -> str:
    """All panels of a two-token state, floats rounded, an element a line."""
    return rounded(page(state(("<|a|>", " b")))).replace("><", ">\n<") + "\n"


def test_markup_is_as_it_was() -> None:
    """Markup changes on purpose only: `python -m tests.view.test_snapshot` writes it anew."""
    assert snapshot() == GOLDEN.read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.write_text(snapshot(), encoding="utf-8")
