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

    from seethrough.app.state import Scene
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


def render(scene: Scene) -> str:
    """The text, its surprises, its cost, the ways onward; before a run, what will be here."""
    if not scene.run.tokens or scene.run.config is None:
        return to_html(h("p", {"class": "lead"}, say(scene, "done.nothing")))
    if not scene.run.steps:
        button = action_button(
            scene,
            "generate",
            "loop.generate",
            {"class": "button is-primary", "disabled": scene.busy not in {"", "load"}},
        )
        lead = h("p", {"class": "lead"}, say(scene, "done.none"))
        return to_html(lead, h("p", {"class": "buttons"}, button), onward(scene))
    return to_html(
        named.lead(scene, lead_of(scene)),
        text(scene),
        surprises(scene),
        h(
            "div",
            {"class": "done-facts"},
            averages(scene),
            costs(scene, scene.run.config),
            onward(scene),
        ),
        table(scene),
    )


def lead_of(scene: Scene) -> list[Node | str]:
    """How long it became, and why it ended."""
    told = rich(
        scene,
        "done.lead",
        n_new=count(scene, len(scene.run.steps)),
        n_prompt=count(scene, scene.run.n_prompt),
    )
    return [*told, " ", *why_it_ended(scene)]


def text(scene: Scene) -> Node:
    """The text to read, to select and to copy: what was given in grey."""
    shown = window(scene.run.n_prompt)
    end = shown.gap[0] if shown.gap else scene.run.n_prompt
    gap = h("i", {"class": "done-gap"}, " [", gap_words(scene, shown), "] ") if shown.gap else ""
    given = [
        reads(scene, range(end)),
        gap,
        reads(scene, [at for at in shown.positions if at > end]),
    ]
    after = text_of(scene.run.steps, has_end=has_end(scene))
    words = h("p", {"class": "plain-text"}, h("span", {"class": "is-quiet"}, given), after)
    button = action_button(scene, "copy-text", "done.copy")
    return h("div", {"class": "done-text", **enters(0, "appear")}, words, button)


def reads(scene: Scene, positions: Iterable[int]) -> str:
    """Some tokens of the text as they read."""
    given = (scene.run.tokens[at] for at in positions)
    return "".join(token.text for token in given if not token.is_special)


