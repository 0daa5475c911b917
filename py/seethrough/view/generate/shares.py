"""What could come next, as large bars; the one that is taken is marked, the others can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.tokens import DRAWN, GREEDY, READER
from seethrough.view import top
from seethrough.view.generate.written import TAKEN
from seethrough.view.ideas.plain import mark, plain
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count, exact, probability, signed
from seethrough.view.steps.written import enters, has_end
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate, NewToken
    from seethrough.view.generate.beats import Now

N_SHOWN = 10
# How a token was chosen, and the sentence that says so.
SAID = {GREEDY: "greedy", DRAWN: "drawn", READER: "reader"}


def panel(scene: Scene, now: Now, *, is_exact: bool) -> list[Child]:
    """What is said of this step, its bars.

    Args:
        is_exact: Whether logits and ids are told, too.
    """
    items = known_of(scene, now)
    said = h("p", {"class": "generate-said"}, sentence(scene, now))
    if not items:
        return [said]
    label = say(scene, "generate.bars")
    rows = [row(scene, now, item, is_exact=is_exact) for item in items]
    return [said, h("ol", {"class": "generate-bars", "aria-label": label}, rows)]


def known_of(scene: Scene, now: Now) -> tuple[Candidate, ...]:
    """The ten best of the shown step; one that was taken from behind them stands last."""
    if now.step is None:
        return scene.run.top[:N_SHOWN]
    new = scene.run.steps[now.step]
    best = new.candidates[:N_SHOWN]
    behind = tuple(item for item in new.candidates[N_SHOWN:] if item.id == new.id)
    return (*best, *behind)


def sentence(scene: Scene, now: Now) -> list[Child]:
    """What happens now, in a few words."""
    if now.step is None:
        return [*rich(scene, "idea.simple.first")]
    if not now.is_chosen:
        return [*rich(scene, "idea.simple.shares")]
    new = scene.run.steps[now.step]
    is_end = has_end(scene) and now.step == len(scene.run.steps) - 1
    return [*how(scene, new), *([" ", say(scene, "idea.simple.ends")] if is_end else [])]


def how(scene: Scene, new: NewToken) -> list[Node | str]:
    """Why it is this token: the largest share, the dart, the reader; where known."""
    fields = {"token": mark(new.visible), "share": h("b", {}, probability(scene, new.prob))}
    way = SAID.get(new.how, "best" if new.rank == 0 else "other")
    return rich(scene, f"idea.simple.how.{way}", **fields)


def row(scene: Scene, now: Now, item: Candidate, *, is_exact: bool) -> Node:
    """One candidate: its name, its share as a number and as a length."""
    new = None if now.step is None else scene.run.steps[now.step]
    is_taken = now.is_chosen and new is not None and new.id == item.id
    classes = "generate-row is-taken" if is_taken else "generate-row"
    moves = enters(now.moment, "rise") if now.moment is not None and not now.is_chosen else {}
    logit = h("span", {"class": "number"}, signed(scene, item.logit)) if is_exact else None
    return h(
        "li",
        {"class": classes, **moves},
        name(scene, now, item, is_taken=is_taken),
        h(
            "span",
            {"class": "number", "title": exact(scene, item.prob)},
            probability(scene, item.prob),
        ),
        top.bar(item.prob, "bar-fill"),
        logit,
    )


def name(scene: Scene, now: Now, item: Candidate, *, is_taken: bool) -> Node:
    """The candidate's chip: a button that takes it instead, or, taken, a mark that flies off."""
    words = h("bdi", {}, plain(item.visible))
    if is_taken:
        sign = h("span", {"class": "visually-hidden"}, " ", say(scene, "generate.taken"))
        return h("span", {"class": "generate-name is-taken", "id": TAKEN}, words, sign)
    attributes: Attributes = {
        "type": "button",
        "class": "generate-name",
        "data-action": "append-token" if now.step is None else "fork",
        "data-step": None if now.step is None else str(now.step),
        "data-id": str(item.id),
        "disabled": scene.busy not in {"", "load"},
        "title": say(scene, "generate.fork", id=count(scene, item.id)),
    }
    return h("button", attributes, words)
