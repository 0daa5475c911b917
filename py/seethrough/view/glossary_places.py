"""Every term of the glossary, and the step of the walk, or the other view, where it is seen.

Its name, its meaning and what it is in the present run stand in catalogue/en/glossary.json.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import BLOCK
from seethrough.core.routes import LESSON, TRAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

BY_PLACE: Mapping[str, tuple[str, ...]] = {
    "input": ("byte", "character", "chat_template", "hex", "prompt", "unicode", "utf"),
    "tokenize": (
        *("byte_code", "id", "merge", "rank", "space_dot", "special_token", "token"),
        *("tokeniser", "vocabulary", "word"),
    ),
    "embed": (
        *("dimension", "embedding", "embedding_matrix", "length", "matrix", "position", "radian"),
        *("rotation", "row", "vector"),
    ),
    "layers": (
        *("attention", "feed_forward", "forward_pass", "hook", "language_model", "layer"),
        *("model", "neuron", "parameter", "quantized", "gguf", "recording", "reference"),
        *("residual_stream", "runtime", "live", "training", "wasm", "weight", "thread"),
    ),
    "logits": ("bin", "final_norm", "final_vector", "logit", "product", "tied", "unembedding"),
    "softmax": (
        *("kl_divergence", "log_scale", "power", "probability", "share", "softmax", "sum_sign"),
        "top_one",
    ),
    "sample": (
        *("draw", "greedy", "min_p", "sampling", "seed", "sigma", "temperature", "top_k", "top_p"),
    ),
    "loop": ("cache", "context", "end_token", "multiply_add"),
    "done": ("average", "bit", "log_two", "perplexity", "surprise"),
    BLOCK: (
        *("activation", "bias", "head", "key", "mask", "norm", "pattern", "query", "score"),
        "value",
    ),
    TRAIN: ("gradient", "loss"),
    LESSON: ("batch", "held_out", "learning_rate", "training_step"),
}
PLACES: Mapping[str, str] = {term: place for place, terms in BY_PLACE.items() for term in terms}
