"""A walk as one file: every step as it is told now, its numbers and pictures, style and script.

It opens from anywhere and asks nobody for anything: what a teacher mails and a pupil keeps.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from seethrough.app.state import WALK, Stage, tour_of
from seethrough.core.guesses import OFF, Guessing
from seethrough.core.messages import direction
from seethrough.core.routes import Route, address_of
from seethrough.view import glossary, header, line
from seethrough.view.layout import PANELS, markup_of, raster_for
from seethrough.view.node import Markup, Node, escape, h, to_html
from seethrough.view.png import data_address
from seethrough.view.still import Around, stilled, style_of
from seethrough.view.words import model_name, rich, say, step_title

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.state import AppState

WORDS = "words"
# Characters of a text that stand in the title.
MOST_IN_TITLE = 160
AT_NIGHT = "screen and (prefers-color-scheme: dark)"


@dataclass(frozen=True)
class Inside:
    """What the file has from the page: the style with its fonts, the script, the icon's drawing."""

    style: str
    script: str
    icon: str


def routes(state: AppState) -> tuple[Route, ...]:
    """The steps of the walk over what is shown; none where there is no walk."""
    tour = tour_of(state.site.tours, WALK)
    names = () if tour is None else tour.names
    return tuple(Route(WALK, state.route.subject, name) for name in names)


def scenes(state: AppState) -> tuple[AppState, ...]:
    """The state at every step: the whole picture, every fold filled, nothing asked or offered."""
    rest = state.but(
        unfolded=None,
        stage=Stage(),
        guessing=Guessing(when=OFF),
        is_recordings_only=True,
        is_presenting=False,
    )
    return tuple(rest.but(route=route) for route in routes(state))


