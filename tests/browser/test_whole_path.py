"""From a hub to the page by the one command, with a checkpoint in distilgpt2's true shape."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from export.quantize import quantized
from export.sources import read_checkpoint
from export.stages.hub import FOLDER as FOLDER_OF_THE_HUB
from export.stages.models import DISTILGPT2
from export.stages.paths import CACHE, NODE, ROOT, STAMPS, VENV, user_cache
from seethrough.core.assets import TO_RUN
from seethrough.core.hooks import expected_hooks
from seethrough.core.manifest import from_json
from seethrough.core.reference import forward
from tests import parity
from tests.browser.captures import captured
from tests.browser.conftest import opened_site
from tests.browser.server import FOLDER
from tests.hub_server import Cut, SmallHub, served
from tests.screens.gpt2_site import write_checkpoint
from tests.steps import STEPS

pytestmark = [pytest.mark.browser, pytest.mark.network, pytest.mark.long]

PROMPT, IDS = "January, February, March,", [21339, 11, 3945, 11, 2805, 11]
WEIGHTS = "model.safetensors"
CUT_AT = 200_000_000
N_NEW = 3


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The checkpoint as the hub has it: masks among the weights, and the old tokeniser files."""
    folder = tmp_path_factory.mktemp("source")
    write_checkpoint(folder)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def checkpoint(source):
    """The same as our export reads it, in 8-bit blocks: read and rounded once."""
    return quantized(read_checkpoint(source, {}))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The checkout's own files in a folder apart, with a cache that knows no hub.

    The packages are those of this checkout, where it has them: what came before this test installed
    them from nothing (.ci/run).
    """
    folder = tmp_path_factory.mktemp("checkout")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / "main" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / "main" / name)
    (folder / "cache").mkdir()
    for entry in user_cache().glob("*"):
        if entry.name != FOLDER_OF_THE_HUB:
            (folder / "cache" / entry.name).symlink_to(entry)
    share_packages(folder / "main")
    return folder


def share_packages(checkout):
    """Let a checkout have the packages of this one, with the stamps that say of what they are."""
    for made in (VENV, NODE, CACHE / "bytecode"):
        place = checkout / made.relative_to(ROOT)
        place.parent.mkdir(exist_ok=True)
        if made.is_dir():
            place.symlink_to(made)
    (checkout / STAMPS.relative_to(ROOT)).mkdir()
    for stamp in (STAMPS / "node", STAMPS / "bytecode"):
        if stamp.is_file():
            shutil.copy(stamp, checkout / stamp.relative_to(ROOT))


def build(checkout, endpoint):
    """Run the README's command; returns the finished process.

    Without the map, which takes longer than all else: no test here looks at it. That a build makes
    it is a promise of tests/build/test_models.py, and what it holds of tests/export/test_atlas*.py.
    """
    places = {"HF_ENDPOINT": endpoint, "SEETHROUGH_CACHE": str(checkout / "cache")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SEETHROUGH_")}
    return subprocess.run(
        [sys.executable, "build.py", "build", "--models", "distilgpt2", "--no-map"],
        cwd=checkout / "main",
        env={**kept, **places},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def page(browser, checkout, source, tmp_path_factory):
    """The built site, open in a browser: the first build is cut off, the second goes on."""
    files = {file.name: file.read_bytes() for file in source.iterdir()}
    hub = SmallHub(files, DISTILGPT2.repo, DISTILGPT2.revision, {WEIGHTS: Cut(CUT_AT, times=99)})
    with served(hub):
        cut = build(checkout, hub.address)
        assert cut.returncode == 1
        assert WEIGHTS in cut.stderr
        hub.faults.clear()
        hub.asked.clear()
        done = build(checkout, hub.address)
        assert done.returncode == 0, done.stderr
    (asked,) = (one for one in hub.asked if one.path.endswith(WEIGHTS))
    assert int(asked.range.removeprefix("bytes=").rstrip("-")) > CUT_AT * 0.99

    root = tmp_path_factory.mktemp("root")
    (root / FOLDER).parent.mkdir(parents=True)
    (root / FOLDER).symlink_to(checkout / "main" / "dist", target_is_directory=True)
    with opened_site(browser, root) as tab:
        yield tab


def test_every_hook_of_the_true_shape(page, checkpoint):
    """In the page every hook at every position is numpy's in float64, from the same folder."""
    exact, _ = forward(checkpoint.config, checkpoint.weight, IDS, dtype=np.float64)
    told = page.ask("seethrough.load()")
    assert told["model"] == DISTILGPT2.id

    names = [spec.name for spec in expected_hooks(checkpoint.config)]
    arrays = captured(page, PROMPT, [*names, "logits"], {})

    errors = parity.relative_errors({hook: exact[hook] for hook in arrays}, arrays)
    assert len(errors) == len(names) + 1
    assert parity.worst(errors, 1)[0][0] <= parity.TOLERANCES["hook"].bound, parity.worst(errors, 3)


def test_the_real_vocabulary_and_generation(page, checkpoint):
    """The page's ids are GPT-2's, and it generates what numpy computes from nothing each time."""
    weight, expected = cache(checkpoint.weight), []
    for _ in range(N_NEW):
        captured_there, _ = forward(checkpoint.config, weight, [*IDS, *expected])
        expected.append(int(captured_there["logits"][-1].argmax()))

    assert page.ask(f"seethrough.next('{PROMPT}')")["ids"] == IDS
    told = page.ask(f"seethrough.generate('{PROMPT}', {{max_new_tokens: {N_NEW}}})")
    assert told["ids"] == expected


def test_the_walk_shows_it(page):
    """The reader's own prompt goes through every step of the walk, and no step has an error."""
    page.run(PROMPT)
    for step in STEPS:
        page.page.evaluate(f"location.hash = '#/walk/own/{step}?prompt=' + {PROMPT!r}")
        page.until(f"document.querySelector('#step-{step}')?.innerText.length > 100")
    assert page.errors == []
    assert page.strangers == []


def test_the_download_is_small(checkout):
    """Weights, graph and vocabulary of distilgpt2's shape are at most 90 MB."""
    folder = checkout / "main" / "dist" / "models" / DISTILGPT2.id
    manifest = from_json((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest.download_bytes <= 90_000_000
    sizes = [(folder / one.path).stat().st_size for one in manifest.of_kind(*TO_RUN)]
    assert sum(sizes) == manifest.download_bytes
