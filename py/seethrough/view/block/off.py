"""The shown head switched off, alone or with others: what the model says then, beside before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seethrough.core.heads import written_heads
from seethrough.core.length import length_of
from seethrough.core.wants import NOTHING, Wants
from seethrough.view.block.here import here_of
from seethrough.view.block.mix_facts import results
from seethrough.view.block.search import before_and_after
from seethrough.view.ideas.layers_heads import now_of
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import exact, probability, readout, with_signs
from seethrough.view.unrecorded import note
from seethrough.view.wants import is_kept
from seethrough.view.words import rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.heads import Head
    from seethrough.core.tokens import Candidate
    from seethrough.view.block.here import Here

FIELDS = ("top", "without", "off", "source", "recorded", "live_bytes", "busy")
N_TOLD = 5


class Change(NamedTuple):
    """A next token's chance with all heads and without some; None: not among the best told."""

    item: Candidate
    before: float | None
    after: float | None


def wants(scene: Scene) -> Wants:
    """The best next tokens without the heads that are off."""
    last = len(scene.run.tokens) - 1
    off = scene.choice.off
    if not off or scene.run.config is None or last < 0 or not is_kept(scene, last):
        return NOTHING
    return Wants(without=frozenset({off}))


def figure(scene: Scene) -> Node | str:
    """What it does to the head, the switches, the answers before and after."""
    place = here_of(scene)
    if place is None or not scene.run.top:
        return ""
    return h(
        "div",
        {"class": "head-off"},
        h("h3", {"class": "part-title"}, say(scene, "off.title")),
        h("p", {"class": "note"}, lead(scene, place)),
        h("div", {"class": "off-switches"}, switches(scene, place)),
        h("div", {"role": "status"}, outcome(scene)),
    )


def lead(scene: Scene, place: Here) -> list[Node | str]:
    """Its weights stay, what it writes is gone."""
    written = results(scene)
    head, layer = str(place.head), str(place.layer)
    if written is None:
        return rich(scene, "off.lead", head=head, layer=layer)
    length = h("b", {}, readout(scene, length_of(written[place.head])))
    token = token_mark(visible_at(scene, place.position))
    return rich(scene, "off.lead_length", head=head, layer=layer, token=token, length=length)


def switches(scene: Scene, place: Here) -> list[Node]:
    """The shown head's own switch, those of the others that are off, one for all of them."""
    own, off = (place.layer, place.head), scene.choice.off
    is_off = own in off
    others = sorted(off - {own})
    named = say(scene, "off.switch", is_off=is_off, layer=place.layer, head=place.head)
    made = [switch([own], named, is_pressed=is_off)]
    for layer, head in others:
        words = say(scene, "off.switch", is_off=True, layer=layer, head=head)
        made.append(switch([(layer, head)], words, is_pressed=True))
    if len(off) > 1:
        made.append(switch(sorted(off), say(scene, "off.all_on"), is_pressed=True))
    return made


def switch(heads: list[Head], words: str, *, is_pressed: bool) -> Node:
    """A button that switches some heads off, or on again."""
    attributes: Attributes = {
        "type": "button",
        "class": "button",
        "data-action": "switch-heads",
        "data-heads": written_heads(heads),
        "aria-pressed": "true" if is_pressed else "false",
    }
    return h("button", attributes, words)


def outcome(scene: Scene) -> Child:
    """The answers before and after; or that they are asked for, or not recorded."""
    if not scene.choice.off:
        return ""
    if now_of(scene):
        return table(scene)
    if scene.run.recorded is not None:
        return note(scene, say(scene, "off.unrecorded"))
    return h("p", {"class": "note"}, say(scene, "off.asking"))


def changes_of(scene: Scene) -> list[Change]:
    """The best answers of after and before, those of after first."""
    top, now = scene.run.top, now_of(scene)
    before, after = ({item.id: item.prob for item in best} for best in (top, now))
    best = {item.id: item for item in (*now[:N_TOLD], *top[:N_TOLD])}
    return [Change(item, before.get(at), after.get(at)) for at, item in best.items()]


def table(scene: Scene) -> Node:
    """A line for each answer: bars, both chances, the difference in points of per cent."""
    names = ("token", "bars", "before", "after", "difference")
    heads = [h("th", {"scope": "col"}, say(scene, f"off.head.{name}")) for name in names]
    off = say(scene, "off.caption", heads=written_heads(scene.choice.off))
    return h(
        "div",
        {"class": "table scroll", "tabindex": "0"},
        h(
            "table",
            {"class": "numbers search-table"},
            h("caption", {}, off),
            h("thead", {}, h("tr", {}, heads)),
            h("tbody", {}, [row(scene, change) for change in changes_of(scene)]),
        ),
    )


def row(scene: Scene, change: Change) -> Node:
    """One answer."""
    before, after = change.before, change.after
    bars = before_and_after(before, after)
    return h(
        "tr",
        {},
        h("th", {"scope": "row"}, token_mark(change.item.visible)),
        h("td", {"class": "search-bars"}, bars),
        [chance(scene, value) for value in (before, after)],
        h("td", {"class": "number"}, difference(scene, before, after)),
    )


def chance(scene: Scene, value: float | None) -> Node:
    """One chance in its column."""
    if value is None:
        return h("td", {"class": "is-quiet"}, say(scene, "off.lost"))
    return h("td", {"class": "number", "title": exact(scene, value)}, probability(scene, value))


def difference(scene: Scene, before: float | None, after: float | None) -> str:
    """How many points of per cent it rose or fell; nothing where one is not known."""
    if before is None or after is None:
        return ""
    return with_signs(scene, f"{100 * (after - before):+.1f}")
