"""What a browser captured (tests/browser/ saves it) against transformers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.parity import PROMPTS, capture_path, load_capture, prompt_ids

if TYPE_CHECKING:
    from tests.reference.conftest import Judge

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("name", PROMPTS)
def test_chromium_gives_transformers_values(name: str, judge: Judge):
    """Every hook at every position, as Chromium computed it, is transformers'."""
    path = capture_path(name)
    if not path.exists():
        pytest.fail(
            f"There is no capture of the prompt '{name}' ({path.name}). Run the browser tests "
            "first (`python3 build.py test -m browser`), which save one for each prompt in "
            ".cache/captures, or set SEETHROUGH_CAPTURES to their folder."
        )
    ids, arrays = load_capture(path)

    assert ids == prompt_ids(PROMPTS[name])
    judge.check("Chromium", name, ids, arrays)
