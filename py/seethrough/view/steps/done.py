"""Step 9: the text as it reads, how surprising each new token was, and what it all cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.core import cost
from seethrough.core.routes import OWN, Route, address_of
from seethrough.view import named
from seethrough.view.folded import folded
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import (
    cell,
    count,
    duration,
    exact,
    megabytes,
    probability,
    readout,
)
from seethrough.view.steps.written import bits, enters, has_end, text_of, why_it_ended
from seethrough.view.tokens import N_HUES
from seethrough.view.windowed import gap_words, new_gap_note, window
from seethrough.view.words import action_button, rich, say, subject_name, token_mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seethrough.app.state import AppState
    from seethrough.core.config import ModelConfig

FIELDS = (
    "language",
    "route",
    "recordings",
    "tokens",
    "config",
    "written",
    "continuation",
    "stop",
    "busy",
    "recorded",
)
# The film: the text, the bars in so many groups, the mean, the cost.
MOST_GROUPS = 4
MILLION, BILLION = 1_000_000, 1_000_000_000
LEAST_SCALE = 1.0
MOST_BITS = 1000.0  # 2 to the power of more is no float
BAR_HIGH = 64
BAR_WIDE = 14


def render(state: AppState) -> str:
    """The text, its surprises, its cost, the ways onward; before a run, what will be here."""
    if not state.tokens or state.config is None:
        return to_html(h("p", {"class": "lead"}, say(state, "done.nothing")))
    if not state.steps:
        button = action_button(
            state,
            "generate",
            "loop.generate",
            {"class": "button is-primary", "disabled": state.busy not in {"", "load"}},
        )
        lead = h("p", {"class": "lead"}, say(state, "done.none"))
        return to_html(lead, h("p", {"class": "buttons"}, button), onward(state))
    return to_html(
        named.lead(state, lead_of(state)),
        text(state),
        surprises(state),
        h(
            "div",
            {"class": "done-facts"},
            averages(state),
            costs(state, state.config),
            onward(state),
        ),
        table(state),
    )


def lead_of(state: AppState) -> list[Node | str]:
    """How long it became, and why it ended."""
    one = len(state.steps) == 1
    key = "done.lead_one" if one else "done.lead"
    told = rich(state, key, n_new=count(len(state.steps)), n_prompt=count(state.n_prompt))
    return [*told, " ", *why_it_ended(state)]


def text(state: AppState) -> Node:
    """The text to read, to select and to copy: what was given in grey."""
    shown = window(state.n_prompt)
    end = shown.gap[0] if shown.gap else state.n_prompt
    gap = h("i", {"class": "done-gap"}, " [", gap_words(state, shown), "] ") if shown.gap else ""
    given = [
        reads(state, range(end)),
        gap,
        reads(state, [at for at in shown.positions if at > end]),
    ]
    after = text_of(state.steps, has_end=has_end(state))
    words = h("p", {"class": "plain-text"}, h("span", {"class": "is-quiet"}, given), after)
    button = action_button(state, "copy-text", "done.copy")
    return h("div", {"class": "done-text", **enters(0, "appear")}, words, button)


def reads(state: AppState, positions: Iterable[int]) -> str:
    """Some tokens of the text as they read."""
    given = (state.tokens[at] for at in positions)
    return "".join(token.text for token in given if not token.is_special)


def surprises(state: AppState) -> Node:
    """A bar over each new token: how many bits it told."""
    values = [bits(step.prob) for step in state.steps]
    scale = scale_of(values)
    shown = window(len(values))
    items = [h("li", {}, surprise(state, step, scale)) for step in shown.positions]
    label = say(
        state,
        "done.summary",
        n_new=count(len(values)),
        mean=readout(mean_of(values)),
        token=state.steps[largest(values)].visible,
        most=readout(max(values)),
    )
    return h(
        "figure",
        {"class": "surprises"},
        h("figcaption", {"class": "note"}, rich(state, "done.scale", most=readout(scale))),
        h("ol", {"aria-label": label}, items),
        new_gap_note(state, shown),
    )


def scale_of(values: Sequence[float]) -> float:
    """What the highest bar stands for."""
    return max([value for value in values if math.isfinite(value)] + [LEAST_SCALE])


def largest(values: Sequence[float]) -> int:
    """Which token surprised most."""
    return max(range(len(values)), key=lambda at: values[at])


def mean_of(values: Sequence[float]) -> float:
    """The mean surprise."""
    return math.fsum(values) / len(values)


def surprise(state: AppState, step: int, scale: float) -> list[Node]:
    """One token under its bar."""
    new, position = state.steps[step], state.n_prompt + step
    value = bits(new.prob)
    high = min(value / scale, 1.0) * BAR_HIGH
    attributes: Attributes = {
        "class": "surprise",
        "width": "100%",
        "height": BAR_HIGH,
        "aria-hidden": "true",
    }
    fill: Attributes = {
        "class": "bar-fill",
        "x": "50%",
        "y": f"{BAR_HIGH - high:.2f}",
        "width": BAR_WIDE,
        "height": f"{high:.2f}",
        "transform": f"translate(-{BAR_WIDE // 2})",
    }
    bar = h("rect", fill)
    is_end = has_end(state) and step == len(state.steps) - 1
    classes = f"under hue-{position % N_HUES}" + (" is-special" if is_end else "")
    told = say(
        state,
        "done.token",
        bits=readout(value),
        prob=probability(new.prob, state.language),
        rank=count(new.rank + 1),
    )
    return [
        h("svg", attributes, h("g", enters(1 + group_of(state, step), "rise"), bar)),
        h("span", {"class": "number bits"}, cell(value)),
        h("bdi", {"class": classes, "title": told}, new.visible),
    ]


def averages(state: AppState) -> Node:
    """The mean surprise and the perplexity; the prompt has none."""
    mean = mean_of([bits(step.prob) for step in state.steps])
    values: list[Child] = [
        rich(state, "done.bits", bits=number(readout(mean))),
        number(readout(perplexity(mean))),
    ]
    return h(
        "section",
        enters(1 + n_groups(state), "appear"),
        h("h2", {"class": "part-title"}, say(state, "done.averages")),
        listed(state, ("mean", "perplexity"), values),
        h("p", {"class": "note"}, rich(state, "done.given", mean=readout(mean))),
    )


def perplexity(mean: float) -> float:
    """How many equally likely tokens would surprise as much."""
    return 2.0**mean if mean < MOST_BITS else math.inf


def n_groups(state: AppState) -> int:
    """In how many groups the bars rise in the film."""
    return min(MOST_GROUPS, len(state.steps))


def group_of(state: AppState, step: int) -> int:
    """With which group a bar rises."""
    return step * n_groups(state) // len(state.steps)


def number(words: str) -> Node:
    """A number in its own type."""
    return h("span", {"class": "number"}, words)


def listed(state: AppState, names: Sequence[str], values: Sequence[Child]) -> Node:
    """Facts with their names."""
    items = [
        h("div", {}, h("dt", {}, say(state, f"done.{name}")), h("dd", {}, value))
        for name, value in zip(names, values, strict=True)
    ]
    return h("dl", {"class": "facts"}, items)


def costs(state: AppState, config: ModelConfig) -> Node:
    """Time, multiply-adds, bytes kept, bytes read."""
    n_steps, n_prompt = len(state.steps), state.n_prompt
    done = cost.continuation_cost(config, n_prompt, n_steps)
    again = cost.continuation_cost(config, n_prompt, n_steps, keeps=False)
    kept = cost.cache_bytes(config, n_prompt + n_steps - 1)
    n_done = number(amount(state, done))
    values: list[Child] = [
        time_of(state),
        rich(state, "done.times", n=n_done, times=cell(again / done)),
        number(megabytes(kept, state.language)),
        weights(state, cost.weight_bytes(config), n_steps),
    ]
    return h(
        "section",
        enters(2 + n_groups(state), "appear"),
        h("h2", {"class": "part-title"}, say(state, "done.costs")),
        listed(state, ("time", "adds", "cache", "weights"), values),
    )


def weights(state: AppState, read: int, n_steps: int) -> list[Node | str]:
    """Every step reads all matrices once."""
    return rich(
        state,
        "done.passes",
        n_passes=count(n_steps),
        each=megabytes(read, state.language),
        n=number(gigabytes(state, read * n_steps)),
    )


def gigabytes(state: AppState, n_bytes: int) -> str:
    """Bytes by the thousand million."""
    return say(state, "done.gigabytes", value=readout(n_bytes / 1e9))


def amount(state: AppState, n_adds: int) -> str:
    """So many multiply-adds, in words that are not read as bytes."""
    if n_adds >= BILLION:
        return say(state, "done.billion", value=readout(n_adds / BILLION))
    return say(state, "done.million", value=readout(n_adds / MILLION))


def time_of(state: AppState) -> list[Node | str]:
    """The measured time of the passes; a recording has none."""
    measured = [step.elapsed_ms for step in state.steps if step.elapsed_ms > 0]
    if not measured:
        return [say(state, "done.no_time")]
    whole = math.fsum(measured)
    each = duration(whole / len(measured), state.language)
    key = "done.time_of" if len(measured) == len(state.steps) else "done.time_of_some"
    return rich(
        state,
        key,
        time=number(duration(whole, state.language)),
        each=each,
        n_steps=count(len(measured)),
    )


def onward(state: AppState) -> Node:
    """Where to go from here."""
    subject = state.route.subject or OWN
    to_loop = "done.to_loop" if state.steps else "done.to_loop_first"
    links = [
        (address_of(Route("block", subject)), say(state, "done.to_block")),
        (address_of(Route("walk", subject, "loop")), say(state, to_loop)),
    ]
    other = next_recording(state)
    if other:
        name = say(state, "done.to_other", name=subject_name(state, other))
        links.append((address_of(Route("walk", other, "input")), name))
    if subject != OWN:
        links.append((address_of(Route("walk", OWN, "input")), say(state, "done.to_own")))
    items = [h("li", {}, h("a", {"href": target}, words)) for target, words in links]
    heading = h("h2", {"class": "part-title"}, say(state, "done.onward"))
    return h(
        "nav",
        {"class": "onward", "aria-label": say(state, "done.onward")},
        heading,
        h("ul", {}, items),
    )


def next_recording(state: AppState) -> str:
    """The recorded walk behind this one; the first behind the last, or behind one's own text."""
    names = [card.id for card in state.recordings]
    if not names:
        return ""
    at = names.index(state.route.subject) + 1 if state.route.subject in names else 0
    other = names[at % len(names)]
    return "" if other == state.route.subject else other


