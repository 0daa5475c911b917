"""What the site's list of models tells: those of the build, and those that it lacks."""

from __future__ import annotations

import hashlib
import json
import math
import shlex
from typing import TYPE_CHECKING

import pytest

import build
from export.record_parts import file_of_part
from export.site import SiteError, absent_models, copy_models
from export.stages.models import DISTILGPT2, SMOLLM2, asked_for
from seethrough.app.state import AbsentModel
from seethrough.core.parts import PARTS, PARTS_FOLDER
from tests import own_loop
from tests.fake_engine import FakeSite, served, tiny_model
from tests.recorded import file_of, parts, recorded
from tests.tiny_gpt2 import DISTILGPT2 as TRUE_SHAPE
from tests.tiny_gpt2 import dims_of

if TYPE_CHECKING:
    from pathlib import Path


def exported(folder: Path, **changes: object) -> Path:
    """A model's folder as the exporter leaves it, as far as the site looks."""
    model = tiny_model().changed(**changes)
    site = FakeSite(model)
    folder.mkdir()
    for path, content in site.files.items():
        if path.endswith(("manifest.json", "tokenizer.json")):
            (folder / path.rpartition("/")[2]).write_text(str(content))
    for file in (model.manifest.graph, *model.manifest.shards):
        (folder / file.path).write_bytes(b"x")
    return folder


def test_the_list_names_the_models_in_order(tmp_path: Path) -> None:
    """The first is the default; a model without recorded walks has none."""
    folders = (exported(tmp_path / "a", id="a"), exported(tmp_path / "b", id="b"))

    stored = copy_models(folders, tmp_path / "out")

    listing = json.loads((tmp_path / "out" / "models.json").read_text())
    assert [(row["id"], row["default"], row["recordings"]) for row in listing["models"]] == [
        ("a", True, []),
        ("b", False, []),
    ]
    assert "models/a/graph.onnx" in stored
    assert [row["id"] for row in listing["absent"]] == [SMOLLM2.id, DISTILGPT2.id]


def test_recorded_walks_are_listed_with_their_parts(tmp_path: Path) -> None:
    """Each file is in the site under its own hash, and the page reads every one of them."""
    folder, out, made = exported(tmp_path / "a"), tmp_path / "out", recorded()
    place = folder / "recordings" / PARTS_FOLDER
    place.mkdir(parents=True)
    (place.parent / "1-thing-0.safetensors").write_bytes(file_of(made))
    for name, part in parts().items():
        (place / f"1-thing-{name}-0.safetensors").write_bytes(file_of_part(part))

    copy_models((folder,), out)

    (row,) = json.loads((out / "models.json").read_text())["models"]
    (walk,) = row["recordings"]
    assert (walk["id"], sorted(walk["parts"])) == ("thing", sorted(PARTS))
    for told in (walk, *walk["parts"].values()):
        data = (out / told["path"]).read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        assert (told["size_bytes"], told["sha256"]) == (len(data), digest)

    site = FakeSite()
    site.files = {
        file.relative_to(out).as_posix(): file.read_bytes()
        for file in out.rglob("*")
        if file.is_file()
    }
    service = served(site)
    own_loop.run(service.open())
    for name in PARTS:
        assert own_loop.run(service.part("thing", name)).name == name


@pytest.mark.parametrize(
    ("present", "absent", "command"),
    [
        ([SMOLLM2.id], [DISTILGPT2.id], "smollm2,distilgpt2"),
        (["mine", SMOLLM2.id], [DISTILGPT2.id], "smollm2,distilgpt2"),
        ([DISTILGPT2.id], [SMOLLM2.id], "distilgpt2,smollm2"),
        ([DISTILGPT2.id, SMOLLM2.id], [], ""),
    ],
)
def test_what_a_build_lacks(present: list[str], absent: list[str], command: str) -> None:
    """Known models that are not there, each with a command that build.py understands."""
    rows = [AbsentModel(**row) for row in absent_models(present)]

    assert [row.id for row in rows] == absent
    for row in rows:
        assert row.command == f"python3 build.py build --models {command}"
        options = build.command_line().parse_args(shlex.split(row.command)[2:])
        assert row.id in {model.id for model in asked_for(options.models)}


def test_a_folder_without_a_manifest_is_named(tmp_path: Path) -> None:
    """A model that is not exported stops the site with what to do."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(SiteError, match=r"empty/ has no manifest\.json\. Export the model"):
        copy_models((tmp_path / "empty",), tmp_path / "out")


@pytest.mark.model
def test_the_known_facts_are_the_export_s(dist: Path) -> None:
    """What the page would tell of the default model before it is built is what its build says."""
    told = json.loads((dist / "models" / SMOLLM2.id / "manifest.json").read_text("utf-8"))

    assert (told["title"], told["n_params"], told["licence"], told["config"]["n_layers"]) == (
        SMOLLM2.title,
        SMOLLM2.n_params,
        SMOLLM2.licence,
        SMOLLM2.n_layers,
    )
    assert told["origin"]["source"] == SMOLLM2.origin


def test_the_known_facts_of_distilgpt2_follow_from_its_shape() -> None:
    """Its parameters are those of a GPT-2 of 6 layers of 768 and 50,257 tokens, tied."""
    shapes = dims_of(TRUE_SHAPE).values()

    assert sum(math.prod(dims) for dims in shapes) == DISTILGPT2.n_params
    assert TRUE_SHAPE.n_layers == DISTILGPT2.n_layers
