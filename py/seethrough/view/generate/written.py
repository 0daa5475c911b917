"""The text of the room "Generation": the prompt's tokens, and each new one with its chance.

Under each new token two small bars: how much it surprised the model, how unsure the model was.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from seethrough.core.visible import PICTURES
from seethrough.view.ideas.grown import NEW_LINE, reads, tint
from seethrough.view.ideas.plain import caption
from seethrough.view.node import Attributes, Child, Markup, Node, h, to_html
from seethrough.view.numbers import count, limit, probability, readout
from seethrough.view.steps.written import bits, enters, has_end
from seethrough.view.tokens import N_HUES
from seethrough.view.windowed import gap_words, window
from seethrough.view.words import action_button, rich, say, sentences

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import NewToken
    from seethrough.view.generate.beats import Now

MOST_GIVEN, MOST_NEW = 48, 96  # tokens that are drawn
LARGE, MEDIUM = 70, 240  # signs of the whole text; longer ones are set smaller
LEAST_SCALE = 4.0  # bits
TAKEN = "generate-taken"
BAR_HIGH, BAR_WIDE = 20, 7
BYTES = re.compile(r"(?:⟨[0-9A-F]{2}⟩)+")
# What tokens at rest look like, by all that their looks hang on.
RESTED: dict[tuple[object, ...], Markup] = {}
MOST_RESTED = 2048
FIRST_BYTE = re.compile(r"⟨([0-9A-F]{2})⟩")


def text(scene: Scene, now: Now) -> Node:
    """The prompt token by token, then what is written so far."""
    return h(
        "p",
        {"class": f"generate-text {size_of(scene)}", "dir": "auto"},
        given(scene),
        written(scene, now),
        blank(scene, now),
    )


def size_of(scene: Scene) -> str:
    """How large the text is set: so that all of it has room, and the film never changes it."""
    n_signs = sum(len(token.visible) for token in scene.run.tokens[: scene.run.n_prompt])
    n_signs += sum(len(new.visible) for new in scene.run.steps)
    return "is-large" if n_signs <= LARGE else "is-medium" if n_signs <= MEDIUM else "is-long"


def given(scene: Scene) -> list[Child]:
    """The tokens of the prompt; of a long one the first and the last."""
    shown = window(scene.run.n_prompt, most=MOST_GIVEN)
    parts: list[Child] = []
    for position in shown.positions:
        if shown.gap is not None and position == shown.gap[1] + 1:
            parts.append(h("span", {"class": "generate-gap"}, f" … {gap_words(scene, shown)} … "))
        if not (scene.choice.hides_special and scene.run.tokens[position].is_special):
            parts += token_of(scene, position)
    return parts


def special_switch(scene: Scene) -> Node | None:
    """Shows the special tokens of the text, or leaves them out; nothing where it has none."""
    n_special = sum(token.is_special for token in scene.run.tokens[: scene.run.n_prompt])
    if not n_special:
        return None
    is_on = not scene.choice.hides_special
    more: Attributes = {"class": "button", "aria-pressed": "true" if is_on else "false"}
    return action_button(scene, "switch-special", "generate.special", more)


def token_of(scene: Scene, position: int) -> list[Child]:
    """A token of the prompt on its own line of colour; a line that ends is seen, and ends."""
    token = scene.run.tokens[position]
    kind = "is-frame" if token.is_special else ""
    classes = " ".join(filter(None, ("generate-given", f"hue-{position % N_HUES}", kind)))
    name = token.visible if token.is_special else as_read(token.text, token.visible)
    return [h("bdi", {"class": classes}, name), *breaks(scene, position)]


def as_read(text_of: str, visible: str) -> str:
    """A token's text where it can be seen, its signs where not; a new line by its sign."""
    bare = text_of.replace("\n", "")
    is_clear = bool(bare.strip()) and bare.isprintable() and "\ufffd" not in bare
    return text_of.replace("\n", PICTURES["\n"]) if is_clear else visible


def breaks(scene: Scene, position: int) -> list[Child]:
    """Where a token ends a line the next begins; of empty lines the signs stand side by side."""
    ends = text_at(scene, position).endswith("\n")
    return [h("br")] if ends and not text_at(scene, position + 1).startswith("\n") else []


def text_at(scene: Scene, position: int) -> str:
    """The text of a token of the prompt or of a new one; nothing behind the last."""
    run = scene.run
    if position < run.n_prompt:
        return run.tokens[position].text
    step = position - run.n_prompt
    return run.steps[step].text if step < len(run.steps) else ""


def written(scene: Scene, now: Now) -> list[Child]:
    """The new tokens that stand in the text."""
    shown = window(now.n_joined, most=MOST_NEW, chosen=now.step)
    scale, parts, before = scale_of(scene), list[Child](), -1
    for at in shown.positions:
        if at != before + 1:
            parts.append(h("span", {"class": "generate-gap"}, " … "))
        parts += [drawn(scene, now, at, scale), *breaks(scene, scene.run.n_prompt + at)]
        before = at
    return parts


