"""Views that are imported when their step is first shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from seethrough.view.block import made, matrix, neurons, wall
from seethrough.view.late import WAITING, Late, Names, late
from seethrough.view.layout import PANELS
from seethrough.view.pictures import PICTURES
from seethrough.view.steps import embed_vectors, layers_norms, layers_stream

PY = Path(__file__).parents[2] / "py"
STARTED = """
import sys
from seethrough.view import layout
print(*(name for name in sys.modules if name.startswith("seethrough.view.")))
"""


def test_a_start_imports_no_step() -> None:
    """What a page begins with has none of the steps' own files."""
    ran = subprocess.run(
        [sys.executable, "-c", STARTED],
        env={"PYTHONPATH": str(PY)},
        capture_output=True,
        text=True,
        check=True,
    )
    begun = set(ran.stdout.split())

    assert "seethrough.view.layout" in begun
    for name in ("logits", "softmax", "loop", "layers"):
        assert f"seethrough.view.steps.{name}" not in begun
        assert f"seethrough.view.ideas.{name}" not in begun


def test_a_panel_reads_its_fields_once_and_each_once() -> None:
    """Names come in order, doubles dropped, from a module that is imported by then."""
    (tokenize,) = late("seethrough.view.steps", "tokenize")

    assert tokenize in WAITING
    names = Names(tokenize.FIELDS, ("language", "unfolded"))

    assert tokenize in WAITING
    assert list(names) == [*dict.fromkeys((*tokenize.load().FIELDS, "unfolded"))]
    assert tokenize not in WAITING


def test_a_module_that_lacks_a_function_says_so() -> None:
    """A wrong name in a row is an error of the call, with the module's own words."""
    with pytest.raises(AttributeError, match="no_such"):
        Late("seethrough.view", "words").no_such()


def test_pictures_are_called_what_their_views_call_them() -> None:
    """The names by which pictures are found are those that the views write."""
    names = {embed_vectors.CROWD, layers_stream.PREFIX, layers_norms.PICTURE}
    names |= {made.PREFIX, neurons.PREFIX, matrix.PICTURE, wall.PICTURE}

    assert names <= PICTURES.keys()
    assert all(list(panel.fields) for panel in PANELS.values())
