"""The idea of step 4: words look back at words, and a head that is switched off is missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.heads import written_heads
from seethrough.core.hooks import hook_name
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view.ideas.layers_heads import (
    N_DRAWN,
    answers_of,
    kind_of,
    marked_in,
    now_of,
    row_of,
    shared_target,
    spoke_against,
)
from seethrough.view.ideas.layers_picture import looks_of, pictures
from seethrough.view.ideas.layers_way import way
from seethrough.view.ideas.plain import caption, lead, mark, nothing_yet, plain, rect, whole
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.unrecorded import note
from seethrough.view.wants import is_kept
from seethrough.view.windowed import beyond_note, is_beyond
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seethrough.app.state import Scene
    from seethrough.core.heads import Head, Marked
    from seethrough.view.ideas.layers_heads import Answer
    from seethrough.view.ideas.layers_picture import Look

FIELDS = (
    "language",
    "busy",
    "route",
    "tokens",
    "top",
    "position",
    "config",
    "captured",
    "lens",
    "recorded",
    "source",
    "marked",
    "without",
    "off",
    "live_bytes",
)
KINDS = ("first", "second")


def wants(scene: Scene) -> Wants:
    """The heads worth a look, where they look, the answers on the way and without some heads."""
    run, last = scene.run, len(scene.run.tokens) - 1
    if run.config is None or last < 0 or not is_kept(scene, last):
        return NOTHING
    marked, off = marked_in(run), scene.choice.off
    layers = {layer for layer, _ in marked.heads} if marked else set()
    patterns = want([hook_name(hooks.PATTERN, layer) for layer in sorted(layers)], lens=last)
    without = frozenset({off}) if off else frozenset()
    return patterns | Wants(is_marked=run.recorded is None, without=without)


def render(scene: Scene) -> str:
    """The lead, the tokens with the arcs of two heads, the answer, the way through the layers."""
    run = scene.run
    if run.config is None or not run.tokens:
        return to_html(nothing_yet(scene, "idea.layers.empty"))
    last = len(run.tokens) - 1
    if is_beyond(scene, last):
        return to_html(told(scene), beyond_note(scene))
    marked = marked_in(run)
    looks = looks_of(scene, marked) if marked else []
    if marked is None or not looks:
        return to_html(told(scene), caption(say(scene, "idea.layers.waiting")))
    parts = [
        *(head_line(scene, look, kind) for look, kind in zip(looks, KINDS, strict=False)),
        h("div", {"class": "idea-look-picture"}, pictures(scene, looks)),
        outcome(scene, marked),
    ]
    return to_html(
        told(scene),
        h("div", {"class": "idea-look"}, parts),
        way(scene),
        h("div", {"class": "idea-look-why"}, *notes(scene, marked)),
    )


def told(scene: Scene) -> Node:
    """What attention takes, and from where, in two sentences; of a word where a head has one."""
    run = scene.run
    last, target = mark(run.tokens[-1].visible), copied_from(scene)
    if target is None:
        of_all = "idea.layers.lead_none" if is_all_off(scene) else "idea.layers.lead"
        return lead(rich(scene, of_all, token=last))
    key = "idea.layers.lead_left" if has_off(scene) else "idea.layers.lead_word"
    return lead(rich(scene, key, token=last, target=mark(run.tokens[target].visible)))


def is_all_off(scene: Scene) -> bool:
    """Whether every drawn head is off."""
    marked = marked_in(scene.run)
    drawn = frozenset(marked.heads[:N_DRAWN]) if marked else frozenset()
    return bool(drawn) and drawn <= scene.choice.off


def has_off(scene: Scene) -> bool:
    """Whether a drawn head is off."""
    marked = marked_in(scene.run)
    return bool(marked and scene.choice.off & frozenset(marked.heads[:N_DRAWN]))


def copied_from(scene: Scene) -> int | None:
    """The word that the first drawn head that is on takes most from, if it is a single one."""
    run, marked, last = scene.run, marked_in(scene.run), len(scene.run.tokens) - 1
    drawn = marked.heads[:N_DRAWN] if marked else ()
    rows = (row_of(run, head, last) for head in drawn if head not in scene.choice.off)
    targets = (int(row.argmax()) for row in rows if row is not None and kind_of(row) == "word")
    return next(targets, None)


def head_line(scene: Scene, look: Look, kind: str) -> Node:
    """A drawn head: where it looks in words, and its switch."""
    layer, head = look.head
    name = say(scene, "idea.layers.head", layer=layer)
    number = say(scene, "idea.layers.head_number", head=head, layer=layer)
    target = scene.run.tokens[int(look.row.argmax())]
    words = rich(scene, f"idea.layers.looks.{kind_of(look.row)}", token=mark(target.visible))
    state = " is-off" if look.is_off else ""
    return h(
        "p",
        {"class": f"idea-look-head is-{kind}{state}"},
        h("b", {"title": number}, name),
        " ",
        h("span", {}, words),
        " ",
        switch(scene, (look.head,), "off", "on"),
    )


def together(scene: Scene, marked: Marked) -> list[Node]:
    """The button for all of them at once, those named that are not drawn; nothing for one."""
    if len(marked.together) < 2:  # noqa: PLR2004 - one has its own
        return []
    shared = shared_target(scene.run, marked.together)
    name = plain(scene.run.tokens[shared].visible) if shared is not None else ""
    off = "alike" if name else marked.by
    button = switch(scene, marked.together, off, "together", token=name, n=len(marked.together))
    unseen = [head for head in marked.together if head not in marked.heads[:N_DRAWN]]
    if not unseen:
        return [button]
    words = say(scene, "idea.layers.alike", heads=listed(scene, unseen))
    return [button, h("span", {"class": "idea-look-listed"}, words)]


def switch(scene: Scene, heads: Sequence[Head], off: str, on: str, **fields: object) -> Node:
    """A button that switches some heads off, or on again."""
    is_off = scene.choice.off >= frozenset(heads)
    shown = on if is_off else off
    named = None
    if len(heads) == 1:
        token = looked_at(scene, heads[0])
        named = say(scene, f"idea.layers.switch.{shown}_one", layer=heads[0][0], token=token)
    attributes: Attributes = {
        "type": "button",
        "class": "button idea-look-switch",
        "data-action": "switch-heads",
        "data-heads": written_heads(heads),
        "aria-pressed": "true" if is_off else "false",
        "aria-label": named,
    }
    return h("button", attributes, say(scene, f"idea.layers.switch.{shown}", **fields))


def outcome(scene: Scene, marked: Marked) -> Node:
    """What the model says now, beside what it said before; all three heads off at once."""
    looks = "idea-look-verdict" if scene.choice.off else "idea-look-verdict invites"
    told = h("p", {"class": looks, "role": "status"}, *verdict(scene))
    words = h("div", {"class": "idea-look-told"}, told, *together(scene, marked))
    return h("div", {"class": "idea-look-outcome"}, words, bars(scene) if now_of(scene) else "")


def verdict(scene: Scene) -> list[Node | str]:
    """What the switched-off heads changed, in one or two sentences."""
    off, now = scene.choice.off, now_of(scene)
    if not off:
        return [say(scene, "idea.layers.try")]
    if not now:
        if scene.run.recorded is not None:
            return [note(scene, say(scene, "idea.layers.unrecorded"))]
        return [say(scene, "idea.layers.asking")]
    before = scene.run.top[0]
    key, n_off = changed(scene), len(off)
    fields = {"now": mark(now[0].visible), "before": mark(before.visible)}
    words = rich(scene, f"idea.layers.now.{key}", n_off=count(scene, n_off), **fields)
    words = [*words, " ", *which(scene)] if n_off > N_DRAWN else words
    against = spoke_against(scene)
    if against is None and key == "same":
        return words
    if against is None:
        return [*words, " ", *rich(scene, "idea.layers.cause", n_off=count(scene, n_off))]
    name = next(item.visible for item in now if item.id == against)
    why = "idea.layers.against_one" if n_off == 1 else "idea.layers.against"
    return [*words, " ", *rich(scene, why, token=mark(name))]


def which(scene: Scene) -> list[Node | str]:
    """The heads that are off, where more are than are drawn."""
    return rich(scene, "idea.layers.off", heads=listed(scene, scene.choice.off))


def listed(scene: Scene, heads: Iterable[Head]) -> str:
    """Heads by their names, in the order of the layers."""
    names = [
        say(scene, "idea.layers.off_one", layer=head[0], token=looked_at(scene, head))
        for head in sorted(heads)
    ]
    return ", ".join(names)


def looked_at(scene: Scene, head: Head) -> str:
    """The word that a head looks at most from the last token: by it a reader knows the head."""
    row = row_of(scene.run, head, len(scene.run.tokens) - 1)
    return "" if row is None else plain(scene.run.tokens[int(row.argmax())].visible)


def changed(scene: Scene) -> str:
    """How the answer changed: another word, or the same one less, more or as likely."""
    before, now = scene.run.top[0], now_of(scene)[0]
    if before.id != now.id:
        return "other"
    difference = round(100 * now.prob) - round(100 * before.prob)
    return "less" if difference < 0 else "more" if difference > 0 else "same"


def bars(scene: Scene) -> Node:
    """The best answers as bars: full for now, an outline for before."""
    rows = [bar(scene, one) for one in answers_of(scene)]
    return h("ul", {"class": "idea-look-bars"}, rows)


def bar(scene: Scene, one: Answer) -> Node:
    """One answer's two bars."""
    before, now = one.before, one.now
    shapes = [] if now is None else [rect(0, now, class_="is-now", data_prob=str(now))]
    if before is not None and scene.choice.off:
        shapes.append(rect(0, before, class_="is-before", data_prob=str(before)))
    shares = [whole(scene, part) for part in (before, now) if part is not None]
    is_told = scene.choice.off and one.item.id == scene.run.top[0].id and len(shares) > 1
    return h(
        "li",
        {},
        h("bdi", {}, plain(one.item.visible)),
        h("svg", {"aria-hidden": "true"}, shapes),
        h("span", {}, " → ".join(shares) if is_told else ""),
    )


def notes(scene: Scene, marked: Marked) -> list[Node]:
    """Why so many heads look at the first token, and how these two were chosen."""
    answer = scene.run.top[0].visible if scene.run.top else ""
    how = caption(*rich(scene, f"idea.layers.by.{marked.by}", token=mark(answer)))
    if marked.resting is None:
        return [how]
    first = mark(scene.run.tokens[0].visible)
    share = h("b", {"class": "idea-look-resting"}, whole(scene, marked.resting))
    return [caption(*rich(scene, "idea.layers.resting", share=share, token=first)), how]
