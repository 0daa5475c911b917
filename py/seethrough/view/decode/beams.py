"""The lab's second step: several ways at once, round by round; the best go on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from seethrough.core.beam import ENDED, KEPT, MOST_PENALTY
from seethrough.core.beam_plan import MOST_DRAWN, MOST_TOKENS
from seethrough.core.written import plain_digits
from seethrough.view.decode import ahead, tree, ways
from seethrough.view.decode.begin import begin_button
from seethrough.view.film import Film
from seethrough.view.ideas.plain import caption, lead, nothing_yet, picture
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count, setting, signed
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene, Searched

FIELDS = (
    "language",
    "busy",
    "tokens",
    "config",
    "searched",
    "beam_plan",
    "live_bytes",
    "unfolded",
    "written",
    "continuation",
)
# The plan's numbers, with the least and the most of each.
NUMBERS = {
    "n_beams": ("1", str(MOST_DRAWN), "1"),
    "n_tokens": ("1", str(MOST_TOKENS), "1"),
    "penalty": (str(-MOST_PENALTY), str(MOST_PENALTY), "any"),
}


def idea(scene: Scene) -> str:
    """What is done, the plan, the tree, the ways."""
    if not scene.run.tokens:
        return to_html(nothing_yet(scene, "idea.beams.rest"))
    n_beams = scene.choice.beam_plan.n_beams
    told = rich(scene, "idea.beams.lead", n_beams=count(scene, n_beams))
    return to_html(lead(told), picture(say(scene, "idea.beams.picture"), *body(scene)))


def render(scene: Scene) -> str:
    """The same with every way that was weighed in a table."""
    if not scene.run.tokens:
        return to_html(h("p", {"class": "lead"}, say(scene, "decode.beams.rest")))
    told = h("p", {"class": "lead"}, rich(scene, "decode.beams.lead"))
    searched = scene.run.searched
    data = [] if searched is None else [ways.table_of_all(scene, searched)]
    return to_html(told, *body(scene), *data)


def body(scene: Scene) -> list[Node]:
    """What steers the search; what it found."""
    searched = scene.run.searched
    steers = h(
        "div",
        {"class": "beam-steers"},
        numbers(scene),
        begin_button(scene, "search-beams", "beams"),
        progress(scene),
    )
    if searched is None or not searched.search.rounds:
        plan = scene.choice.beam_plan
        return [steers, ahead.told(scene, "beams", plan.n_beams * (plan.n_tokens - 1) + 1)]
    found = h("div", {"class": "beam-found"}, ways.listed(scene, searched))
    drawn = h("div", {"class": "beam-body"}, tree.picture(scene, searched), found)
    return [steers, drawn, legend(scene, searched)]


def numbers(scene: Scene) -> Node:
    """The plan's numbers, to be changed."""
    fields = [number(scene, name, limits) for name, limits in NUMBERS.items()]
    words = h("legend", {"class": "visually-hidden"}, say(scene, "decode.beams.plan"))
    return h("fieldset", {"class": "beam-plan"}, words, fields)


def number(scene: Scene, name: str, limits: tuple[str, str, str]) -> Node:
    """One of them."""
    least, most, step = limits
    attributes: Attributes = {
        "type": "number",
        "min": least,
        "max": most,
        "step": step,
        "value": plain_digits(getattr(scene.choice.beam_plan, name)),
        "data-action": "set-beams",
        "data-name": name,
    }
    words = h("span", {}, say(scene, f"decode.beams.plan.{name}"))
    return h("label", {"class": "beam-number"}, words, h("input", attributes))


def progress(scene: Scene) -> Node:
    """How far the search is, while it goes on."""
    searched, told = scene.run.searched, list[Child]()
    if scene.busy == "generate" and searched is not None:
        done, most = len(searched.search.rounds), searched.search.rules.max_new
        fields = {"done": count(scene, done), "most": count(scene, most)}
        told = [say(scene, "decode.beams.progress", **fields)]
    return h("p", {"class": "beam-progress", "role": "status"}, told)


def legend(scene: Scene, searched: Searched) -> Node:
    """What the picture is of, and how it is to be read."""
    plan = searched.plan
    told = rich(
        scene,
        "decode.beams.legend",
        n_beams=count(scene, plan.n_beams),
        penalty=setting(scene, plan.penalty),
    )
    return caption(*told)


def moments(scene: Scene) -> Sequence[Child]:
    """The film: a round each, then the best way."""
    searched = scene.run.searched
    if searched is None or scene.busy == "generate":
        return ()
    rounds = [partial(tell, scene, searched, at) for at in range(len(searched.search.rounds))]
    return Film(tuple(rounds)) if rounds else ()


def tell(scene: Scene, searched: Searched, at: int) -> list[Node | str]:
    """What happened in a round; in the last one, which way is the best."""
    found, search = searched.search.rounds[at], searched.search
    fates = [grown.fate for grown in found]
    told = rich(
        scene,
        "decode.beams.film.round",
        round=count(scene, at + 1),
        n_found=count(scene, len(found)),
        n_kept=count(scene, fates.count(KEPT)),
        n_ended=count(scene, fates.count(ENDED)),
    )
    if at + 1 < len(search.rounds) or not search.finished:
        return told
    best = search.finished[0]
    words = h("bdi", {"class": "token"}, ways.text_of(searched, best.ids))
    score = signed(scene, best.score(searched.plan.penalty))
    return [*told, " ", *rich(scene, "decode.beams.film.best", text=words, score=score)]