def document(state: AppState, body: str, inside: Inside) -> str:
    """The file's markup. Its policy allows no request, and no style or script but its own.

    Args:
        state: The state that `body` was made of.
        body: What `body_of` wrote.
        inside: What goes in beside it.
    """
    style, script = style_of(inside.style), inside.script
    policy = (
        f"default-src 'none'; img-src data:; font-src data:; style-src {source_of(style)}; "
        f"script-src {source_of(script)}; base-uri 'none'; form-action 'none'"
    )
    language = state.language
    icon = f"data:image/svg+xml;base64,{b64encode(inside.icon.encode()).decode()}"
    prompt, _ = state.run.given or ("", False)
    title = say(state, "saved.tab", prompt=" ".join(prompt.split())[:60])
    metas = to_html(
        h("meta", {"charset": "utf-8"}),
        h("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        h("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        h("meta", {"name": "color-scheme", "content": "light dark"}),
        h("meta", {"name": "referrer", "content": "no-referrer"}),
        h("title", {}, title),
    )
    return (
        f'<!doctype html>\n<html lang="{escape(language)}" dir="{direction(language)}" '
        f'class="is-saved">\n<head>{metas}<link rel="icon" href="{icon}">\n'
        f"<style>{style}</style></head>\n<body>{body}\n<script>{script}</script></body>\n</html>\n"
    )


def source_of(text: str) -> str:
    """A style or script as a policy names it."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def body_of(state: AppState, address: str = "") -> str:
    """The steps, the words they use, and the way through them.

    Args:
        state: It has the numbers that the steps want (app/saving.py).
        address: Where the same is shown live; empty: nowhere that a reader of the file could go.
    """
    terms: dict[str, None] = {}
    taken: set[str] = set()
    steps = [section(scene, terms, taken) for scene in scenes(state)]
    return to_html(
        head(state),
        way(state),
        h("main", {}, steps, words(state, terms), turns(state)),
        foot(state, address),
    )


def head(state: AppState) -> Node:
    """The name, the text, whose numbers these are."""
    prompt, is_chat = state.run.given or ("", False)
    is_long = len(prompt) > MOST_IN_TITLE
    shown = f"{prompt[:MOST_IN_TITLE].rstrip()} …" if is_long else prompt
    said = h("bdi", {"class": "saved-prompt"}, shown)
    n_steps = len(routes(state))
    lead = say(state, "saved.lead", model=model_name(state), n_steps=n_steps)
    key = "saved.title_chat" if is_chat else "saved.title"
    return h(
        "header",
        {"class": "saved-head"},
        h("p", {"class": "brand"}, header.mark(), h("span", {}, say(state, "page.title"))),
        h("h1", {"class": "saved-title"}, rich(state, key, prompt=said)),
        whole_text(state, prompt) if is_long else "",
        h("p", {"class": "page-lead"}, lead),
    )


def whole_text(state: AppState, prompt: str) -> Node:
    """All of a text that is too long for a title; it folds."""
    summary = h("summary", {}, say(state, "saved.whole"))
    said = h("bdi", {"class": "saved-prompt"}, prompt)
    return h("details", {"class": "data"}, summary, h("p", {}, said))


def way(state: AppState) -> Node:
    """The line of the model: its stops lead to the steps, the last one to the words."""
    tour = tour_of(state.site.tours, WALK)
    stops = (
        [] if tour is None else [line.stop(state, tour, step, is_here=False) for step in tour.steps]
    )
    around = Around(str, link_in(state, {}), no_picture)
    last = h("a", {"href": f"#{WORDS}"}, h("span", {}, say(state, "saved.words")))
    items = [h("li", {}, Markup(stilled(stop.html, around))) for stop in stops]
    label = {"class": "spine", "aria-label": say(state, "walk.steps")}
    return h("nav", label, h("ol", {}, items, h("li", {}, last)))


def section(scene: AppState, terms: dict[str, None], taken: set[str]) -> Node:
    """One step with its title, its picture and numbers, what surprises at it, its code.

    Args:
        terms: Gets the terms of the glossary that are named.
        taken: The ids that the file has already; gets those of this step.
    """
    step = scene.step
    assert step is not None
    own: set[str] = set()

    def name_of(name: str) -> str:
        own.add(name)
        return f"{step.name}-{name}" if name in taken else name

    def picture_of(name: str, attributes: str) -> str:
        return picture(scene, name, attributes)

    around = Around(name_of, link_in(scene, terms), picture_of)

    def panel(slot: str) -> Markup:
        return Markup(stilled(markup_of(scene, PANELS[slot]), around))

    place = step.place_at(scene.depth)
    plate = h("div", {"id": name_of(place), "class": f"slot is-{place}"}, panel(place))
    title = h("h2", {"class": "page-title", "id": f"{step.name}-title"}, step_title(scene))
    made = h(
        "section",
        {
            "id": step.name,
            "class": f"saved-step page is-{WALK}",
            "aria-labelledby": f"{step.name}-title",
        },
        title,
        h("div", {"class": f"plate-of is-{step.name}"}, plate),
        panel("why"),
        panel("code"),
    )
    taken |= own
    return made


def link_in(state: AppState, terms: dict[str, None]) -> Callable[[str, str], str | None]:
    """Where a link of the page leads inside the file: to a word, to a step of this walk."""
    steps = {address_of(route): f"#{route.step}" for route in routes(state)}

    def link_of(href: str, term: str) -> str | None:
        if term:
            terms[term] = None
            return f"#{word_id(term)}"
        return steps.get(href.partition("?")[0])

    return link_of


def word_id(term: str) -> str:
    """Where a term is explained."""
    return f"word-{term}"


def picture(scene: AppState, name: str, attributes: str) -> str:
    """A canvas's pixels by day and by night; empty where nothing is drawn."""
    light, dark = raster_for(scene, name, dark=False), raster_for(scene, name, dark=True)
    if light is None or dark is None:
        return ""
    night = h("source", {"media": AT_NIGHT, "srcset": data_address(dark)})
    height, width, _ = light.shape
    sizes = f'width="{width}" height="{height}"'
    day = Markup(f'<img src="{data_address(light)}" {sizes}{attributes}>')
    return to_html(h("picture", {}, night, day))


def no_picture(_name: str, _attributes: str) -> str:
    """Where no canvas stands."""
    return ""


def words(state: AppState, terms: dict[str, None]) -> Node:
    """What the dotted words of the steps mean, and what they are in this run."""
    names = {term: say(state, f"glossary.{term}.name") for term in terms}
    ordered = sorted(names, key=lambda term: names[term].casefold())
    entries = [
        h(
            "div",
            {"id": word_id(term)},
            h("dt", {}, names[term]),
            h("dd", {}, glossary.told(state, term)),
        )
        for term in ordered
    ]
    title = h("h2", {"class": "page-title", "id": "words-title"}, say(state, "saved.words"))
    return h(
        "section",
        {"id": WORDS, "class": "saved-step page", "aria-labelledby": "words-title"},
        title,
        h("dl", {"class": "terms"}, entries),
    )


def turns(state: AppState) -> Node:
    """The buttons of the script, which shows them: back and on."""
    back = {"type": "button", "class": "button", "id": "turn-back"}
    on = {"type": "button", "class": "button is-primary", "id": "turn-next"}
    return h(
        "div",
        {"class": "saved-turns", "id": "turns", "hidden": True},
        h("button", back, say(state, "saved.back")),
        h("button", on, say(state, "saved.next")),
        h("span", {"class": "note"}, say(state, "saved.keys")),
    )


def foot(state: AppState, address: str) -> Node:
    """What this file is, and where the same is shown live."""
    link = h("a", {"href": address, "rel": "noreferrer"}, say(state, "saved.live"))
    return h(
        "footer",
        {"class": "page-footer"},
        h("p", {}, say(state, "saved.still")),
        h("p", {}, link) if address else "",
    )