def table(state: AppState) -> Node:
    """Every new token's probability and surprise, exact."""
    return folded(state, "done-data", say(state, "done.table"), lambda: lines(state))


def lines(state: AppState) -> Node:
    """The table itself."""
    names = ("token", "id", "prob", "rank", "bits")
    head = [h("th", {"scope": "col"}, say(state, f"loop.table.{name}")) for name in names]
    rows = [
        h(
            "tr",
            {},
            h("th", {"scope": "row"}, h("bdi", {}, step.visible)),
            [
                h("td", {}, value)
                for value in (
                    str(step.id),
                    exact(step.prob),
                    count(step.rank + 1),
                    exact(bits(step.prob)),
                )
            ],
        )
        for step in state.steps
    ]
    whole = h(
        "table",
        {"class": "numbers"},
        h("caption", {}, say(state, "done.table.caption")),
        h("thead", {}, h("tr", {}, head)),
        h("tbody", {}, rows),
    )
    return h("div", {"class": "table scroll", "tabindex": "0"}, whole)


def moments(state: AppState) -> Sequence[Child]:
    """The text, the bars in four groups with the largest of each, the mean, the cost."""
    if not state.steps or state.config is None:
        return ()
    mean = mean_of([bits(step.prob) for step in state.steps])
    done = cost.continuation_cost(state.config, state.n_prompt, len(state.steps))
    first = rich(
        state, "done.film.text", n_prompt=count(state.n_prompt), n_new=count(len(state.steps))
    )
    groups = [group_told(state, group) for group in range(n_groups(state))]
    average = rich(
        state,
        "done.film.mean",
        bits=h("b", {}, readout(mean)),
        choices=readout(perplexity(mean)),
    )
    last = rich(state, "done.film.cost", n=h("b", {}, amount(state, done)))
    return (first, *groups, average, last)


def group_told(state: AppState, group: int) -> list[Node | str]:
    """The most surprising token of a group of bars."""
    inside = [at for at in range(len(state.steps)) if group_of(state, at) == group]
    at = max(inside, key=lambda step: bits(state.steps[step].prob))
    new = state.steps[at]
    return rich(
        state,
        "done.film.bar",
        token=token_mark(new.visible),
        bits=h("b", {}, cell(bits(new.prob))),
        prob=probability(new.prob, state.language),
    )
