"""Which heads matter for the answer: each is switched off in turn, and the model asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seethrough.core.heads import every_head, written_heads
from seethrough.view.block.facts import is_last
from seethrough.view.node import Attributes, Node, h
from seethrough.view.numbers import count, duration, exact, probability
from seethrough.view.price import live_button
from seethrough.view.words import action_button, rich, say, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import Run, Scene
    from seethrough.core.heads import Head
    from seethrough.core.tokens import Candidate

N_SHOWN = 12


class Effect(NamedTuple):
    """A head, and the answer's chance without it; None where it is not among the best any more."""

    head: Head
    after: float | None
    best: Candidate


def effects_of(run: Run) -> list[Effect]:
    """The heads that were asked about, those whose absence changes the answer's chance most first.

    A chance that fell below the last of the best counts as that one's.
    """
    if not run.top:
        return []
    answer = run.top[0]
    found = []
    for off, best in run.without.items():
        if len(off) == 1 and best:
            chance = next((one.prob for one in best if one.id == answer.id), None)
            found.append((Effect(next(iter(off)), chance, best[0]), best[-1].prob))
    found.sort(key=lambda one: (-abs(answer.prob - (one[0].after or one[1])), one[0].head))
    return [effect for effect, _ in found]


def parts(scene: Scene) -> list[Node | str]:
    """The question, how far the search is, the heads that matter most."""
    run = scene.run
    if run.config is None or not run.top or not is_last(scene):
        return []
    effects, n_heads = effects_of(run), len(every_head(run.config))
    return [
        h("h3", {"class": "part-title"}, say(scene, "search.title")),
        h(
            "p",
            {"class": "note"},
            rich(
                scene,
                "search.lead",
                answer=token_mark(run.top[0].visible),
                chance=probability(scene, run.top[0].prob),
                n=count(scene, n_heads),
            ),
            " ",
            time_of(scene, n_heads - len(effects)),
        ),
        control(scene, len(effects), n_heads),
        table(scene, effects[:N_SHOWN]) if effects else "",
    ]


def time_of(scene: Scene, n_left: int) -> str:
    """How long it will take, by the pass that was measured; nothing where none was."""
    each_ms = scene.run.elapsed_ms
    if scene.run.source != "live" or not each_ms or not n_left:
        return ""
    each, whole = (duration(scene, value) for value in (each_ms, each_ms * n_left))
    return say(scene, "search.time", n=n_left, each=each, whole=whole)


def control(scene: Scene, n_known: int, n_heads: int) -> Node:
    """The button that begins the search, or how far it is and the one that ends it."""
    done = say(scene, "search.done", known=count(scene, n_known), n=count(scene, n_heads))
    if scene.choice.is_searching:
        bar: Attributes = {
            "max": str(n_heads),
            "value": str(n_known),
            "aria-label": say(scene, "search.title"),
        }
        stop = action_button(scene, "stop-search", "search.stop")
        return h("p", {"class": "search-control"}, h("progress", bar), done, " ", stop)
    if scene.run.source != "live":
        return h("p", {"class": "search-control"}, live_button(scene))
    if n_known >= n_heads:
        return h("p", {"class": "search-control", "role": "status"}, done)
    key = "search.go_on" if n_known > 1 else "search.begin"
    return h("p", {"class": "search-control"}, action_button(scene, "search-heads", key))


def table(scene: Scene, effects: list[Effect]) -> Node:
    """The heads that matter most: before and after as bars."""
    heads = [
        h("th", {"scope": "col"}, say(scene, f"search.head.{name}"))
        for name in ("head", "chance", "best")
    ]
    rows = [row(scene, effect) for effect in effects]
    return h(
        "div",
        {"class": "table scroll", "tabindex": "0"},
        h(
            "table",
            {"class": "numbers search-table"},
            h("caption", {}, say(scene, "search.caption")),
            h("thead", {}, h("tr", {}, heads)),
            h("tbody", {}, rows),
        ),
    )


def row(scene: Scene, effect: Effect) -> Node:
    """One head: choosing it is the button."""
    layer, head = effect.head
    before, after = scene.run.top[0].prob, effect.after
    is_own = effect.head == (scene.choice.layer, scene.choice.head)
    button = h(
        "button",
        {
            "type": "button",
            "class": "chip is-head is-selected" if is_own else "chip is-head",
            "data-action": "select-place",
            "data-layer": str(layer),
            "data-head": str(head),
            "aria-label": say(scene, "search.choose", layer=layer, head=head),
        },
        written_heads([effect.head]),
    )
    told = say(scene, "search.lost") if after is None else probability(scene, after)
    title = None if after is None else exact(scene, after)
    bars = before_and_after(before, after)
    return h(
        "tr",
        {},
        h("th", {"scope": "row"}, button),
        h(
            "td",
            {"class": "search-bars"},
            bars,
            h("span", {"class": "number", "title": title}, told),
        ),
        h("td", {}, token_mark(effect.best.visible)),
    )


def before_and_after(before: float | None, after: float | None) -> Node:
    """The bars of a chance with all heads and without some; an unknown one has no length."""
    return h(
        "svg",
        {"aria-hidden": "true"},
        h("rect", {"class": "is-after", "width": f"{100 * (after or 0.0):.2f}%"}),
        h("rect", {"class": "is-before", "width": f"{100 * (before or 0.0):.2f}%"}),
    )
