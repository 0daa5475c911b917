"""Other readers of a text than the models of this build: one that has learned nothing, one's own.

Both are models of one sign a token with a window of N_POS, so they read the beginning of a text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from seethrough.app.message import Message
from seethrough.core.errors import SeethroughError
from seethrough.core.routes import OWN, TRAIN, Place, Route
from seethrough.core.train.corpus import Corpus
from seethrough.core.train.course import UNTRAINED
from seethrough.core.train.flat import flat_of
from seethrough.core.train.own import manifest_of, tokenizer_of
from seethrough.core.train.sizes import N_POS, config_of, first_weights

if TYPE_CHECKING:
    from seethrough.app.actions import Actions
    from seethrough.app.service import Service

SIZE, FAMILY, SEED = "100k", "gpt2", 0
TITLE = "Before its first lesson"


async def place_of(actions: Actions, reader: str) -> Place | None:
    """Where a text is read by a reader; what is wrong is told, and there is no such place.

    Args:
        reader: "untrained" (the shown text's beginning), or "own" (a text that it never saw).
    """
    try:
        if reader == UNTRAINED:
            prompt = beginning(shown_text(actions))
            model = take_in_untrained(actions.service, prompt)
        else:
            prompt = actions.training.unseen_text()
            place = await actions.training.open_model()
            if place is None or not prompt:
                return None
            model = str(place.model)
    except SeethroughError as error:
        actions.store.replace(error=Message(error.key, error.fields))
        return None
    return Place(Route(TRAIN, OWN), prompt=prompt, model=model)


def shown_text(actions: Actions) -> str:
    """The text that is read now."""
    state = actions.state
    return state.run.given[0] if state.run.given is not None else state.text.prompt


def beginning(text: str) -> str:
    """As much of a text as such a model reads at once: it has room for a sign behind it."""
    return text.replace("\r\n", "\n")[: N_POS - 1].rstrip()


def take_in_untrained(service: Service, text: str) -> str:
    """Let every view find a model that knows a text's signs and nothing else; returns its name.

    Its weights are those that a run in the room of this size begins with. Texts of the same signs
    have the same model.

    Raises:
        InputError: The text has not two different signs.
    """
    corpus = Corpus(text)
    config = config_of(SIZE, len(corpus.alphabet), FAMILY)
    graph = service.library.run_graph(SIZE, FAMILY)
    name = f"{UNTRAINED}-{crc32(''.join(corpus.alphabet).encode()):08x}"
    manifest = manifest_of(config, corpus, graph, name=name, title=TITLE)
    weights = flat_of(config).join(first_weights(config, SEED))
    service.library.add(manifest, tokenizer_of(corpus), weights)
    return name
