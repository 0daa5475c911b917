"""Step 7: the odds are shaped and cut, a dart falls, one token is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import TALLY
from seethrough.view.named import lead as named_lead
from seethrough.view.node import Attributes, Child, Markup, Node, h, to_html
from seethrough.view.numbers import count, readout, signed
from seethrough.view.steps.sample_bars import cascade
from seethrough.view.steps.sample_dials import dials, presets
from seethrough.view.steps.sample_odds import odds_of
from seethrough.view.steps.sample_table import candidates, data, tally_note, unnamed_note
from seethrough.view.steps.sample_words import marked, named, number, share, share_of
from seethrough.view.unrecorded import note
from seethrough.view.words import action_button, rich, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.app.state import AppState
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
)
# What changes while a slider is held: all but the sliders themselves.
ODDS_FIELDS = (*FIELDS, "trying")
SLOT = "step-sample-odds"
LEAD = "step-sample-lead"
# The fields of the last picture, and its markup.
LAST: list[tuple[tuple[object, ...], str]] = []


def render(state: AppState) -> str:
    """The settings and the whole picture; before the first run what will stand there."""
    if not state.tokens:
        return to_html(h("p", {"class": "lead"}, say(state, "step.sample.rest")))
    odds = odds_of(state)
    if odds is None:
        return to_html(note(state, say(state, "step.sample.unrecorded")))
    first = h("div", {"id": LEAD, "class": "slot is-told"}, Markup(render_lead(state)))
    bar = h("div", {"class": "sample-bar"}, presets(state), dials(state))
    slot = h("div", {"id": SLOT, "class": "slot is-odds"}, Markup(render_odds(state)))
    return to_html(first, bar, slot, data(state, odds))


def render_lead(state: AppState) -> str:
    """The first sentence, told anew while a slider is held; the film tells it all before."""
    odds = odds_of(state)
    if odds is None:
        return ""
    return to_html(named_lead(state, lead(state, odds), **at_the_end(odds)))


def at_the_end(odds: Odds) -> Attributes:
    """The film's last moment."""
    return {"data-at": len(odds.stages) - 1, "data-move": "appear"}


def render_odds(state: AppState) -> str:
    """The picture alone, drawn anew while a slider is held; made once for both panels."""
    values = tuple(getattr(state, name) for name in ODDS_FIELDS)
    if len(LAST) != 1 or any(a is not b for a, b in zip(LAST[0][0], values, strict=True)):
        LAST[:] = [(values, to_html(*picture(state)))]
    return LAST[0][1]


def picture(state: AppState) -> list[Node]:
    """What the settings do: the bars, the tokens."""
    odds = odds_of(state)
    if odds is None:
        return []
    notes = [tally_note(state, odds), unnamed_note(state, odds)]
    end = at_the_end(odds)
    return [
        h(
            "div",
            {"class": "sample-body"},
            h("div", {"class": "sample-picture"}, cascade(state, odds), actions(state, odds)),
            h("div", {"class": "sample-numbers scroll", **end}, candidates(state, odds), notes),
        ),
    ]


def lead(state: AppState, odds: Odds) -> list[Node | str]:
    """What happened, in one sentence, with this text's own numbers."""
    best, token = int(odds.order[0]), marked(state, odds.landed)
    if odds.shaped is None:
        second = int(odds.order[min(1, odds.order.size - 1)])
        return rich(
            state,
            "step.sample.lead_greedy",
            token=token,
            logit=signed(float(odds.logits[best])),
            second=marked(state, second),
            second_logit=signed(float(odds.logits[second])),
        )
    return rich(
        state,
        "step.sample.lead" if odds.n_kept > 1 else "step.sample.lead_one",
        n_kept=count(odds.n_kept),
        d_vocab=count(odds.own.size),
        throw=count(odds.throw + 1),
        seed=str(odds.settings.seed),
        dart=h("b", {}, readout(odds.point)),
        token=token,
        now=h("b", {}, share_of(state, odds.now, odds.landed)),
        own=share_of(state, odds.own, odds.landed),
    )


def actions(state: AppState, odds: Odds) -> Node:
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
        rich(state, "step.sample.take", token=h("bdi", {}, named(state, odds.landed))),
    )
    if odds.shaped is None:
        return h("div", {"class": "sample-actions"}, taken)
    counting = "step.sample.untally" if odds.tallied else "step.sample.tally"
    return h(
        "div",
        {"class": "sample-actions"},
        taken,
        action_button(state, "throw", "step.sample.throw", {"id": "throw-dart"}),
        h(
            "button",
            {"type": "button", "class": "button", "data-action": "tally"},
            say(state, counting, count=count(TALLY)),
        ),
        h("p", {"class": "note"}, say(state, "step.sample.same")) if odds.throw == 0 else None,
    )


def moments(state: AppState) -> Sequence[Child]:
    """The film: the odds, the temperature, each cut, what is left, the dart, the token."""
    odds = odds_of(state)
    if odds is None:
        return ()
    fields = film_fields(state, odds)
    names = odds.stages
    keys = {"left": "greedy_left"} if odds.shaped is None else {}
    cuts = {cut.name: cut for cut in odds.taken}
    told: list[Child] = []
    for name in names:
        own = dict(fields)
        if name in cuts:
            cut = cuts[name]
            own |= {
                "value": number(cut.setting),
                "n_gone": count(cut.n_gone),
                "n_kept": count(cut.n_kept),
                "share": share(state, cut.end - cut.start),
            }
        if name == "own":
            own["share"] = share_of(state, odds.own, int(odds.order[0]))
        if name == "land":
            own["token"] = marked(state, odds.landed)
        told.append(rich(state, f"step.sample.film.{keys.get(name, name)}", **own))
    return told


def film_fields(state: AppState, odds: Odds) -> Mapping[str, Node | str]:
    """What the sentences of the film tell of."""
    best = int(odds.order[0])
    tempered = odds.shaped.tempered if odds.shaped is not None else odds.own
    start = odds.start_of(odds.landed)
    return {
        "token": marked(state, best),
        "d_vocab": count(odds.own.size),
        "value": number(odds.settings.temperature),
        "before": share_of(state, odds.own, best),
        "after": share_of(state, tempered, best),
        "n_kept": count(odds.n_kept),
        "share": share_of(state, odds.now, best),
        "seed": str(odds.settings.seed),
        "throw": count(odds.throw + 1),
        "dart": readout(odds.point),
        "logit": signed(float(odds.logits[best])),
        "start": readout(start),
        "end": readout(start + float(odds.now[odds.landed])),
    }
