"""The site with a small model, for what is promised of a download or a store, whatever it says.

The model has SmolLM2's vocabulary and two layers of seeded noise: a load takes a tenth of the
default model's. Where a test names `root`, `shards`, `visited` or `unloaded`, it gets those of
this site.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from unittest import mock

import numpy as np
import pytest

from export import pack
from export.gguf_source import read_gguf
from export.native import NativeModel
from export.package import write_package
from export.self_check import write_check
from export.site import copy_models, write_page, write_service_worker
from export.tensors import Plain
from seethrough.core.assets import TO_RUN, WEIGHTS
from seethrough.core.weight_names import expected_dims
from tests import parity
from tests.browser.conftest import opened_site
from tests.browser.profiles import SITE, KeptWithout, Profile
from tests.browser.server import FOLDER
from tests.built import default_gguf
from tests.own_loop import apart

MODEL_ID = "light"
SHARD_BYTES = 3_000_000


@dataclass(frozen=True)
class Light:
    """The site: its web root, its shards with their bytes, and the token after the prompt."""

    root: object
    shards: dict[str, int]
    model_bytes: int
    best: int


def light_checkpoint():
    """Two layers of noise, 64 wide, behind the default model's tokeniser."""
    real = read_gguf(default_gguf(), {})
    sizes = {"d_model": 64, "n_layers": 2, "n_heads": 4, "n_key_value_heads": 2}
    config = replace(real.config, **sizes, d_head=16, d_mlp=96)
    random = np.random.default_rng(5)
    tensors = {
        name: Plain((random.standard_normal(dims) / np.sqrt(dims[0])).astype(np.float32))
        for name, dims in expected_dims(config).items()
    }
    tensors["W_E"] = Plain(random.standard_normal((config.d_vocab, 64)).astype(np.float32))
    return replace(
        real, config=config, tensors=tensors, licence="none", origin={"source": "seeded noise"}
    )


@pytest.fixture(scope="session")
def light(dist, tmp_path_factory):
    """The built site with this model instead of its own."""
    folder = tmp_path_factory.mktemp("light")
    place, made = folder / FOLDER, folder / MODEL_ID
    shutil.copytree(dist, place, ignore=shutil.ignore_patterns("models", "models.json"))
    with mock.patch.object(pack, "SHARD_BYTES", SHARD_BYTES):
        manifest = write_package(light_checkpoint(), made, model_id=MODEL_ID, title="Light")
    write_check(made, made / "check")
    listed = copy_models((made,), place)
    apart(lambda: write_page(place))
    write_service_worker(place, listed)
    shards = {asset.path: asset.size_bytes for asset in manifest.of_kind(WEIGHTS)}
    n_bytes = sum(asset.size_bytes for asset in manifest.assets if asset.kind in TO_RUN)
    logits = NativeModel(made, threads=1).run(
        parity.prompt_ids(parity.PROMPTS["months"]), ("logits",)
    )
    return Light(folder, shards, n_bytes, int(logits["logits"][-1].argmax()))


@pytest.fixture(scope="session")
def light_visited(browser, light):
    """The profile of a reader who was at this site before and has no model."""
    profile = Profile(browser, light.root, SITE)
    yield profile
    profile.close()


@pytest.fixture(scope="session")
def kept_without(light_visited):
    """See `KeptWithout`."""
    kept = KeptWithout(light_visited)
    yield kept
    kept.close()


@pytest.fixture(scope="session")
def plain(browser, light):
    """A page on plain http, which keeps nothing, shared; `at_start` is what its start asked for."""
    with opened_site(browser, light.root, "plain-http.test") as tab:
        tab.at_start = list(tab.server.asked)
        yield tab


@pytest.fixture
def root(light):
    """This site's web root."""
    return light.root


@pytest.fixture
def shards(light):
    """The names of this model's shards."""
    return list(light.shards)


@pytest.fixture
def visited(light_visited):
    """See `light_visited`."""
    return light_visited


@pytest.fixture
def best(light):
    """The id of the most probable token after "January, February, March,"."""
    return light.best
