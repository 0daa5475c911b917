"""Step 4: which word the last one looks at most, in the head that is drawn first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.guesses import Option, Question, place_of
from seethrough.view.ideas.layers_heads import kind_of, marked_in, row_of
from seethrough.view.ideas.plain import plain, which

if TYPE_CHECKING:
    from seethrough.app.state import Run, Scene
    from seethrough.core.cache import Array

KIND = "looks"
N_OPTIONS = 4


def ask(scene: Scene) -> Question | None:
    """The words that it looks at most, in their order; None where no single one stands out."""
    run, last = scene.run, len(scene.run.tokens) - 1
    marked = marked_in(run) if run.config is not None and last > 0 else None
    row = row_of(run, marked.heads[0], last) if marked else None
    if row is None or kind_of(row) != "word":
        return None
    places = words_of(run, row)
    if len(places) < 2 or places[0] != int(row.argmax()):  # noqa: PLR2004 - one is no choice
        return None
    options = tuple(
        Option(str(at), plain(run.tokens[at].visible), float(row[at]), which(scene, at))
        for at in sorted(places)
    )
    return Question(
        KIND,
        place_of(run.model, run.ids),
        options,
        right=str(places[0]),
        about=plain(run.tokens[last].visible),
        answer=plain(run.tokens[places[0]].visible),
        are_tokens=True,
    )


def words_of(run: Run, row: Array) -> list[int]:
    """The positions of the few different words with the largest weights, the largest first."""
    found: dict[str, int] = {}
    for at in map(int, (-row).argsort(kind="stable")):
        token = run.tokens[at]
        name = plain(token.visible).casefold()
        if not token.is_special and any(sign.isalnum() for sign in name):
            found.setdefault(name, at)
    return list(found.values())[:N_OPTIONS]
