"""Training, simple: a model reads a text, guesses each token, is told how wrong it was and pushed.

Nothing of the model changes here: it reads forward only. The guesses are its own, the error is
−log p, each push is the real gradient p − y.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from seethrough.core.depth import IDEA
from seethrough.core.routes import LESSON, Route, address_of
from seethrough.core.train.mistakes import error_of, mean_errors
from seethrough.core.wants import NOTHING, Wants
from seethrough.view.film import Film
from seethrough.view.folded import folded
from seethrough.view.ideas.plain import caption, mark, nothing_yet, picture
from seethrough.view.node import Child, Node, h, to_html
from seethrough.view.numbers import count, probability, readout, with_signs
from seethrough.view.train import beats, document, pushes
from seethrough.view.train.beats import COMES, GUESS, N_KINDS
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.tokens import NewToken
    from seethrough.core.written import Written
    from seethrough.view.train.beats import Now

FIELDS = ("language", "depth", "moment", "tokens", "read", "config", "busy", "position", "unfolded")


def wants(scene: Scene) -> Wants:
    """How each token of the text was foreseen; a text of one token has none."""
    return Wants(is_read=True) if len(scene.run.tokens) > 1 else NOTHING


def idea(scene: Scene) -> str:
    """The text, the guesses, the pushes."""
    return drawn(scene, is_exact=False)


def render(scene: Scene) -> str:
    """The same with every number of each push, and all guesses in a table."""
    return drawn(scene, is_exact=True)


def drawn(scene: Scene, *, is_exact: bool) -> str:
    """The picture at the film's moment; before a run, what will stand there."""
    now = beats.now(scene)
    if now is None:
        key = "idea.read.one" if len(scene.run.tokens) == 1 else "idea.read.rest"
        return to_html(nothing_yet(scene, key))
    said = h("p", {"class": "read-said"}, sentence(scene, now))
    right = [said, pushes.bars(scene, now, is_exact=is_exact)]
    if is_exact:
        right.append(formula(scene, now))
    side = [document.text(scene, now), mean(scene, now), legend(scene)]
    body = h(
        "div",
        {"class": "read is-exact" if is_exact else "read"},
        h("div", {"class": "read-side"}, side),
        h("div", {"class": "read-guess"}, right),
    )
    parts: list[Child] = [body, h("p", {"class": "read-onward"}, onward(scene))]
    if is_exact:
        words = say(scene, "read.table")
        parts.append(folded(scene, "read-data", words, lambda: table(scene)))
    return to_html(picture(say(scene, "read.picture"), *parts))


def legend(scene: Scene) -> Node:
    """What the bars under the tokens are."""
    return caption(*rich(scene, "idea.read.legend", most=count(scene, int(scale(scene)))))


def scale(scene: Scene) -> float:
    """The error of the longest bar."""
    return document.scale_of(scene)


def sentence(scene: Scene, now: Now) -> list[Node | str]:
    """What happens at this moment; at rest the error and the push."""
    if now.kind == GUESS:
        return guess(scene, now.new)
    if now.kind == COMES:
        return comes(scene, now.new)
    return [*comes(scene, now.new), " ", *pushed(scene, now.new)]


def guess(scene: Scene, new: NewToken) -> list[Node | str]:
    """The best guess before the token comes."""
    best = new.candidates[0]
    share = pushes.told(scene, best.prob)
    return rich(scene, "idea.read.guess", best=mark(best.visible), share=share)


def comes(scene: Scene, new: NewToken) -> list[Node | str]:
    """The token that comes, the chance that the model gave it, the error."""
    fields = {
        "token": mark(new.visible),
        "share": pushes.told(scene, new.prob),
        "error": h("b", {}, error(scene, error_of(new.prob))),
    }
    return rich(scene, "idea.read.comes", **fields)


def error(scene: Scene, value: float) -> Written:
    """An error in nats, with as many digits as the depth has room for."""
    is_idea = scene.depth == IDEA and math.isfinite(value)
    return with_signs(scene, f"{value:.1f}") if is_idea else readout(scene, value)


def pushed(scene: Scene, new: NewToken) -> list[Node | str]:
    """What the arrows say."""
    return rich(scene, "idea.read.pushed", token=mark(new.visible))


def mean(scene: Scene, now: Now) -> Node:
    """The mean error so far, against a model that knows nothing."""
    so_far = mean_errors(scene.run.read)[now.position - 1 if now.has_come else now.position - 2]
    if not now.has_come and now.position == 1:
        return h("p", {"class": "read-mean"})
    n_vocab = scene.run.config.d_vocab if scene.run.config else 2
    told = rich(
        scene,
        "idea.read.mean",
        mean=h("b", {}, error(scene, so_far)),
        blind=error(scene, math.log(n_vocab)),
        n_vocab=count(scene, n_vocab),
    )
    return h("p", {"class": "read-mean"}, told)


def formula(scene: Scene, now: Now) -> Node:
    """−log p with its numbers, once the token has come."""
    if not now.has_come:
        return h("p", {"class": "read-formula"})
    fields = {
        "prob": readout(scene, now.new.prob),
        "error": readout(scene, error_of(now.new.prob)),
        "rank": count(scene, now.new.rank + 1),
    }
    return h("p", {"class": "read-formula"}, rich(scene, "read.formula", **fields))


def onward(scene: Scene) -> list[Node | str]:
    """That nothing moves here, and where it does."""
    link = h("a", {"href": address_of(Route(LESSON))}, say(scene, "idea.read.room"))
    return rich(scene, "idea.read.onward", room=link)


def table(scene: Scene) -> Node:
    """Every token with its chance, rank, error, and the mean error so far."""
    names = ("token", "prob", "rank", "error", "mean")
    columns = [h("th", {"scope": "col"}, say(scene, f"read.table.{name}")) for name in names]
    means = mean_errors(scene.run.read)
    rows = [
        h(
            "tr",
            {},
            h("th", {"scope": "row"}, h("bdi", {"class": "token"}, new.visible)),
            h("td", {}, probability(scene, new.prob)),
            h("td", {}, count(scene, new.rank + 1)),
            h("td", {}, readout(scene, error_of(new.prob))),
            h("td", {}, readout(scene, so_far)),
        )
        for new, so_far in zip(scene.run.read, means, strict=True)
    ]
    return h(
        "table",
        {"class": "data-table"},
        h("thead", {}, h("tr", {}, columns)),
        h("tbody", {}, rows),
    )


def moments(scene: Scene) -> Sequence[Child]:
    """The film: of each token the guess, what comes, the pushes."""
    tellers = tuple(partial(tell, scene, at) for at in range(beats.n_moments(scene)))
    return Film(tellers) if tellers else ()


def tell(scene: Scene, at: int) -> list[Node | str]:
    """The sentence of one moment."""
    step, kind = divmod(at, N_KINDS)
    new = scene.run.read[step]
    return {GUESS: guess, COMES: comes}.get(kind, pushed)(scene, new)
