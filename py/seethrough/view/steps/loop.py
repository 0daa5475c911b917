"""Step 8: the token joins the text, and the model runs again, reading that token alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import FAILED, REMOTE
from seethrough.core.tokens import CONTEXT, END
from seethrough.view import named, top
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.numbers import count, exact, megabytes, probability, signed
from seethrough.view.steps import loop_branches, loop_cache, loop_table
from seethrough.view.steps.loop_film import PERFORMED, last_moment, moment_of, moments
from seethrough.view.steps.written import (
    SHOWN_CANDIDATES,
    enters,
    few_candidates,
    has_end,
    shown_step,
    why_it_ended,
)
from seethrough.view.tokens import N_HUES
from seethrough.view.unrecorded import note
from seethrough.view.windowed import gap_note, new_gap_note, window
from seethrough.view.words import action_button, rich, say, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate

__all__ = ["FIELDS", "moments", "render"]

FIELDS = (
    "language",
    "tokens",
    "top",
    "config",
    "elapsed_ms",
    "written",
    "continuation",
    "stop",
    "chosen_step",
    "branches",
    "sampling",
    "busy",
    "recorded",
    "model_card",
    "model_state",
    "model",
    "live_bytes",
)
LENGTHS = (8, 24, 64, 256)
MOST_TOKENS = 60


def render(scene: Scene) -> str:
    """The text as it grows, what a step could have said, the cache; before a run, what will be."""
    if not scene.run.tokens or scene.run.config is None:
        return to_html(h("p", {"class": "lead"}, say(scene, "loop.nothing")))
    return to_html(
        named.lead(scene, lead(scene), **enters(last_moment(scene), "appear")),
        text(scene),
        controls(scene),
        h(
            "div",
            {"class": "loop-body"},
            h("section", {"class": "loop-step"}, step_panel(scene)),
            h("section", {"class": "loop-cache"}, loop_cache.picture(scene, scene.run.config)),
        ),
        *loop_branches.panel(scene),
        *loop_table.table(scene),
    )


def lead(scene: Scene) -> list[Node | str]:
    """What happened at the shown step, or what will happen first."""
    step = shown_step(scene)
    if step is None:
        return rich(scene, "loop.lead.none", token=best_of(scene), prob=best_prob(scene))
    new = scene.run.steps[step]
    number = rich(
        scene,
        "loop.lead.step",
        step=count(scene, step + 1),
        n_steps=count(scene, len(scene.run.steps)),
    )
    read = loop_cache.reading(scene, loop_cache.cache_of(scene), step)
    key = "loop.lead.best" if new.rank == 0 else "loop.lead.other"
    told = rich(
        scene,
        key,
        token=token_mark(new.visible),
        prob=h("b", {}, probability(scene, new.prob)),
        rank=count(scene, new.rank + 1),
    )
    return [*number, " ", *read, " ", *told]


def best_of(scene: Scene) -> Node | str:
    """The token that would be first."""
    return token_mark(scene.run.top[0].visible) if scene.run.top else ""


def best_prob(scene: Scene) -> Node:
    """Its probability."""
    prob = scene.run.top[0].prob if scene.run.top else 0.0
    return h("b", {}, probability(scene, prob))


def controls(scene: Scene) -> Node:
    """Generate, go on, one token, stop; how long. On a recording they run the model here."""
    is_idle = scene.busy in {"", "load"}
    is_writing = scene.busy == "generate"
    is_open = scene.run.stop not in {END, CONTEXT}
    buttons = [
        generate(scene, is_offered=is_idle),
        act(scene, "go-on", is_offered=is_idle) if scene.run.steps and is_open else None,
        act(scene, "next", is_offered=is_idle and is_open and bool(scene.run.top)),
        act(scene, "stop", is_offered=is_writing),
    ]
    told = why_it_ended(scene)
    told += [" ", runs_here(scene)] if scene.run.recorded else []
    return h(
        "div",
        {"class": "loop-controls"},
        h("div", {"class": "buttons"}, buttons),
        length(scene),
        h(
            "p",
            {"class": "why", "role": "status", **enters(last_moment(scene), "appear")},
            told,
        ),
    )


def runs_here(scene: Scene) -> str:
    """What going on from a recording costs: the model, where this build has it."""
    if scene.model_state not in {REMOTE, FAILED} or not scene.live_bytes:
        return say(scene, "loop.runs_here")
    return say(scene, "loop.runs_here_for", size=megabytes(scene, scene.live_bytes))


def generate(scene: Scene, *, is_offered: bool) -> Node:
    """Write from the shown input on; what was written behind it makes room."""
    key = "loop.generate_again" if scene.run.continuation else "loop.generate"
    classes = "button" if scene.run.steps else "button is-primary"
    return action_button(scene, "generate", key, {"class": classes, "disabled": not is_offered})


def act(scene: Scene, name: str, *, is_offered: bool) -> Node:
    """One button."""
    more: Attributes = {
        "disabled": not is_offered,
        "data-heir": name == "stop",  # while the model writes it stands for what began it
    }
    return action_button(scene, name, f"loop.{name}", more)


def length(scene: Scene) -> Node:
    """How many tokens are written at most."""
    now = scene.sampling.max_new_tokens
    options = [
        h("option", {"value": str(most), "selected": most == now}, count(scene, most))
        for most in sorted({*LENGTHS, now})
    ]
    attributes: Attributes = {"data-action": "set-length", "disabled": scene.busy == "generate"}
    control = h("select", attributes, options)
    return h("label", {"class": "picker"}, rich(scene, "loop.length", most=control))


def text(scene: Scene) -> Node:
    """The prompt, then a chip for each new token: its step can be chosen."""
    shown = window(scene.run.n_prompt, most=MOST_TOKENS)
    given: list[Node] = []
    for position in shown.positions:
        if shown.gap is not None and position == shown.gap[1] + 1:
            given.append(h("li", {"class": "gap"}, gap_note(scene, shown)))
        token = scene.run.tokens[position]
        classes = f"prompt-token hue-{position % N_HUES}"
        given.append(h("li", {}, h("bdi", {"class": classes}, token.visible)))
    new_shown = window(len(scene.run.steps), chosen=shown_step(scene))
    new: list[Node] = []
    for step in new_shown.positions:
        if new_shown.gap is not None and step == new_shown.gap[1] + 1:
            new.append(h("li", {"class": "gap"}, new_gap_note(scene, new_shown)))
        new.append(h("li", {}, chip(scene, step)))
    label = say(scene, "loop.text", n_prompt=scene.run.n_prompt, n_new=len(scene.run.steps))
    return h("ol", {"class": "chips grown", "aria-label": label}, given, new)


def chip(scene: Scene, step: int) -> Node:
    """One new token: a button that shows what its step could have said."""
    new, position = scene.run.steps[step], scene.run.n_prompt + step
    is_end = has_end(scene) and step == len(scene.run.steps) - 1
    is_shown = step == shown_step(scene)
    classes = ["chip", "is-new", f"hue-{position % N_HUES}"]
    classes += ["is-special"] if is_end else []
    classes += ["is-selected"] if is_shown else []
    classes += (
        ["is-newest"] if scene.busy == "generate" and step == len(scene.run.steps) - 1 else []
    )
    source = f"film-step-{step}" if step < PERFORMED and new.candidates else None
    told = "loop.chip_end" if is_end else "loop.chip"
    return h(
        "button",
        {
            "type": "button",
            "class": " ".join(classes),
            "data-action": "step-to",
            "data-step": str(step),
            "aria-pressed": "true" if is_shown else "false",
            "title": say(
                scene,
                told,
                step=step + 1,
                position=position,
                id=new.id,
                prob=probability(scene, new.prob),
            ),
            **enters(moment_of(scene, "join", step), "fly" if source else "appear", source=source),
        },
        h("bdi", {"class": "chip-text"}, new.visible),
        h("span", {"class": "chip-note"}, say(scene, "view.continuation.rank", rank=new.rank + 1))
        if new.rank
        else None,
    )


def step_panel(scene: Scene) -> list[Node | str]:
    """The candidates of the shown step; before any step, those of the prompt."""
    step = shown_step(scene)
    if step is None:
        heading = h("h2", {"class": "part-title"}, say(scene, "loop.candidates.first"))
        return [heading, candidates(scene, None, scene.run.top[:SHOWN_CANDIDATES])]
    new = scene.run.steps[step]
    title = rich(scene, "loop.candidates", step=count(scene, step + 1))
    heading = h("h2", {"class": "part-title"}, title)
    if not new.candidates:
        told = rich(scene, "loop.candidates.unknown", token=token_mark(new.visible))
        return [
            heading,
            note(scene, *told) if scene.run.recorded else h("p", {"class": "note"}, told),
        ]
    whole = [heading, candidates(scene, step, few_candidates(new)), passes(scene, step)]
    return [
        h(
            "div",
            {"class": "stacked"},
            h("div", enters(last_moment(scene), "appear"), whole),
            [performed(scene, at) for at in range(min(PERFORMED, len(scene.run.steps)))],
        ),
    ]


def candidates(scene: Scene, step: int | None, items: tuple[Candidate, ...]) -> Node:
    """The best tokens of a step as bars; each is a button that takes it instead."""
    rows = [row(scene, step, item) for item in items]
    caption = say(scene, "loop.candidates.note" if step is not None else "loop.candidates.take")
    return h(
        "table",
        {"class": "candidates is-of-step"},
        h("caption", {"class": "invites"}, caption),
        h(
            "thead",
            {},
            h("tr", {}, [top.column(scene, name) for name in ("token", "prob", "bar", "logit")]),
        ),
        h("tbody", {}, rows),
    )


def row(scene: Scene, step: int | None, item: Candidate) -> Node:
    """One candidate: its token, its share twice, its logit."""
    is_taken = step is not None and scene.run.steps[step].id == item.id
    return h(
        "tr",
        {"class": "is-taken" if is_taken else None},
        h("th", {"scope": "row"}, offer(scene, step, item, is_taken=is_taken)),
        *numbers_of(scene, item),
    )


def numbers_of(scene: Scene, item: Candidate) -> list[Node]:
    """A candidate's probability, as a number and as a bar, and its logit."""
    prob = probability(scene, item.prob)
    return [
        h("td", {"class": "number", "title": exact(scene, item.prob)}, prob),
        h("td", {"class": "bar-cell"}, top.bar(item.prob, "bar-fill")),
        h("td", {"class": "number", "title": exact(scene, item.logit)}, signed(scene, item.logit)),
    ]


