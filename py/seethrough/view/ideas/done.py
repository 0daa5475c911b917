"""The idea of step 9: the whole text, its least likely token, and that likely is not true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import BLOCK
from seethrough.core.routes import OWN, Place, Route, address_of, address_of_place
from seethrough.view import guess
from seethrough.view.counted import counted
from seethrough.view.ideas import grown
from seethrough.view.ideas.layers_heads import kind_of, marked_in, row_of
from seethrough.view.ideas.plain import lead, mark, nothing_yet, picture, plain, whole
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.steps.done import next_recording
from seethrough.view.steps.written import has_end
from seethrough.view.words import action_button, rich, say, subject_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.tokens import NewToken

# A recorded walk that writes what is false, and of which model (`idea.done.example` quotes it).
FALSE_ONE = ("january", "smollm2-135m-instruct")
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
    "prompt",
    "film",
    "guessing",
    "top",
    "captured",
    "marked",
    "model",
    "sampling",
)


def render(scene: Scene) -> str:
    """The text, what the model was least sure of, where to go."""
    if not scene.run.tokens:
        return to_html(nothing_yet(scene, "idea.done.rest"))
    steps = scene.run.steps[:-1] if has_end(scene) else scene.run.steps
    if not steps:
        return to_html(lead(rich(scene, "idea.done.none")), write(scene), onward(scene))
    least = least_of(steps)
    told = rich(scene, "idea.done.lead", n_new=counted(scene, len(steps)))
    return to_html(
        lead(told),
        picture(
            say(scene, "idea.done.picture"),
            grown.text(scene, steps, least, "span"),
            h("p", {"class": "idea-outcome"}, surprise(scene, steps[least]), *greedy(scene)),
            example(scene),
            guess.expected(scene),
            onward(scene),
        ),
    )


def least_of(steps: Sequence[NewToken]) -> int:
    """The step whose token the model found least likely, the first of them."""
    probs = [new.prob for new in steps]
    return probs.index(min(probs))


def surprise(scene: Scene, new: NewToken) -> list[Node | str]:
    """The least likely token, and what that does not say."""
    share = h("b", {}, whole(scene, new.prob))
    name = grown.reads(new).strip() or new.visible
    token = h("span", {}, mark(name), " ", nth) if (nth := which(scene, new)) else mark(name)
    return rich(scene, "idea.done.least", token=token, share=share)


def which(scene: Scene, new: NewToken) -> str:
    """Which of the text's equal words it is, the prompt's among them; empty where there is one."""
    run, word = scene.run, grown.reads(new).strip()
    given = [token.text.strip() for token in run.tokens[: run.n_prompt]]
    n_given = given.count(word)
    same = [one for one in run.steps if grown.reads(one).strip() == word]
    n = n_given + same.index(new) + 1
    return say(scene, "idea.nth", n=n) if n_given + len(same) > 1 else ""


def example(scene: Scene) -> Node | str:
    """Where a recorded walk wrote what is false; nothing where it is not here."""
    known = [one for one in scene.recordings if (one.subject, one.model) == FALSE_ONE]
    if not known or scene.run.model != known[0].model:
        return ""
    if scene.route.subject == known[0].subject:
        return h("p", {"class": "idea-note"}, say(scene, "idea.done.example_here"))
    name = h("b", {}, subject_name(scene, known[0].subject))
    return h("p", {"class": "idea-note"}, rich(scene, "idea.done.example", name=name))


def greedy(scene: Scene) -> list[Node | str]:
    """That no dart was thrown, where none was."""
    is_greedy = scene.run.recorded is not None or not scene.sampling.temperature
    if not is_greedy:
        return []
    return [" ", h("span", {"class": "idea-greedy"}, say(scene, "idea.done.greedy"))]


def write(scene: Scene) -> Node:
    """Nothing is written yet: let the model."""
    more: Attributes = {
        "class": "button is-primary",
        "disabled": scene.busy not in {"", "load"},
    }
    button = action_button(scene, "generate", "idea.loop.generate", more)
    return h("div", {"class": "idea-buttons"}, button)


def onward(scene: Scene) -> Node:
    """What to try next."""
    subject = scene.route.subject or OWN
    links: list[tuple[str, str]] = []
    if subject != OWN:
        links.append((address_of(Route("walk", OWN, "input")), say(scene, "idea.done.own")))
    links += inside(scene, subject)
    other = next_recording(scene)
    if other:
        name = say(scene, "idea.done.other", name=subject_name(scene, other))
        links.append((address_of(Route("walk", other, "input")), name))
    links.append((address_of(Route("walk", subject, "sample")), say(scene, "idea.done.dart")))
    items = [h("li", {}, h("a", {"href": target}, words)) for target, words in links]
    heading = h("h2", {"class": "idea-heading"}, say(scene, "idea.done.onward"))
    attributes = {"class": "idea-onward", "aria-label": say(scene, "idea.done.onward")}
    return h("nav", attributes, heading, h("ul", {}, items))


def inside(scene: Scene, subject: str) -> list[tuple[str, str]]:
    """The way into the layer whose head copies a word for the answer, at that head."""
    marked, last = marked_in(scene.run), len(scene.run.tokens) - 1
    for layer, head in marked.heads if marked else ():
        row = row_of(scene.run, (layer, head), last)
        if row is not None and kind_of(row) == "word":
            token = plain(scene.run.tokens[int(row.argmax())].visible)
            place = Place(Route(BLOCK, subject, "weights"), position=last, layer=layer, head=head)
            name = say(scene, "idea.done.inside", layer=layer, token=token)
            return [(address_of_place(place), name)]
    return []
