"""What is chosen before a run (text, size, rate, seed), and the buttons that steer it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.routes import SLOW, Route, address_of
from seethrough.core.train.course import DATA, OWN_TEXT, RATES
from seethrough.core.train.presets import PRESETS
from seethrough.core.train.sizes import N_HEADS, SIZES
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count, limit
from seethrough.view.words import action_button, rich, say, say_message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.app.state import AppState

FIELDS = (
    *("language", "lesson_data", "lesson_text", "lesson_size", "lesson_rate", "lesson_seed"),
    "lesson_stage",
)
STEERS = (*("language", "lesson_stage", "lesson_goal", "course", "lesson_ms", "lesson_told"),)
GOES = (1, 10, 100, 500)
CALLED = {"25k": "tiny", "100k": "small", "210k": "middle", "800k": "large"}


def render(state: AppState) -> str:
    """Four choices and, for a reader's own text, its box."""
    lesson = state.lesson
    chosen = [
        choice(state, "data", data_names(state), lesson.lesson_data),
        choice(
            state, "size", ((name, say_size(state, name)) for name in SIZES), lesson.lesson_size
        ),
        choice(state, "rate", rates(state), written(lesson.lesson_rate)),
        seed(state),
    ]
    parts = [h("div", {"class": "lesson-choices"}, chosen)]
    if lesson.lesson_data == OWN_TEXT:
        parts.append(own_text(state))
    parts.append(h("p", {"class": "note"}, about(state, lesson.lesson_data), " ", shape(state)))
    return to_html(*parts, *wrong(state))


def wrong(state: AppState) -> list[Node]:
    """Plans in which something goes wrong, a button each; of the chosen one what to look for."""
    shown = preset_of(state)
    buttons = [preset(state, name, is_chosen=name == shown) for name in PRESETS]
    label = say(state, "train.wrong")
    named: Attributes = {"class": "lesson-wrong", "role": "group", "aria-label": label}
    rows = [h("div", named, h("span", {"aria-hidden": "true"}, label), buttons)]
    if shown:
        look = h("p", {"class": "lesson-look", "role": "status"}, rich_look(state, shown))
        rows.append(look)
    return rows


def preset(state: AppState, name: str, *, is_chosen: bool) -> Node:
    """The button of one of them."""
    more: Attributes = {
        "data-name": name,
        "aria-pressed": "true" if is_chosen else "false",
        "disabled": state.lesson.is_going,
    }
    return action_button(state, "lesson-preset", f"train.wrong.{name}", more)


def preset_of(state: AppState) -> str:
    """The plan of this kind that is chosen; empty where it is another."""
    lesson = state.lesson
    for name, one in PRESETS.items():
        if all(getattr(lesson, f"lesson_{part}") == value for part, value in vars(one).items()):
            return name
    return ""


def rich_look(state: AppState, name: str) -> list[Node | str]:
    """What to look for."""
    return rich(state, f"train.look.{name}")


def choice(state: AppState, name: str, options: Iterable[tuple[str, str]], chosen: str) -> Node:
    """A menu with its name."""
    shown = [
        h("option", {"value": value, "selected": value == chosen}, words)
        for value, words in options
    ]
    told: Attributes = {
        "data-action": "lesson-set",
        "data-name": name,
        "disabled": state.lesson.is_going,
    }
    return labelled(state, name, h("select", told, shown))


def labelled(state: AppState, name: str, control: Node) -> Node:
    """A control under its name."""
    words = h("span", {}, rich(state, f"train.plan.{name}"))
    return h("label", {"class": "lesson-choice"}, words, control)


def data_names(state: AppState) -> list[tuple[str, str]]:
    """What can be learned, by its name."""
    return [(name, say(state, f"train.data.{name}")) for name in DATA]


def say_size(state: AppState, name: str) -> str:
    """About how many numbers a model of a size learns."""
    return say(state, f"train.size.{CALLED[name]}")