def surprises(scene: Scene) -> Node:
    """A bar over each new token: how many bits it told."""
    values = [bits(step.prob) for step in scene.run.steps]
    scale = scale_of(values)
    shown = window(len(values))
    items = [h("li", {}, surprise(scene, step, scale)) for step in shown.positions]
    label = say(
        scene,
        "done.summary",
        n_new=count(scene, len(values)),
        mean=readout(scene, mean_of(values)),
        token=scene.run.steps[largest(values)].visible,
        most=readout(scene, max(values)),
    )
    return h(
        "figure",
        {"class": "surprises"},
        h("figcaption", {"class": "note"}, rich(scene, "done.scale", most=readout(scene, scale))),
        h("ol", {"aria-label": label}, items),
        new_gap_note(scene, shown),
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


def surprise(scene: Scene, step: int, scale: float) -> list[Node]:
    """One token under its bar."""
    new, position = scene.run.steps[step], scene.run.n_prompt + step
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
    is_end = has_end(scene) and step == len(scene.run.steps) - 1
    classes = f"under hue-{position % N_HUES}" + (" is-special" if is_end else "")
    told = say(
        scene,
        "done.token",
        bits=readout(scene, value),
        prob=probability(scene, new.prob),
        rank=count(scene, new.rank + 1),
    )
    return [
        h("svg", attributes, h("g", enters(1 + group_of(scene, step), "rise"), bar)),
        h("span", {"class": "number bits"}, cell(scene, value)),
        h("bdi", {"class": classes, "title": told}, new.visible),
    ]


def averages(scene: Scene) -> Node:
    """The mean surprise and the perplexity; the prompt has none."""
    mean = mean_of([bits(step.prob) for step in scene.run.steps])
    values: list[Child] = [
        rich(scene, "done.bits", bits=number(readout(scene, mean))),
        number(readout(scene, perplexity(mean))),
    ]
    return h(
        "section",
        enters(1 + n_groups(scene), "appear"),
        h("h2", {"class": "part-title"}, say(scene, "done.averages")),
        listed(scene, ("mean", "perplexity"), values),
        h("p", {"class": "note"}, rich(scene, "done.given", mean=readout(scene, mean))),
    )


def perplexity(mean: float) -> float:
    """How many equally likely tokens would surprise as much."""
    return 2.0**mean if mean < MOST_BITS else math.inf


def n_groups(scene: Scene) -> int:
    """In how many groups the bars rise in the film."""
    return min(MOST_GROUPS, len(scene.run.steps))


def group_of(scene: Scene, step: int) -> int:
    """With which group a bar rises."""
    return step * n_groups(scene) // len(scene.run.steps)


def number(words: str) -> Node:
    """A number in its own type."""
    return h("span", {"class": "number"}, words)


def listed(scene: Scene, names: Sequence[str], values: Sequence[Child]) -> Node:
    """Facts with their names."""
    items = [
        h("div", {}, h("dt", {}, say(scene, f"done.{name}")), h("dd", {}, value))
        for name, value in zip(names, values, strict=True)
    ]
    return h("dl", {"class": "facts"}, items)


def costs(scene: Scene, config: ModelConfig) -> Node:
    """Time, multiply-adds, bytes kept, bytes read."""
    n_steps, n_prompt = len(scene.run.steps), scene.run.n_prompt
    done = cost.continuation_cost(config, n_prompt, n_steps)
    again = cost.continuation_cost(config, n_prompt, n_steps, keeps=False)
    kept = cost.cache_bytes(config, n_prompt + n_steps - 1)
    n_done = number(amount(scene, done))
    values: list[Child] = [
        time_of(scene),
        rich(scene, "done.times", amount=n_done, times=cell(scene, again / done)),
        number(megabytes(scene, kept)),
        weights(scene, cost.weight_bytes(config), n_steps),
    ]
    return h(
        "section",
        enters(2 + n_groups(scene), "appear"),
        h("h2", {"class": "part-title"}, say(scene, "done.costs")),
        listed(scene, ("time", "adds", "cache", "weights"), values),
    )


def weights(scene: Scene, read: int, n_steps: int) -> list[Node | str]:
    """Every step reads all matrices once."""
    return rich(
        scene,
        "done.passes",
        n_passes=count(scene, n_steps),
        each=megabytes(scene, read),
        total=number(gigabytes(scene, read * n_steps)),
    )


def gigabytes(scene: Scene, n_bytes: int) -> str:
    """Bytes by the thousand million."""
    return say(scene, "done.gigabytes", value=readout(scene, n_bytes / 1e9))


def amount(scene: Scene, n_adds: int) -> str:
    """So many multiply-adds, in words that are not read as bytes."""
    if n_adds >= BILLION:
        return say(scene, "done.billion", value=readout(scene, n_adds / BILLION))
    return say(scene, "done.million", value=readout(scene, n_adds / MILLION))


def time_of(scene: Scene) -> list[Node | str]:
    """The measured time of the passes; a recording has none."""
    measured = [step.elapsed_ms for step in scene.run.steps if step.elapsed_ms > 0]
    if not measured:
        return [say(scene, "done.no_time")]
    whole = math.fsum(measured)
    each = duration(scene, whole / len(measured))
    key = "done.time_of" if len(measured) == len(scene.run.steps) else "done.time_of_some"
    return rich(
        scene,
        key,
        time=number(duration(scene, whole)),
        each=each,
        n_steps=count(scene, len(measured)),
    )


def onward(scene: Scene) -> Node:
    """Where to go from here."""
    subject = scene.route.subject or OWN
    to_loop = "done.to_loop" if scene.run.steps else "done.to_loop_first"
    links = [
        (address_of(Route("block", subject)), say(scene, "done.to_block")),
        (address_of(Route("walk", subject, "loop")), say(scene, to_loop)),
    ]
    other = next_recording(scene)
    if other:
        name = say(scene, "done.to_other", name=subject_name(scene, other))
        links.append((address_of(Route("walk", other, "input")), name))
    if subject != OWN:
        links.append((address_of(Route("walk", OWN, "input")), say(scene, "done.to_own")))
    items = [h("li", {}, h("a", {"href": target}, words)) for target, words in links]
    heading = h("h2", {"class": "part-title"}, say(scene, "done.onward"))
    return h(
        "nav",
        {"class": "onward", "aria-label": say(scene, "done.onward")},
        heading,
        h("ul", {}, items),
    )


def next_recording(scene: Scene) -> str:
    """The recorded walk behind this one; the first behind the last, or behind one's own text."""
    names = [card.subject for card in scene.recordings]
    if not names:
        return ""
    at = names.index(scene.route.subject) + 1 if scene.route.subject in names else 0
    other = names[at % len(names)]
    return "" if other == scene.route.subject else other


def table(scene: Scene) -> Node:
    """Every new token's probability and surprise, exact."""
    return folded(scene, "done-data", say(scene, "done.table"), lambda: lines(scene))


def lines(scene: Scene) -> Node:
    """The table itself."""
    names = ("token", "id", "prob", "rank", "bits")
    head = [h("th", {"scope": "col"}, say(scene, f"loop.table.{name}")) for name in names]
    rows = [
        h(
            "tr",
            {},
            h("th", {"scope": "row"}, h("bdi", {}, step.visible)),
            [
                h("td", {}, value)
                for value in (
                    str(step.id),
                    exact(scene, step.prob),
                    count(scene, step.rank + 1),
                    exact(scene, bits(step.prob)),
                )
            ],
        )
        for step in scene.run.steps
    ]
    whole = h(
        "table",
        {"class": "numbers"},
        h("caption", {}, say(scene, "done.table.caption")),
        h("thead", {}, h("tr", {}, head)),
        h("tbody", {}, rows),
    )
    return h("div", {"class": "table scroll", "tabindex": "0"}, whole)


def moments(scene: Scene) -> Sequence[Child]:
    """The text, the bars in four groups with the largest of each, the mean, the cost."""
    if not scene.run.steps or scene.run.config is None:
        return ()
    mean = mean_of([bits(step.prob) for step in scene.run.steps])
    done = cost.continuation_cost(scene.run.config, scene.run.n_prompt, len(scene.run.steps))
    first = rich(
        scene,
        "done.film.text",
        n_prompt=count(scene, scene.run.n_prompt),
        n_new=count(scene, len(scene.run.steps)),
    )
    groups = [group_told(scene, group) for group in range(n_groups(scene))]
    average = rich(
        scene,
        "done.film.mean",
        bits=h("b", {}, readout(scene, mean)),
        choices=readout(scene, perplexity(mean)),
    )
    last = rich(scene, "done.film.cost", amount=h("b", {}, amount(scene, done)))
    return (first, *groups, average, last)


def group_told(scene: Scene, group: int) -> list[Node | str]:
    """The most surprising token of a group of bars."""
    inside = [at for at in range(len(scene.run.steps)) if group_of(scene, at) == group]
    at = max(inside, key=lambda step: bits(scene.run.steps[step].prob))
    new = scene.run.steps[at]
    return rich(
        scene,
        "done.film.bar",
        token=token_mark(new.visible),
        bits=h("b", {}, cell(scene, bits(new.prob))),
        prob=probability(scene, new.prob),
    )
