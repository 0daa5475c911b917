"""The foot of a tour with films: play, step, scrub through the film of a step, how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import BLOCK, WALK, is_offered, step_of
from seethrough.core.guesses import ALWAYS
from seethrough.core.routes import OWN, SLOW, TRAIN, Route, address_of
from seethrough.core.written import plain_digits
from seethrough.view import guess, named
from seethrough.view.late import late
from seethrough.view.moments import moments_of
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.numbers import setting
from seethrough.view.words import action_button, say, step_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState, Step
    from seethrough.view.node import Child
    from seethrough.view.train.slow import foot
else:
    (foot,) = late("seethrough.view.train.slow", "foot")

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)
# The step of the walk that follows the layers.
AFTER_LAYERS = "logits"


def render(state: AppState) -> str:
    """The whole bar, what plays a film only where one is; nothing in a tour without films."""
    if state.route.view == SLOW:
        return foot.render(state)
    tour = state.tour
    if tour is None or not tour.has_films:
        return ""
    moments = moments_of(state)
    film = [scrubber(state, len(moments)), speed(state)] if moments else []
    return to_html(caption(state, moments), buttons(state, has_film=bool(moments)), *film)


def caption(state: AppState, moments: Sequence[Child]) -> Node:
    """The sentence of the present moment; at the end of the film, where one is."""
    at = state.chrome.stage.moment
    came = apart(verdict(state), heads_on(state), over(state))
    titled = h("span", {"class": "visually-hidden"}, step_title(state))
    words: list[Child] = [place(state), " ", titled]
    if came:
        words = [
            h("span", {"class": "visually-hidden"}, *words),
            h("span", {"class": "guess-told"}, came),
        ]
    if at is not None and at < len(moments):
        words = named.caption(state, moments[at])
    classes = "caption is-at-rest" if at is None and not came else "caption"
    return h("p", {"class": classes, "role": "status"}, words)


def verdict(state: AppState) -> list[Child]:
    """What came of the reader's guess; a class sees none that it was not asked for."""
    is_private = state.chrome.is_presenting and state.guessing.when != ALWAYS
    return [] if is_private else guess.verdict(state)


def heads_on(state: AppState) -> list[Child]:
    """That heads which were switched off are on again, at what follows the step of the switches."""
    step, n_off = state.step, len(state.choice.off)
    if not n_off or step is None or state.tour is None:
        return []
    place = state.tour.names.index(step.name)
    switches = [at for at, one in enumerate(state.tour.steps) if "off" in one.chosen]
    is_told = not shows_off(state, step) if place in switches else place - 1 in switches
    if not is_told:
        return []
    return [say(state, "walk.heads_on", n_off=n_off)]


def shows_off(state: AppState, step: Step) -> bool:
    """Whether a step with switches shows what they do: the walk at its idea, a layer elsewhere."""
    is_inside = state.route.view == BLOCK
    return step.is_idea_at(state.depth) != is_inside


def over(state: AppState) -> list[Child]:
    """That the film has come to its end, where a step follows: the reader goes on, not Play."""
    target = offered_beside(state, 1)
    is_over = state.chrome.stage.is_over and target is not None
    return [say(state, "walk.over")] if is_over else []


def apart(*sentences: list[Child]) -> list[Child]:
    """Sentences one behind the other."""
    told = [one for one in sentences if one]
    return [part for at, one in enumerate(told) for part in ([" ", *one] if at else one)]


def place(state: AppState) -> str:
    """Which of the steps this is."""
    tour = state.tour
    if tour is None or not tour.settled(tour.first):
        return ""
    is_last = tour.beside(state.route, 1) is None
    shown = "walk.place_presented_last" if is_last else "walk.place_presented"
    key = shown if state.chrome.is_presenting else "walk.place"
    return say(state, key, step=tour.number(state.route.step), steps=len(tour.steps))


def buttons(state: AppState, *, has_film: bool) -> Node:
    """Back, play or pause, on; at the end of a tour what follows it."""
    name = "pause" if state.chrome.stage.is_playing else "play"
    more: Attributes = {"class": "button is-play", "data-heir": True}
    return h(
        "div",
        {"class": "transport-buttons", "role": "group", "aria-label": say(state, "walk.transport")},
        back(state, is_heir=not has_film),
        action_button(state, name, f"walk.{name}", more) if has_film else "",
        on(state),
    )


