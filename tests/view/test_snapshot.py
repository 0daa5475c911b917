"""The whole page of one small state, as it was last looked at."""

from __future__ import annotations

from pathlib import Path

from seethrough.core.captured import NOTHING
from seethrough.view.layout import PANELS
from tests.view.sample import OTHERS, rounded, state

GOLDEN = Path(__file__).parents[1] / "golden" / "view_small.html"


def snapshot() -> str:
    """All panels of a two-token state, floats rounded, an element a line.

    The inside of the block has its own snapshot, of a state that holds all of its hooks. The ideas
    are panels of the walk alone, as its steps are (tests/view/test_ideas.py); the list of all terms
    has no state in it (tests/test_glossary.py).
    """
    shown = state(("<|a|>", " b"))
    bare = shown.but(captured=NOTHING)
    left = {"inside", "terms"}
    names = [name for name in OTHERS if name not in left and not name.startswith("idea-")]
    names.insert(names.index("attention") + 1, "inside")
    html = "\n".join(PANELS[name].render(bare if name == "inside" else shown) for name in names)
    return rounded(html).replace("><", ">\n<") + "\n"


def test_markup_is_as_it_was() -> None:
    """Markup changes on purpose only: `python -m tests.view.test_snapshot` writes it anew."""
    assert snapshot() == GOLDEN.read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.write_text(snapshot(), encoding="utf-8")
