"""Generation, whole model: one token from text to text, each stage with the run's own numbers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import PROBS, Cell
from seethrough.core.hooks import hook_name
from seethrough.core.recording import stream_names
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view import top
from seethrough.view.cell_button import cell_button
from seethrough.view.film import Film
from seethrough.view.generate.looks import MOST_COLUMNS, looks
from seethrough.view.generate.stages import STAGES, place_of, places
from seethrough.view.ideas.plain import mark, nothing_yet, picture, plain
from seethrough.view.living import tile
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count, exact, probability, signed
from seethrough.view.strip import common_limit, readout, strip
from seethrough.view.wants import is_kept
from seethrough.view.words import action_button, rich, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate
    from seethrough.view.generate.stages import Place

FIELDS = (
    "language",
    "moment",
    "tokens",
    "top",
    "config",
    "captured",
    "lens",
    "head",
    "is_mean",
    "written",
    "continuation",
    "recorded",
    "busy",
)
MOST_ALL_LAYERS = 100  # tokens; of longer texts the patterns of all layers are not asked for
N_SCORES = 5
TOLD = "whole-told"


def wants(scene: Scene) -> Wants:
    """The last token's states with their best tokens, the rows of the shown tokens, patterns."""
    config, last = scene.run.config, len(scene.run.tokens) - 1
    if config is None or last < 0 or not is_kept(scene, last):
        return NOTHING
    wanted = want(stream_names(config.n_layers), last, lens=last)
    for position in columns(scene):
        wanted |= want([hook_name(hooks.RESID_PRE, 0)], position)
    wanted |= want([hook_name(hooks.MLP_OUT, layer) for layer in range(config.n_layers)], last)
    if last < MOST_ALL_LAYERS:
        wanted |= want([hook_name(hooks.PATTERN, layer) for layer in range(config.n_layers)])
    return wanted


def columns(scene: Scene) -> range:
    """The tokens that have a column: the last ones."""
    n_tokens = len(scene.run.tokens)
    return range(max(0, n_tokens - MOST_COLUMNS), n_tokens)


def render(scene: Scene) -> str:
    """The stages one below the other; what has not come yet keeps its place."""
    if not places(scene):
        return to_html(nothing_yet(scene, "idea.model.rest"))
    here = place_of(scene)
    drawn = h(
        "div",
        {"class": "whole-picture scroll", "tabindex": "0"},
        stage(here, "tokens", told(scene), tokens(scene, here)),
        stage(here, "attention", layer(scene, here)),
        stage(here, "vector", last_vector(scene)),
        stage(here, "scores", scores(scene, here)),
        readout(scene, TOLD),
    )
    body = h("div", {"class": "whole"}, drawn, labels(scene, here))
    return to_html(picture(say(scene, "idea.model.picture"), body))


def told(scene: Scene) -> Node:
    """What there is to follow."""
    run = scene.run
    n_layers = count(scene, run.config.n_layers if run.config else 0)
    token = mark(run.tokens[-1].visible)
    words = rich(scene, "idea.model.lead", token=token, n_layers=n_layers)
    return h("p", {"class": "whole-lead"}, words)


def stage(here: Place, name: str, *parts: Child) -> Node:
    """A part of the picture, from its stage on."""
    classes = "whole-stage" if here.has(name) else "whole-stage is-to-come"
    return h("section", {"class": classes}, *parts)


def labels(scene: Scene, here: Place) -> Node:
    """The stages by name with a hint each; the present one is marked."""
    items = [label(scene, name, is_now=name == here.name) for name in STAGES]
    return h("ol", {"class": "whole-labels"}, items)


def label(scene: Scene, name: str, *, is_now: bool) -> Node:
    """One stage's name and hint."""
    return h(
        "li",
        {"class": "is-now" if is_now else None, "aria-current": "step" if is_now else None},
        h("b", {}, say(scene, f"idea.model.stage.{name}")),
        h("span", {}, say(scene, f"idea.model.hint.{name}")),
    )


def tokens(scene: Scene, here: Place) -> list[Child]:
    """The tokens with their ids; those before them fold out; under each its row, its place."""
    shown = columns(scene)
    items = [column(scene, position, here) for position in shown]
    drawn = h("ol", {"class": "whole-columns"}, items)
    return [before(scene, shown.start), drawn, lacking(scene, here), kept(scene)]


def lacking(scene: Scene, here: Place) -> Node | None:
    """That some rows are not here, said once: their columns stay empty."""
    first = hook_name(hooks.RESID_PRE, 0)
    lost = [at for at in columns(scene) if scene.run.captured.row(first, at) is None]
    if not lost or not here.has(enters_at(scene)):
        return None
    n_lost = {"n_lost": count(scene, len(lost))}
    return h("p", {"class": "whole-told"}, say(scene, "idea.model.lacking", **n_lost))


def enters_at(scene: Scene) -> str:
    """The stage at which a token has what enters the layers: its row, with a learned place."""
    return "places" if is_learned(scene) else "rows"


def before(scene: Scene, n_before: int) -> Node | None:
    """The tokens that have no column, in a list that opens."""
    if not n_before:
        return None
    items = [h("li", {}, tile(scene.run.tokens[at], at)) for at in range(n_before)]
    told = say(scene, "idea.model.before", n_before=count(scene, n_before))
    return h(
        "details",
        {"class": "whole-before", "id": "whole-before"},
        h("summary", {}, told),
        h("ol", {"class": "tiles"}, items),
    )


def kept(scene: Scene) -> Node | None:
    """Where tokens were written already: of those before the newest the notes are kept."""
    if not scene.run.written:
        return None
    n_kept = count(scene, len(scene.run.tokens) - 1)
    return h("p", {"class": "idea-note"}, say(scene, "idea.model.kept", n_kept=n_kept))


