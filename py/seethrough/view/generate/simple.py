"""Generation, simple: the prompt, the model as one box, bars, and the token that joins the text."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from seethrough.core.tokens import CONTEXT, END
from seethrough.view.film import Film
from seethrough.view.generate import beats, card, shares, table, written
from seethrough.view.generate.beats import CHOICE, JOINED, SHARES
from seethrough.view.ideas.plain import mark, nothing_yet, picture
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count, probability
from seethrough.view.price import priced
from seethrough.view.steps.written import why_it_ended
from seethrough.view.words import action_button, model_name, rich, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.view.generate.beats import Now

FIELDS = (
    "language",
    "moment",
    "tokens",
    "top",
    "config",
    "model",
    "model_card",
    "model_state",
    "written",
    "continuation",
    "stop",
    "chosen_step",
    "busy",
    "live_bytes",
    "recorded",
    "route",
    "hides_special",
)


def idea(scene: Scene) -> str:
    """The text, the model, the bars, and what leads from token to token."""
    return drawn(scene, is_exact=False)


def render(scene: Scene) -> str:
    """The same with every logit, and all new tokens in a table."""
    return drawn(scene, is_exact=True)


def drawn(scene: Scene, *, is_exact: bool) -> str:
    """The picture at the film's moment; before a run, what will stand there."""
    if not scene.run.tokens or not (scene.run.top or scene.run.steps):
        return to_html(nothing_yet(scene, "idea.simple.rest"))
    now = beats.now(scene)
    side: list[Child] = [box(scene, now), controls(scene, now), written.legend(scene, now)]
    side.append(written.special_switch(scene))
    body = h(
        "div",
        {"class": "generate-body"},
        h(
            "div",
            {"class": "generate-side"},
            side,
        ),
        h("div", {"class": "generate-next"}, shares.panel(scene, now, is_exact=is_exact)),
    )
    drawn_as = "generate is-exact" if is_exact else "generate"
    whole = h("div", {"class": drawn_as}, card.notes(scene), written.text(scene, now), body)
    parts: list[Child] = [whole]
    if is_exact:
        parts += table.folded_table(scene)
    return to_html(picture(say(scene, "generate.picture"), *parts))


def box(scene: Scene, now: Now) -> Node:
    """The model: its name, what goes in, what comes out."""
    n_vocab = scene.run.config.d_vocab if scene.run.config else 0
    goes_out = say(scene, "idea.simple.out", n_vocab=count(scene, n_vocab))
    return h(
        "div",
        {"class": "generate-model"},
        h("span", {"class": "generate-in"}, goes_in(scene, now)),
        h("b", {"class": "generate-box"}, model_name(scene)),
        h("span", {"class": "generate-out"}, goes_out),
    )


def goes_in(scene: Scene, now: Now) -> str:
    """What the model reads at this step: the whole prompt, later the newest token alone."""
    if not now.step:
        return say(scene, "idea.simple.in", n_read=count(scene, scene.run.n_prompt))
    n_kept = count(scene, scene.run.n_prompt + now.step - 1)
    return say(scene, "idea.simple.in_one", n_kept=n_kept)


def controls(scene: Scene, now: Now) -> Node:
    """From token to token; at the end of what is written one more, and why it ended."""
    n_steps, is_idle = len(scene.run.steps), scene.busy in {"", "load"}
    is_at_end = now.n_joined == n_steps
    buttons: list[Child] = []
    if n_steps:
        back: Attributes = {"disabled": now.moment == 0 or not is_idle, "id": "generate-back"}
        buttons.append(action_button(scene, "token-back", "generate.back", back))
    if not is_at_end:
        on: Attributes = {"class": "button is-primary", "id": "generate-on"}
        buttons.append(action_button(scene, "token-next", "generate.on", on))
        buttons.append(action_button(scene, "to-end", "generate.to_end"))
    else:
        buttons += goes_on(scene)
    told = why_it_ended(scene) if is_at_end and scene.busy != "generate" else []
    why = h("p", {"class": "generate-why", "role": "status"}, told)
    return h("div", {"class": "generate-controls"}, h("div", {"class": "buttons"}, buttons), why)


def goes_on(scene: Scene) -> list[Child]:
    """What lets the model write on; while it writes, what stops it."""
    if scene.busy == "generate":
        return [action_button(scene, "stop", "loop.stop", {"data-heir": True})]
    return writes(scene, is_idle=scene.busy in {"", "load"})


def writes(scene: Scene, *, is_idle: bool) -> list[Child]:
    """Let the model write one token more, or to the end; with what that fetches first."""
    if scene.run.stop in {END, CONTEXT}:
        return []
    names = ("token-next", "generate") if not scene.run.steps else ("token-next", "go-on")
    return [write(scene, name, is_idle=is_idle, is_first=at == 0) for at, name in enumerate(names)]


def write(scene: Scene, action: str, *, is_idle: bool, is_first: bool) -> Node:
    """One button that lets the model write."""
    more: Attributes = {
        "type": "button",
        "class": "button is-primary" if is_first else "button",
        "id": "generate-on" if is_first else None,
        "data-action": action,
        "disabled": not is_idle,
    }
    words = priced(
        scene,
        say(scene, "generate.more" if is_first else "generate.all"),
        lambda size: say(scene, "generate.more_for" if is_first else "generate.all_for", size=size),
    )
    return h("button", more, words)


def moments(scene: Scene) -> Sequence[Child]:
    """The film: of each token its shares, the choice, how it joins; then why the text ended."""
    if scene.run.config is None:
        return ()
    tellers = tuple(partial(tell, scene, at) for at in range(beats.n_moments(scene)))
    return Film(tellers) if tellers else ()


def tell(scene: Scene, at: int) -> Child:
    """The sentence of one moment."""
    step, kind = divmod(at, beats.N_KINDS)
    if step >= len(scene.run.steps):
        return why_it_ended(scene)
    told = {SHARES: read, CHOICE: choose, JOINED: join}
    return told[kind](scene, step)


def read(scene: Scene, step: int) -> list[Node | str]:
    """The text goes in, a share for each token comes out."""
    if step:
        before = mark(scene.run.steps[step - 1].visible)
        return rich(scene, "generate.film.reads_one", token=before)
    return rich(scene, "generate.film.reads", n_read=count(scene, scene.run.n_prompt))


def choose(scene: Scene, step: int) -> list[Node | str]:
    """One of them is taken."""
    return shares.how(scene, scene.run.steps[step])


def join(scene: Scene, step: int) -> list[Node | str]:
    """It stands in the text."""
    new = scene.run.steps[step]
    share = h("b", {}, probability(scene, new.prob))
    return rich(scene, "generate.film.joins", token=mark(new.visible), share=share)