def drawn(scene: Scene, now: Now, at: int, scale: float) -> Node | Markup:
    """One new token; at rest it is the same at each drawing, and is written once.

    A text grows token by token, and writing all of it anew takes longer than the model.
    """
    if at in {now.step, now.joins}:
        return token(scene, now, at, scale)
    new = scene.run.steps[at]
    told = (new.prob, new.rank, new.entropy, new.visible, name_of(scene, at))
    key = (scene.language, at, scale, told)
    found = RESTED.get(key)
    if found is None:
        if len(RESTED) >= MOST_RESTED:
            RESTED.clear()
        found = RESTED[key] = Markup(to_html(token(scene, now, at, scale)))
    return found


def token(scene: Scene, now: Now, at: int, scale: float) -> Node:
    """One new token over its bars: a button that shows its step."""
    new = scene.run.steps[at]
    is_shown = at == now.step and now.n_joined > at
    classes = ["generate-new", tint(new.prob), *(["is-chosen"] if is_shown else [])]
    attributes: Attributes = {
        "type": "button",
        "class": " ".join(classes),
        "data-action": "step-to",
        "data-step": str(at),
        "aria-pressed": "true" if is_shown else "false",
        "title": told_of(scene, new),
        **(enters(now.moment, "fly", source=TAKEN) if now.joins == at else {}),
    }
    under = h("span", {"class": "generate-share number"}, probability(scene, new.prob))
    return h(
        "button",
        attributes,
        h("bdi", {"class": "generate-word"}, name_of(scene, at)),
        bars(new, scale),
        under if is_shown else None,
    )


def name_of(scene: Scene, at: int) -> str:
    """A new token as it reads; bytes as bytes, and behind the last of a sign the sign itself."""
    new = scene.run.steps[at]
    if has_end(scene) and at == len(scene.run.steps) - 1:
        return f" {say(scene, 'generate.end')}"
    whole = completed(scene, at)
    return f"{new.visible} = {whole}" if whole else reads(new)


def completed(scene: Scene, at: int) -> str:
    """The sign whose last bytes a token is, begun by the tokens before it; else nothing."""
    raw = b""
    for step in reversed(scene.run.steps[max(0, at - 3) : at + 1]):
        if not BYTES.fullmatch(step.visible):
            return ""
        raw = bytes(int(value, 16) for value in FIRST_BYTE.findall(step.visible)) + raw
        try:
            sign = raw.decode()
        except UnicodeDecodeError:
            continue
        return sign if sign.isprintable() else ""
    return ""


def told_of(scene: Scene, new: NewToken) -> str:
    """All that is known of a new token, in words."""
    words = say(
        scene,
        "generate.token",
        token=new.visible,
        prob=probability(scene, new.prob),
        rank=count(scene, new.rank + 1),
        surprise=readout(scene, bits(new.prob)),
    )
    if new.entropy is None:
        return words
    unsure = say(scene, "generate.token_unsure", entropy=readout(scene, new.entropy))
    return sentences(words, unsure)


def scale_of(scene: Scene) -> float:
    """How many bits the tallest bar can have: the same for the whole text, a whole number."""
    steps = scene.run.steps
    values = [bits(new.prob) for new in steps] + [new.entropy or 0.0 for new in steps]
    known = [value for value in values if math.isfinite(value)]
    return float(math.ceil(max([*known, LEAST_SCALE])))


def bars(new: NewToken, scale: float) -> Node:
    """The surprise, full; beside it the entropy, hollow, where it is known."""
    shown = [bar("is-surprise", bits(new.prob) / scale, -BAR_WIDE)]
    if new.entropy is not None:
        shown.append(bar("is-unsure", new.entropy / scale, 2))
    size: Attributes = {"width": "100%", "height": BAR_HIGH, "aria-hidden": "true"}
    return h("svg", {"class": "generate-bits", **size}, shown)


def bar(kind: str, part: float, shift: int) -> Node:
    """One small bar from the bottom up, off the middle by some pixels."""
    high = min(max(part, 0.0), 1.0) * (BAR_HIGH - 1)
    place: Attributes = {
        "x": "50%",
        "y": f"{BAR_HIGH - high:.2f}",
        "width": BAR_WIDE,
        "height": f"{high:.2f}",
        "transform": f"translate({shift})",
    }
    return h("rect", {"class": kind, **place})


def blank(scene: Scene, now: Now) -> Node | None:
    """Where the next token will stand, while it is not there yet."""
    is_next = now.moment is not None and now.step is not None and now.n_joined == now.step
    return h("span", {"class": "generate-blank"}, say(scene, "home.blank")) if is_next else None


def legend(scene: Scene, now: Now) -> Node | str:
    """What tint and bars mean; kept in its place while nothing is written."""
    if not scene.run.steps:
        return ""
    shown = scene.run.steps[: now.n_joined]
    fields = {"most": limit(scene, scale_of(scene))}
    is_unsure = any(new.entropy is not None for new in scene.run.steps)
    key = "idea.simple.legend_unsure" if is_unsure else "idea.simple.legend"
    told = [*rich(scene, key, **fields)]
    if any(NEW_LINE in reads(new) for new in shown):
        told += [" ", say(scene, "idea.loop.new_line")]
    return caption(*told)