def column(scene: Scene, position: int, here: Place) -> Node:
    """A token, its row of the matrix as stripes, its place."""
    is_old = bool(scene.run.written) and position < len(scene.run.tokens) - 1
    name = hook_name(hooks.RESID_PRE, 0)
    is_here = here.has(enters_at(scene)) and scene.run.captured.row(name, position) is not None
    row = state(scene, name, position) if is_here else None
    at = say(scene, "idea.model.place", position=count(scene, position))
    return h(
        "li",
        {"class": "is-kept" if is_old else None},
        tile(scene.run.tokens[position], position),
        h("span", {"class": "whole-row"}, row),
        h("span", {"class": "whole-place"}, at if here.has("places") else ""),
    )


def is_learned(scene: Scene) -> bool:
    """Whether each place has numbers of its own; else the layers turn theirs by it."""
    config = scene.run.config
    return config is not None and config.positional_embedding_type == "standard"


def state(scene: Scene, name: str, position: int) -> Node:
    """A vector as stripes; where it is not recorded that is said."""
    values = scene.run.captured.row(name, position)
    if values is None:
        return h("span", {"class": "whole-unknown"}, say(scene, "idea.model.unknown"))
    told = say(scene, "idea.model.strip", name=name, position=position, n=len(values))
    reach = common_limit([values])
    return strip(scene, name, position, reach=reach, label=told, told_in=TOLD)


def layer(scene: Scene, here: Place) -> list[Child]:
    """The layer at work: where the last token looks, what feed-forward adds, what comes out."""
    run, at = scene.run, here.layer
    n_layers, last = run.config.n_layers if run.config else 0, len(run.tokens) - 1
    name = stream_names(n_layers)[at + 1]
    number, of = h("b", {}, count(scene, at + 1)), count(scene, n_layers)
    counted = rich(scene, "idea.model.layer", layer=number, n_layers=of)
    after: list[Child] = []
    if here.has("forward"):
        added = hook_name(hooks.MLP_OUT, at)
        words = say(scene, "idea.model.added", layer=count(scene, at + 1))
        after = [h("span", {"class": "whole-told"}, words), state(scene, added, last)]
        words = say(scene, "idea.model.after", layer=count(scene, at + 1))
        after += [h("span", {"class": "whole-told"}, words), state(scene, name, last)]
        after += best(scene, at)
    return [
        h("h2", {"class": "whole-count"}, counted),
        progress(scene, at + 1, n_layers),
        *looks(scene, at),
        h("div", {"class": "whole-after"}, after),
    ]


def progress(scene: Scene, done: int, n_layers: int) -> Node:
    """How many layers have worked."""
    label = say(scene, "idea.model.progress")
    values: Attributes = {"max": n_layers, "value": done, "aria-label": label}
    return h("progress", {"class": "whole-progress", **values})


def best(scene: Scene, at: int) -> list[Child]:
    """What the model would say after a layer, where that is known."""
    lens = scene.run.lens
    if lens is None or lens.position != len(scene.run.tokens) - 1 or not lens.tops[at + 1]:
        return []
    item = lens.tops[at + 1][0]
    share = h("b", {}, probability(scene, item.prob))
    told = rich(scene, "idea.model.best", token=mark(item.visible), share=share)
    return [h("p", {"class": "whole-best"}, told)]


def last_vector(scene: Scene) -> list[Child]:
    """The last token's vector as it leaves the layers."""
    run = scene.run
    name = stream_names(run.config.n_layers if run.config else 1)[-1]
    words = h("span", {"class": "whole-told"}, say(scene, "idea.model.last"))
    return [words, state(scene, name, len(run.tokens) - 1)]


def scores(scene: Scene, here: Place) -> list[Child]:
    """The best tokens: score, share, bar; then which one is taken, and where it will stand."""
    run = scene.run
    taken = run.continuation[0] if run.continuation else run.top[0]
    is_drawn = here.has("draw")
    rows = [
        score(scene, item, is_taken=is_drawn and item.id == taken.id) for item in run.top[:N_SCORES]
    ]
    bars = h("ol", {"class": "whole-scores"}, rows)
    if not here.has("joins"):
        return [bars]
    told = rich(scene, "idea.model.joined", token=mark(taken.visible))
    more: Attributes = {"data-id": str(taken.id), "disabled": scene.busy not in {"", "load"}}
    on = action_button(scene, "append-token", "idea.model.go_on", more)
    return [bars, h("div", {"class": "whole-joins"}, h("p", {}, told), on)]


def score(scene: Scene, item: Candidate, *, is_taken: bool) -> Node:
    """One token: its score and its share, each of which opens its sum."""
    last = len(scene.run.tokens) - 1
    logit, prob = Cell(hooks.LOGITS, (last, item.id)), Cell(PROBS, (last, item.id))
    return h(
        "li",
        {"class": "is-taken" if is_taken else None},
        h("bdi", {"class": "token"}, plain(item.visible)),
        cell_button(logit, signed(scene, item.logit), exact(scene, item.logit)),
        cell_button(prob, probability(scene, item.prob), exact(scene, item.prob)),
        top.bar(item.prob, "bar-fill"),
    )


def moments(scene: Scene) -> Sequence[Child]:
    """The film's sentences: the stages, the layers counted through between them."""
    film = places(scene)
    return Film(tuple(partial(tell, scene, here) for here in film)) if film else ()


def tell(scene: Scene, here: Place) -> Child:
    """The sentence of one moment."""
    if here.name == "forward" and here.layer:
        number = h("b", {}, count(scene, here.layer + 1))
        return rich(scene, "idea.model.film.layer", layer=number)
    return say(scene, f"idea.model.film.{here.name}")
