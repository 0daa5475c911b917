"""States for the views' tests: small, whole, and made by formulas, so that nothing is random."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import settings
from selectolax.lexbor import LexborHTMLParser

from seethrough.app.state import (
    AbsentModel,
    AppState,
    EngineStatus,
    Message,
    ModelCard,
)
from seethrough.core.captured import Captured
from seethrough.core.config import ModelConfig
from seethrough.core.hooks import PATTERN, hook_name
from seethrough.core.recording import stream_names
from seethrough.core.tokens import Candidate, NewToken, TokenView
from seethrough.view.layout import PANELS
from tests.steps import page_state

# Enough to find a slip; the machine that runs the tests may be busy, so there is no deadline.
QUICK = settings(deadline=None, max_examples=30)
N_LAYERS, D_MODEL, N_HEADS = 2, 20, 2
CONFIG = ModelConfig(
    family="llama",
    d_model=D_MODEL,
    n_layers=N_LAYERS,
    n_heads=N_HEADS,
    n_key_value_heads=1,
    d_head=10,
    d_mlp=40,
    d_vocab=49152,
    n_ctx=2048,
    eps=1e-5,
    rotary_base=10000.0,
    act_fn="silu",
    normalization_type="RMS",
    positional_embedding_type="rotary",
    tie_word_embeddings=True,
)
CARDS = (
    ModelCard("tiny", "Tiny", 99_934_112, 134_515_008, 30, "Apache-2.0", "maker/tiny", True),
    ModelCard("big", "Big", 1_100_000_000, 1_100_048_384, 22, "MIT", "maker/big", False),
)
ABSENT = (
    AbsentModel(
        "far", "Far", 81_912_576, 6, "MIT", "maker/far", "python3 build.py build --models tiny,far"
    ),
)
WORDS = ("January", ",", " February", ",", " March", ",")


def resid(n_pos: int) -> np.ndarray:
    """A stream [n_layers + 1, n_pos, d_model] with one value far beyond the rest."""
    layer, position, column = np.indices((N_LAYERS + 1, n_pos, D_MODEL))
    values = np.sin(1.0 + layer * 1.7 + position * 0.9 + column * 0.37) * (layer + 1)
    values[1, :, 3] = -250.5
    return values.astype(np.float32)


def pattern(n_pos: int) -> np.ndarray:
    """A causal pattern [head, query_pos, key_pos] whose rows add up to 1."""
    head, query, key = np.indices((N_HEADS, n_pos, n_pos))
    weights = np.where(key <= query, np.exp(np.cos(head + query * 0.7 + key * 1.3)), 0.0)
    shares: np.ndarray = weights / weights.sum(axis=2, keepdims=True)
    return shares.astype(np.float32)


def captured(stream: np.ndarray, weights: np.ndarray, *, layer: int = 0) -> Captured:
    """A run's numbers: a stream [n_layers + 1, n_pos, d_model], the pattern of one layer."""
    arrays = dict(zip(stream_names(N_LAYERS), stream, strict=True))
    return Captured({**arrays, hook_name(PATTERN, layer): weights})


def tokens(texts: tuple[str, ...]) -> tuple[TokenView, ...]:
    """Token views whose text is shown as it is; the first is special."""
    return tuple(
        TokenView(100 + at, text, text.replace(" ", "·"), at == 0) for at, text in enumerate(texts)
    )


def state(texts: tuple[str, ...] = WORDS, **changes: object) -> AppState:
    """A state in which every panel has something to show."""
    first, other = texts[0], texts[-1]
    whole = page_state(
        models=CARDS,
        absent=ABSENT,
        model="tiny",
        config=CONFIG,
        engine=EngineStatus("ready", 0, 0, "wasm", 2, 3120.0, model="tiny"),
        tokens=tokens(texts),
        top=(
            Candidate(284, first, first, 17.081, 0.5143),
            Candidate(7, other, other, -3.25, 0.000232),
        ),
        elapsed_ms=312.4,
        captured=captured(resid(len(texts)), pattern(len(texts)), layer=1),
        layer=1,
        head=1,
        position=len(texts) - 1,
        continuation=(
            NewToken(284, first, first, 0.5143, 0),
            NewToken(7, other, other, 0.0002, 41),
        ),
        stop="max_new_tokens",
        notice=Message("boot.not_isolated"),
        error=Message("engine.missing", {"path": "model.onnx", "status": 404}),
    )
    return whole.but(**changes)


# Panels of the walk alone: they follow the route (tests/view/test_steps.py).
OF_THE_WALK = ("sum", "tools", "stack", "code", "transport")
OTHERS = [name for name in PANELS if name not in OF_THE_WALK and not name.startswith("step-")]


def page(shown: AppState) -> str:
    """All panels but the walk's own, one after the other."""
    return "\n".join(PANELS[name].render(shown) for name in OTHERS)


def rounded(html: str) -> str:
    """The same with floats rounded to 3 places."""
    return re.sub(r"\d+\.\d{4,}", lambda found: f"{float(found[0]):.3f}", html)


class Reading:
    """What a browser would see: elements with their attributes, and the text between.

    Read by lexbor, which follows the HTML standard (and is five times as fast as Python's parser).
    """

    def __init__(self, html: str) -> None:
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        root = LexborHTMLParser(html, is_fragment=True).root
        for node in root.traverse(include_text=True) if root is not None else ():
            if node.tag == "-text":
                self.texts.append(node.text_content or "")
            else:
                self.elements.append((node.tag or "", node.attributes))

    def values(self, name: str) -> list[str]:
        """Every value of an attribute, in order."""
        return [attrs[name] or "" for _, attrs in self.elements if name in attrs]


def unmarked(html: str) -> str:
    """Markup without the marks for browsers that translate (test_translate.py reads those)."""
    return html.replace(' translate="no"', "")
