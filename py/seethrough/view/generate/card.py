"""Beside a card of the gallery: its temperatures, what to look for, why it happens, the way on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.gallery import TEMPERATURES
from seethrough.core.messages import catalogue
from seethrough.core.routes import Route, address_of
from seethrough.view import gallery
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import setting
from seethrough.view.price import priced
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.recording import Recording

# Cards whose sentence tells of every temperature.
OF_ALL = frozenset({"joke", "nonsense"})


def notes(scene: Scene) -> Node | None:
    """What a card tells; nothing of any other text, and nothing of a run of one's own."""
    recorded = scene.run.recorded
    if recorded is None or f"gallery.{recorded.id}.look" not in catalogue():
        return None
    return h(
        "section",
        {"class": "gallery-notes", "aria-label": say(scene, "gallery.notes")},
        h("div", {"class": "gallery-ways"}, temperatures(scene, recorded), ways(scene)),
        told(look(scene, recorded), rich(scene, f"gallery.{recorded.id}.look")),
        told(say(scene, "gallery.why"), rich(scene, f"gallery.{recorded.id}.why")),
    )


def look(scene: Scene, recorded: Recording) -> str:
    """The title of what to look for: most of it is seen at temperature 0 alone."""
    if recorded.temperature and recorded.id not in OF_ALL:
        return say(scene, "gallery.look_at_zero")
    return say(scene, "gallery.look")


def told(title: str, words: list[Node | str]) -> Node:
    """A short title, and what is told under it."""
    return h("div", {}, h("h2", {}, title), h("p", {}, words))


def temperatures(scene: Scene, recorded: Recording) -> Node | None:
    """The recorded temperatures to choose from; a walk has one alone."""
    if not recorded.is_text_alone:
        return None
    label = say(scene, "gallery.temperatures")
    links = [temperature(scene, one, is_here=one == recorded.temperature) for one in TEMPERATURES]
    shown = h("span", {"aria-hidden": "true"}, label)
    return h("nav", {"class": "gallery-temperatures", "aria-label": label}, shown, links)


def temperature(scene: Scene, value: float, *, is_here: bool) -> Node:
    """The link to the card at one temperature."""
    target: Attributes = {
        "class": "button",
        "href": gallery.address(scene.route.subject, value),
        "aria-current": "true" if is_here else None,
    }
    return h("a", target, setting(scene, value))


def ways(scene: Scene) -> Node:
    """Run it here, and the way back to all cards."""
    words = priced(
        scene, say(scene, "gallery.live"), lambda size: say(scene, "gallery.live_for", size=size)
    )
    more: Attributes = {
        "type": "button",
        "class": "button is-primary",
        "data-action": "write-live",
        "disabled": scene.busy not in {"", "load"},
    }
    live: Child = h("button", more, words)
    back = h(
        "a", {"class": "button", "href": address_of(Route("gallery"))}, say(scene, "gallery.all")
    )
    return h("p", {"class": "buttons"}, live, back)
