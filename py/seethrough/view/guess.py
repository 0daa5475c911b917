"""Guess first: a question in place of the picture that answers it, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.depth import IDEA
from seethrough.core.guesses import ALWAYS, SURE, WHEN, score
from seethrough.core.keys import KEYS, shown
from seethrough.core.routes import LESSON, MAP
from seethrough.view.guesses.rows import HUNDRED, ISLAND, NEXT, ROWS
from seethrough.view.ideas.plain import lead, picture, whole
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.words import action_button, rich, say, token_mark

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.state import AppState, Scene
    from seethrough.core.guesses import Guess, Guessing, Option, Question

MOST_LETTERS = 140
HOME, LAST = "home", "done"
STATE = ("language", "guessing", "is_asking")
FIELDS = (
    *dict.fromkeys((*STATE, "route", "depth", *(name for row in ROWS for name in row.fields))),
)


def question_at(scene: Scene) -> Question | None:
    """What can be asked where the reader is; None where nothing can, or numbers tell it already."""
    row = NEXT if scene.route.view == HOME else None
    if scene.route.view == MAP and scene.depth == IDEA:
        row = ISLAND
    if scene.route.view == LESSON:
        row = HUNDRED
    if scene.step is not None and scene.step.is_idea_at(scene.depth) and scene.step.idea:
        row = scene.step.idea.asks
    return row.ask(scene) if row is not None else None


def open_question(scene: Scene) -> Question | None:
    """What the reader is asked now; None where it was answered or skipped, or nothing is asked."""
    if not scene.is_asking:
        return None
    question = question_at(scene)
    return None if question is None or scene.guessing.of(question) else question


def anew(scene: Scene) -> Guessing:
    """The guesses as a class begins: where it is asked, nothing of this run was answered yet."""
    if scene.guessing.when != ALWAYS:
        return scene.guessing
    asked = (row.ask(scene) for row in ROWS)
    return scene.guessing.without(question for question in asked if question is not None)


def veiled(render: Callable[[Scene], str]) -> Callable[[Scene], str]:
    """A picture, once its question is answered or skipped."""

    def shown(scene: Scene) -> str:
        question = open_question(scene)
        return render(scene) if question is None else to_html(*ask(scene, question))

    return shown


def ask(scene: Scene, question: Question) -> list[Node]:
    """The question as a step's own page: the sentence, what can be answered."""
    words = rich(scene, f"guess.{question.kind}.ask", about=token_mark(question.about))
    text = "" if question.has_own_text else text_of(scene)
    about = h("bdi", {"class": "guess-text"}, text) if text else ""
    asked = picture(say(scene, "guess.picture"), about, *answers(scene, question))
    return [lead(words), asked]


def text_of(scene: Scene) -> str:
    """The text that the question is about, uncut into tokens; the end of a long one."""
    whole_text = "".join(token.text for token in scene.run.tokens if not token.is_special)
    if len(whole_text) <= MOST_LETTERS:
        return whole_text
    return f"…{whole_text[-MOST_LETTERS:]}"


def answers(scene: Scene, question: Question) -> list[Child]:
    """The options, then how sure the reader is where that is asked, and the way out."""
    half = scene.guessing.half(question)
    label = say(scene, "guess.options")
    offered = [option(question, one, is_chosen=one.key == half) for one in question.options]
    options = h("div", {"class": "guess-options", "role": "group", "aria-label": label}, offered)
    return [options, sureness(scene) if half else None, way_out(scene)]


def option(question: Question, one: Option, *, is_chosen: bool) -> Node:
    """One answer, as a token or in words."""
    kind = "guess-option is-token" if question.are_tokens else "guess-option"
    attributes = {
        "type": "button",
        "class": kind,
        "data-action": "guess",
        "data-key": one.key,
        "aria-pressed": ("true" if is_chosen else "false") if question.asks_sure else None,
    }
    if not question.are_tokens:
        return h("button", attributes, one.name)
    which = h("span", {"class": "guess-which"}, one.which) if one.which else ""
    return h("button", attributes, h("bdi", {}, one.name), " " if which else "", which)


def sureness(scene: Scene) -> Node:
    """How sure the reader is."""
    told = say(scene, "guess.sure")
    buttons = [
        action_button(
            scene, "guess-sure", f"guess.sure.{name}", {"class": "button", "data-sure": name}
        )
        for name in SURE
    ]
    group = {"class": "guess-sure", "role": "group", "aria-label": told}
    return h("div", group, h("span", {}, told), buttons)