def shape(state: AppState) -> str:
    """Layers, heads and width of the chosen size."""
    size = SIZES[state.lesson.lesson_size]
    told = {"layers": size.n_layers, "heads": N_HEADS, "width": size.d_model}
    return say(state, "train.shape", **{name: count(state, one) for name, one in told.items()})


def rates(state: AppState) -> list[tuple[str, str]]:
    """The learning rates that are offered."""
    return [(written(rate), str(limit(state, rate))) for rate in RATES]


def written(rate: float) -> str:
    """A rate as a menu's value."""
    return f"{rate:g}"


def seed(state: AppState) -> Node:
    """The number that the first weights and the windows are drawn with."""
    told: Attributes = {
        "type": "number",
        "min": "0",
        "step": "1",
        "value": str(state.lesson.lesson_seed),
        "data-action": "lesson-set",
        "data-name": "seed",
        "disabled": state.lesson.is_going,
    }
    return labelled(state, "seed", h("input", told))


def own_text(state: AppState) -> Node:
    """The box for a text of one's own, which never leaves the page."""
    told: Attributes = {
        "rows": "4",
        "data-action": "lesson-set",
        "data-name": "text",
        "spellcheck": "false",
        "disabled": state.lesson.is_going,
    }
    return labelled(state, "text", h("textarea", told, state.lesson.lesson_text))


def about(state: AppState, data: str) -> str:
    """What is learned there, and what to look for."""
    return say(state, f"train.about.{data}")


def steers(state: AppState) -> str:
    """Go, pause, begin again, open the model; how far it is; why it stopped."""
    lesson = state.lesson
    parts = [h("div", {"class": "buttons lesson-steers"}, buttons(state))]
    parts.append(h("p", {"class": "lesson-now", "role": "status"}, now(state)))
    if lesson.lesson_told is not None:
        told = say_message(state, lesson.lesson_told)
        parts.append(h("p", {"class": "message is-error", "role": "alert"}, told))
    return to_html(*parts)


def buttons(state: AppState) -> list[Child]:
    """While it goes, pause alone."""
    lesson = state.lesson
    if lesson.is_going:
        pause: Attributes = {
            "type": "button",
            "class": "button is-primary",
            "data-action": "lesson-pause",
        }
        return [h("button", pause, say(state, "train.pause"))]
    goes: list[Child] = [go(state, steps) for steps in GOES]
    if lesson.course.n_done:
        again: Attributes = {"type": "button", "data-action": "lesson-again"}
        opens: Attributes = {"type": "button", "data-action": "lesson-open"}
        goes.append(h("button", again, say(state, "train.again")))
        goes.append(h("button", opens, say(state, "train.open")))
        slowly: Attributes = {"class": "button", "href": address_of(Route(SLOW))}
        goes.append(h("a", slowly, say(state, "slow.link")))
    return goes


def go(state: AppState, steps: int) -> Node:
    """So many steps more; the largest button is the one to begin with."""
    told: Attributes = {
        "type": "button",
        "class": "button is-primary" if steps == GOES[-1] else None,
        "data-action": "lesson-go",
        "data-steps": str(steps),
    }
    return h("button", told, say(state, "train.go", count=steps))


def now(state: AppState) -> list[Node | str]:
    """How far the run is, how fast, and how long what was asked for will take."""
    lesson = state.lesson
    if lesson.lesson_stage == "opening":
        return [say(state, "train.opening")]
    if not lesson.course.n_done:
        return [say(state, "train.ready")]
    told = {"done": count(state, lesson.course.n_done), "loss": f"{lesson.course.losses[-1]:.3f}"}
    words = rich(state, "train.now", **told)
    if lesson.lesson_ms:
        words += [" ", say(state, "train.speed", count=round(1000 / lesson.lesson_ms))]
    left = lesson.lesson_goal - lesson.course.n_done
    if lesson.lesson_stage == "going" and lesson.lesson_ms:
        seconds = max(1, round(left * lesson.lesson_ms / 1000))
        words += [" ", say(state, "train.left", count=seconds)]
    return words
