"""Where the site keeps what training needs: paths, and the graphs that it carries."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from seethrough.core.assets import GRAPH, Asset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEARNING = "learn/"


def step_graph_path(size: str, family: str) -> str:
    """The graph of a training step of a size, deflated."""
    return f"{LEARNING}step-{family}-{size}.bin"


def loss_graph_path(size: str, family: str) -> str:
    """The graph of a forward pass with its loss, deflated."""
    return f"{LEARNING}loss-{family}-{size}.bin"


def text_path(name: str) -> str:
    """A text to learn, a document a line, deflated."""
    return f"{LEARNING}{name}.bin"


def run_graph_path(size: str, family: str) -> str:
    """The graph that every other view runs."""
    return f"{LEARNING}run-{family}-{size}.onnx"


def graphs_of(listed: Mapping[str, Sequence]) -> dict[str, Asset]:  # type: ignore[type-arg]
    """The graphs in a site's list, {path: [bytes, SHA-256 in base64]}, as files of a model."""
    return {
        path: Asset(GRAPH, path.removeprefix(LEARNING), size, b64decode(digest).hex())
        for path, (size, digest) in listed.items()
        if path.endswith(".onnx")
    }