def way_out(scene: Scene) -> Node:
    """Skip this question, or all of them."""
    key = h("kbd", {"class": "of-keys", "aria-hidden": "true"}, shown(KEYS["skip-question"][0]))
    more: Attributes = {"type": "button", "class": "button", "data-action": "skip-question"}
    skip = h("button", more, say(scene, "guess.skip"), " ", key)
    never = {"class": "guess-never", "value": "off"}
    return h("div", {"class": "guess-out"}, skip, action_button(scene, "ask", "guess.never", never))


def beside(state: AppState) -> str:
    """Below the last step's numbers what came of all guesses; its idea has them inside."""
    if state.step is None or state.step.name != LAST or state.depth == IDEA:
        return ""
    came = expected(state)
    return "" if came is None else to_html(came)


def verdict(scene: Scene) -> list[Child]:
    """What came of the guess at this place; nothing where there was none."""
    question = question_at(scene) if scene.guessing.guesses else None
    guess = scene.guessing.of(question) if question is not None else None
    if question is None or guess is None:
        return []
    return told(scene, question, guess)


def told(scene: Scene, question: Question, guess: Guess) -> list[Child]:
    """A guess beside the model's own numbers; nothing of one that was skipped."""
    scored, chosen = score(question, guess), question.option(guess.key)
    if scored is None or chosen is None:
        return []
    own = told_as(question, chosen)
    best = question.option(question.right)
    answer = (
        told_as(question, best) if question.are_tokens and best else h("b", {}, question.answer)
    )
    key = "right" if scored.is_right else "other"
    parts: list[Child] = [*rich(scene, f"guess.told.{key}", own=own)]
    about = token_mark(question.about)
    if not (scored.is_right and question.are_tokens):
        words = rich(scene, f"guess.{question.kind}.told", answer=answer, about=about)
        parts += [" ", *words]
    if scored.best is not None:
        share = h("b", {}, whole(scene, scored.best))
        parts += [" ", *rich(scene, f"guess.{question.kind}.share", share=share)]
        if not scored.is_right and scored.share is not None:
            mine = h("b", {}, whole(scene, scored.share))
            again = token_mark(chosen.name) if question.are_tokens else own
            parts += [" ", *rich(scene, f"guess.{question.kind}.own", own=again, share=mine)]
    if guess.sure and scored.share is not None:
        parts += [" ", say(scene, f"guess.sure.told.{calibrated(guess.sure, scored.share)}")]
    return parts


def told_as(question: Question, one: Option) -> Node | str:
    """An option inside a sentence; of equal words of the text it is said which."""
    if not question.are_tokens:
        return one.name
    word = token_mark(one.name)
    return h("span", {}, word, " ", one.which) if one.which else word


def calibrated(sure: str, share: float) -> str:
    """Whether the model gave a guess more than its reader did, less, or about as much."""
    steps = list(SURE)
    models = max(at for at, name in enumerate(steps) if share >= SURE[name])
    difference = models - steps.index(sure)
    return "more" if difference > 0 else "less" if difference < 0 else "same"


def expected(scene: Scene) -> Node | None:
    """All guesses of this run beside what it did, for the last step; None without any."""
    items = []
    for row in ROWS if scene.guessing.guesses else ():
        question = row.ask(scene)
        guess = scene.guessing.of(question) if question is not None else None
        words = told(scene, question, guess) if question is not None and guess is not None else []
        if question is not None and words:
            asked = rich(scene, f"guess.{question.kind}.short", about=token_mark(question.about))
            items.append(h("li", {}, h("span", {"class": "guess-asked"}, asked), " ", words))
    if not items:
        return None
    summary = h("summary", {}, say(scene, "guess.expected", n=len(items)))
    return h(
        "details", {"class": "guess-expected", "id": "guess-expected"}, summary, h("ul", {}, items)
    )


def switch(state: AppState) -> Node:
    """When the reader is asked: never, alone, in front of a class as well."""
    options = [
        h(
            "option",
            {"value": name, "selected": name == state.guessing.when},
            say(state, f"guess.when.{name}"),
        )
        for name in WHEN
    ]
    label = say(state, "guess.when")
    control = h("select", {"data-action": "ask"}, options)
    return h("label", {"class": "picker"}, h("span", {}, label), control)