def back(state: AppState, *, is_heir: bool) -> Node:
    """The step before; where a text is read, the token before."""
    if state.route.view == TRAIN:
        return turn(state, "back", is_heir=is_heir)
    return move(state, "step-back", -1, is_heir=is_heir)


def on(state: AppState) -> Node | str:
    """The step that follows, or what follows the tour; where a text is read, the next token."""
    if state.route.view == TRAIN:
        return turn(state, "next", is_main=True)
    return move(state, "step-next", 1) if has_next(state) else onward(state)


def turn(state: AppState, way: str, *, is_heir: bool = False, is_main: bool = False) -> Node:
    """One token on or back in a text that is read."""
    more: Attributes = {
        "class": "button is-primary" if is_main else "button",
        "disabled": not state.run.read,
        "data-heir": is_heir,
    }
    return action_button(state, f"step-{way}", f"read.{way}", more)


def has_next(state: AppState) -> bool:
    """Whether a step follows in the tour."""
    return state.tour is not None and state.tour.beside(state.route, 1) is not None


def onward(state: AppState) -> Node | str:
    """What follows a tour: a text of the reader's own; behind the inside of a layer, the scores."""
    tour, subject = state.tour, state.route.subject or OWN
    if tour is None or tour.view not in {WALK, BLOCK}:
        return ""
    target, words = Route(WALK, OWN, "input"), say(state, "walk.onward")
    if tour.view == BLOCK:
        target = Route(WALK, subject, AFTER_LAYERS)
        words = say(state, "walk.onward_inside")
    elif subject == OWN:
        words = say(state, "walk.onward_again")
    return h("a", {"class": "button is-primary is-onward", "href": address_of(target)}, words)


def move(state: AppState, action: str, distance: int, *, is_heir: bool = False) -> Node:
    """Back, or on by the name of where it leads; at the walk's beginning Back rests.

    While a question hides the picture, what leads on shows it first, and says so.
    """
    target = offered_beside(state, distance)
    is_lit = distance > 0 and target is not None and state.chrome.stage.is_over
    classes = "button is-primary" if distance > 0 else "button"
    attributes: Attributes = {
        "type": "button",
        "class": f"{classes} is-lit" if is_lit else classes,
        "data-action": action,
        "disabled": target is None,
        "data-heir": is_heir,
    }
    words = say(state, f"walk.{action}")
    if target is not None and distance > 0:
        words = say(state, "walk.next_to", step=say(state, f"step.{target.step}.short"))
        if guess.open_question(state) is not None:
            words = say(state, "guess.reveal")
    return h("button", attributes, words)


def offered_beside(state: AppState, distance: int) -> Route | None:
    """The step before or after, where it can show this run."""
    target = state.tour.beside(state.route, distance) if state.tour is not None else None
    step = None if target is None else step_of(state.site.tours, target)
    return target if step is not None and is_offered(step, state.run) else None


def scrubber(state: AppState, last: int) -> Node:
    """The moments of this step as a slider; its last place is the whole picture."""
    at = last if state.chrome.stage.moment is None else state.chrome.stage.moment
    attributes: Attributes = {
        "type": "range",
        "min": "0",
        "max": str(last),
        "value": str(at),
        "step": "1",
        "data-action": "seek",
        "aria-label": say(state, "walk.scrub"),
        "aria-valuetext": say(state, "walk.moment", moment=min(at + 1, last), moments=last),
    }
    return h("label", {"class": "scrubber"}, h("input", attributes))


def speed(state: AppState) -> Node:
    """How fast the film runs."""
    options = [
        h(
            "option",
            {"value": plain_digits(value), "selected": value == state.chrome.stage.speed},
            say(state, "walk.speed_value", value=setting(state, value)),
        )
        for value in SPEEDS
    ]
    control = h("select", {"data-action": "speed", "aria-label": say(state, "walk.speed")}, options)
    return h("label", {"class": "picker speed"}, control)