def offer(scene: Scene, step: int | None, item: Candidate, *, is_taken: bool) -> Node:
    """The candidate's chip: a button, or, where it was taken, a mark that says so."""
    words = h("bdi", {"class": "chip-text"}, item.visible)
    if is_taken:
        mark = h("span", {"class": "chip-note"}, say(scene, "loop.taken"))
        return h("span", {"class": "chip is-candidate is-selected"}, words, mark)
    attributes: Attributes = {
        "type": "button",
        "class": "chip is-candidate",
        "data-action": "append-token" if step is None else "fork",
        "data-step": None if step is None else str(step),
        "data-id": str(item.id),
        "disabled": scene.busy not in {"", "load"},
        "title": say(scene, "loop.fork" if step is not None else "loop.append", id=item.id),
    }
    return h("button", attributes, words)


def performed(scene: Scene, step: int) -> Node | None:
    """The candidates of one of the first steps, for the film alone: the taken one flies off."""
    new = scene.run.steps[step]
    joins = moment_of(scene, "join", step)
    if not new.candidates or joins is None:
        return None
    rows = []
    for item in few_candidates(new):
        mark = h("bdi", {"class": "chip-text"}, item.visible)
        is_taken = item.id == new.id
        name = {"id": f"film-step-{step}"} if is_taken else {}
        classes = "chip is-candidate is-selected" if is_taken else "chip is-candidate"
        chip_of = h("span", {"class": classes, **name}, mark)
        rows.append(h("tr", {}, h("th", {"scope": "row"}, chip_of), *numbers_of(scene, item)))
    begins, last = max(joins - 1, 0), last_moment(scene) or 0
    until = min(joins, last - 1)
    if begins > until:
        return None
    attributes: Attributes = {
        "class": "is-performed is-over",
        "aria-hidden": "true",
        **enters(begins, "appear", until=until),
    }
    heading = h(
        "p", {"class": "part-title"}, say(scene, "loop.candidates", step=count(scene, step + 1))
    )
    body = h("tbody", {}, rows)
    return h("div", attributes, heading, h("table", {"class": "candidates is-of-step"}, body))


def passes(scene: Scene, step: int) -> Node:
    """From here into the model: the token's own way through it, or the pass that chose it."""
    is_idle = scene.busy in {"", "load"}
    follow: Attributes = {"data-new": str(step + 1), "data-to": "embed", "disabled": not is_idle}
    chosen: Attributes = {"data-new": str(step), "data-to": "logits", "disabled": not is_idle}
    return h(
        "div",
        {"class": "buttons"},
        action_button(scene, "go-to", "loop.follow", follow),
        action_button(scene, "go-to", "loop.how_chosen", chosen),
    )
