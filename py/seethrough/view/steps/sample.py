"""Step 7: the odds are shaped and cut, a dart falls, one token is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import TALLY
from seethrough.view.kept import Kept
from seethrough.view.named import lead as named_lead
from seethrough.view.node import Attributes, Child, Markup, Node, h, to_html
from seethrough.view.numbers import count, exact, readout, setting, signed
from seethrough.view.steps import slots
from seethrough.view.steps.sample_bars import cascade
from seethrough.view.steps.sample_dials import dials, presets
from seethrough.view.steps.sample_odds import odds_of
from seethrough.view.steps.sample_table import candidates, data, tally_note, unnamed_note
from seethrough.view.steps.sample_words import marked, named, share, share_of
from seethrough.view.unrecorded import note
from seethrough.view.words import action_button, rich, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.app.state import Scene, Spoken
    from seethrough.view.steps.sample_odds import Odds

FIELDS = (
    "language",
    "tokens",
    "top",
    "config",
    "continuation",
    "captured",
    "sampling",
    "throws",
    "vocabulary",
    "live_bytes",
)
# What changes while a slider is held: all but the sliders themselves.
ODDS_FIELDS = (*FIELDS, "trying")
LAST: Kept[str] = Kept(ODDS_FIELDS)


def render(scene: Scene) -> str:
    """The settings and the whole picture; before the first run what will stand there."""
    if not scene.run.tokens:
        return to_html(h("p", {"class": "lead"}, say(scene, "step.sample.rest")))
    odds = odds_of(scene)
    if odds is None:
        return to_html(note(scene, *rich(scene, "step.sample.unrecorded")))
    first = h("div", {"id": slots.LEAD, "class": "slot is-told"}, Markup(render_lead(scene)))
    bar = h("div", {"class": "sample-bar"}, presets(scene), dials(scene))
    slot = h("div", {"id": slots.ODDS, "class": "slot is-odds"}, Markup(render_odds(scene)))
    return to_html(first, bar, slot, data(scene, odds))


def render_lead(scene: Scene) -> str:
    """The first sentence, told anew while a slider is held; the film tells it all before."""
    odds = odds_of(scene)
    if odds is None:
        return ""
    return to_html(named_lead(scene, lead(scene, odds), **at_the_end(odds)))


def at_the_end(odds: Odds) -> Attributes:
    """The film's last moment."""
    return {"data-at": len(odds.stages) - 1, "data-move": "appear"}


def render_odds(scene: Scene) -> str:
    """The picture alone, drawn anew while a slider is held; made once for both panels."""
    return LAST.of(scene, lambda: to_html(*picture(scene)))


def picture(scene: Scene) -> list[Node]:
    """What the settings do: the bars, the tokens."""
    odds = odds_of(scene)
    if odds is None:
        return []
    notes = [tally_note(scene, odds), unnamed_note(scene, odds)]
    end = at_the_end(odds)
    return [
        h(
            "div",
            {"class": "sample-body"},
            h("div", {"class": "sample-picture"}, cascade(scene, odds), actions(scene, odds)),
            h("div", {"class": "sample-numbers scroll", **end}, candidates(scene, odds), notes),
        ),
    ]


def lead(scene: Scene, odds: Odds) -> list[Node | str]:
    """What happened, in one sentence, with this text's own numbers."""
    best, token = int(odds.order[0]), marked(scene, odds.landed)
    if odds.shaped is None:
        second = int(odds.order[min(1, odds.order.size - 1)])
        values = float(odds.edited[best]), float(odds.edited[second])
        logit, second_logit = told_apart(scene, *values)
        return rich(
            scene,
            "step.sample.lead_greedy_edited" if odds.edits else "step.sample.lead_greedy",
            token=token,
            logit=logit,
            second=marked(scene, second),
            second_logit=second_logit,
        )
    return rich(
        scene,
        "step.sample.lead",
        n_kept=count(scene, odds.n_kept),
        d_vocab=count(scene, odds.own.size),
        throw=count(scene, odds.throw + 1),
        seed=str(odds.settings.seed),
        dart=h("b", {}, readout(scene, odds.point)),
        token=token,
        now=h("b", {}, share_of(scene, odds.now, odds.landed)),
        own=share_of(scene, odds.own, odds.landed),
    )


