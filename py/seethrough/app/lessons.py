"""What is learned (texts of the site, made ones, a reader's own), and the door's `train`."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from seethrough.app.learning import Plan, train
from seethrough.core.errors import EngineError, InputError
from seethrough.core.train import made
from seethrough.core.train.corpus import of_documents, of_few, of_text
from seethrough.core.train.flat import flat_of
from seethrough.core.train.own import manifest_of, tokenizer_of
from seethrough.core.train.update import Rule

if TYPE_CHECKING:
    from seethrough.app.learning import Trained
    from seethrough.app.service import Service
    from seethrough.core.train.corpus import Corpus
    from seethrough.core.train.course import Course

OPTIONS = {"data": object, "size": str, "steps": int, "lr": float, "seed": int}
LISTED = ("names", "words")  # files of the site, a document a line
FEW = "few"  # some of the first listed one's documents
MADE = {"sums": made.sums, "grammar": made.grammar}
MOST_TEXT = 5_000_000  # signs
DATA, SIZE, STEPS = "names", "100k", 300
OPENINGS = {"names": "ma", "few": "ma", "words": "un", "sums": "12+34=", "grammar": "the small"}
N_FIRST = 12  # signs of a reader's own text


async def corpus_of(service: Service, data: object, seed: int) -> Corpus:
    """A text to learn, by its name or as {text}; what is held out of it is drawn by the seed.

    Raises:
        InputError: There is none of that name, or the text cannot be learned.
        DownloadError: The site's file is missing.
    """
    if isinstance(data, dict) and set(data) == {"text"} and isinstance(data["text"], str):
        if len(data["text"]) > MOST_TEXT:
            raise InputError("train.too_long", got=len(data["text"]), most=MOST_TEXT)
        return of_text(data["text"])
    if data in LISTED:
        return of_documents((await service.library.learned_text(data)).split(), seed)
    if data == FEW:
        return of_few((await service.library.learned_text(LISTED[0])).split(), seed)
    if isinstance(data, str) and data in MADE:
        return MADE[data](seed)
    raise InputError("train.data_unknown", known=", ".join((*LISTED, *MADE, FEW)))


async def train_for(
    service: Service,
    *,
    data: object = DATA,
    size: str = SIZE,
    steps: int = STEPS,
    lr: float = Rule.lr,
    seed: int = 0,
) -> dict[str, Any]:
    """Train a model and tell how it went; a stop ends it between two steps.

    Returns: {loss: one a step, heldout: [[step, loss], …], sample, model: the name under which
    every other call finds what was trained}.

    Raises:
        InputError: A setting means nothing.
        EngineError: Nothing here can train, or a number became none.
    """
    plan = Plan(size, steps, seed, Rule(lr=lr))
    if service.new_learner is None:
        raise EngineError("engine.not_loaded")
    corpus = await corpus_of(service, data, seed)
    async with service.turns.take() as turn:

        def heed(_course: Course) -> None:
            turn.check()

        learner = service.new_learner()
        try:
            trained = await train(learner, corpus, plan, heed)
        finally:
            await learner.close()
    return {
        "loss": list(trained.course.losses),
        "heldout": [list(pair) for pair in trained.course.held],
        "sample": trained.sample,
        "model": open_up(service, trained, corpus, data),
    }


def opening_of(data: str, corpus: Corpus) -> str:
    """The beginning of a text as the model learned it: what its first sight is asked."""
    return OPENINGS.get(data) or corpus.learned.strip()[:N_FIRST]


def open_up(service: Service, trained: Trained, corpus: Corpus, data: object) -> str:
    """Let every view and call find a trained model; returns its name."""
    plan = trained.plan
    config = plan.config(corpus)
    known = {card.id for card in service.store.state.site.models}
    name = next(one for one in map("trained-{}".format, count(1)) if one not in known)
    told = data if isinstance(data, str) else "text"
    title = f"Trained here: {told}, {plan.size}, {trained.course.n_done} steps"
    graph = service.library.run_graph(plan.size, plan.family)
    manifest = manifest_of(config, corpus, graph, name=name, title=title)
    weights = flat_of(config).join(trained.weights)
    service.library.add(manifest, tokenizer_of(corpus), weights)
    return name