def told_apart(spoken: Spoken, one: float, other: float) -> tuple[str, str]:
    """Two scores with as many digits as it takes to tell a tie from a near tie."""
    short = signed(spoken, one), signed(spoken, other)
    return (exact(spoken, one), exact(spoken, other)) if short[0] == short[1] else short


def actions(scene: Scene, odds: Odds) -> Node:
    """Take the token, throw again, throw 200 times."""
    taken = h(
        "button",
        {
            "type": "button",
            "class": "button is-primary",
            "data-action": "append-token",
            "data-id": str(odds.landed),
            **at_the_end(odds),
        },
        rich(scene, "step.sample.take", token=h("bdi", {}, named(scene, odds.landed))),
    )
    if odds.shaped is None:
        return h("div", {"class": "sample-actions"}, taken)
    counting = "step.sample.untally" if odds.tallied else "step.sample.tally"
    return h(
        "div",
        {"class": "sample-actions"},
        taken,
        action_button(scene, "throw", "step.sample.throw", {"id": "throw-dart"}),
        h(
            "button",
            {"type": "button", "class": "button", "data-action": "tally"},
            say(scene, counting, count=count(scene, TALLY)),
        ),
        h("p", {"class": "note"}, say(scene, "step.sample.same")) if odds.throw == 0 else None,
    )


def moments(scene: Scene) -> Sequence[Child]:
    """The film: the odds, the temperature, each cut, what is left, the dart, the token."""
    odds = odds_of(scene)
    if odds is None:
        return ()
    fields = film_fields(scene, odds)
    names = odds.stages
    keys = {"left": "greedy_left"} if odds.shaped is None else {}
    told: list[Child] = []
    for name in names:
        own = {**fields, **fields_of_moment(scene, odds, name)}
        told.append(rich(scene, f"step.sample.film.{keys.get(name, name)}", **own))
    return told


def fields_of_moment(scene: Scene, odds: Odds, name: str) -> Mapping[str, Node | str]:
    """What the sentence of one moment tells of beside what all of them tell of."""
    cuts, edits = {cut.name: cut for cut in odds.taken}, dict(odds.edits)
    if name in cuts:
        cut = cuts[name]
        return {
            "value": setting(scene, cut.setting),
            "n_gone": count(scene, cut.n_gone),
            "n_kept": count(scene, cut.n_kept),
            "share": share(scene, cut.mass),
        }
    if name in edits:
        n_changed = count(scene, int(edits[name].changed.size))
        return {"value": setting(scene, odds.settings[name]), "n_changed": n_changed}
    best = int(odds.ranked[0])
    if name == "own":
        return {"token": marked(scene, best), "share": share_of(scene, odds.own, best)}
    if name == "edited":
        shares = share_of(scene, odds.own, best), share_of(scene, odds.odds_at_1, best)
        return {"token": marked(scene, best), "before": shares[0], "after": shares[1]}
    return {"token": marked(scene, odds.landed)} if name == "land" else {}


def film_fields(scene: Scene, odds: Odds) -> Mapping[str, Node | str]:
    """What the sentences of the film tell of."""
    best = int(odds.order[0])
    tempered = odds.shaped.tempered if odds.shaped is not None else odds.own
    start = odds.start_of(odds.landed)
    return {
        "token": marked(scene, best),
        "d_vocab": count(scene, odds.own.size),
        "value": setting(scene, odds.settings.temperature),
        "before": share_of(scene, odds.odds_at_1, best),
        "after": share_of(scene, tempered, best),
        "n_kept": count(scene, odds.n_kept),
        "share": share_of(scene, odds.now, best),
        "seed": str(odds.settings.seed),
        "throw": count(scene, odds.throw + 1),
        "dart": readout(scene, odds.point),
        "logit": signed(scene, float(odds.edited[best])),
        "start": readout(scene, start),
        "end": readout(scene, start + float(odds.now[odds.landed])),
    }
