"""What the site's list of models tells: those of the build, and those that it lacks."""

from __future__ import annotations

import hashlib
import json
import math
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import build
from export.asset_lists import asset, write_list
from export.prerender import fields
from export.record import told_of
from export.record_parts import file_of_part
from export.site import SiteError, absent_models, copy_models
from export.stages.models import ANOTHER, DISTILGPT2, GEMMA3, SMOLLM2, Choice, Model, asked_for
from seethrough.app.state import AbsentModel
from seethrough.core.assets import PART, RECORDING
from seethrough.core.manifest import from_json
from seethrough.core.parts import PARTS, PARTS_FOLDER
from tests import own_loop
from tests.fake_engine import FakeSite, served, tiny_model
from tests.recorded import PROMPT, file_of, parts, recorded
from tests.tiny_gpt2 import DISTILGPT2 as TRUE_SHAPE
from tests.tiny_gpt2 import dims_of

if TYPE_CHECKING:
    from pathlib import Path

    from seethrough.core.recording import Recording

WEIGHT_FILE = "weights-00.bin"


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


def with_recording(folder: Path, made: Recording) -> None:
    """A recording and its parts beside a model, as the recorder leaves them."""
    place = folder / "recordings"
    (place / PARTS_FOLDER).mkdir(parents=True)
    file = place / "1-thing-0.safetensors"
    file.write_bytes(file_of(made))
    found = [asset(RECORDING, file, place, **told_of(file.read_bytes()))]
    for name, part in parts(made=made).items():
        file = place / PARTS_FOLDER / f"1-thing-{name}-0.safetensors"
        file.write_bytes(file_of_part(part))
        found.append(asset(PART, file, place, name=name, recording=made.id))
    write_list(place, found)


def test_the_list_names_the_models_in_order(tmp_path: Path) -> None:
    """The first is the default; a model without recorded walks has none."""
    folders = (exported(tmp_path / "a", id="a"), exported(tmp_path / "b", id="b"))

    stored = copy_models(folders, tmp_path / "out")

    listing = json.loads((tmp_path / "out" / "models.json").read_text())
    assert [(row["id"], row["default"]) for row in listing["models"]] == [
        ("a", True),
        ("b", False),
    ]
    assert stored == [f"models/{m}/{file}" for m in "ab" for file in ("graph.onnx", WEIGHT_FILE)]
    for folder in folders:
        manifest = from_json((tmp_path / "out/models" / folder.name / "manifest.json").read_text())
        assert manifest.of_kind(RECORDING, PART) == ()
    assert [row["id"] for row in listing["absent"]] == [SMOLLM2.id, GEMMA3.id, DISTILGPT2.id]


def test_recorded_walks_are_listed_with_their_parts(tmp_path: Path) -> None:
    """Each file is in the site under its own hash, and the page reads every one of them."""
    out = tmp_path / "out"
    with_recording(exported(tmp_path / "a"), recorded())

    copy_models((tmp_path / "a",), out)

    place = out / "models" / "tiny-7"
    manifest = from_json((place / "manifest.json").read_text())
    (walk,) = manifest.of_kind(RECORDING)
    told = [part.told for part in manifest.of_kind(PART)]
    assert walk.told == {"id": "thing", "prompt": PROMPT, "chat": False, "n_tokens": 5}
    assert told == [{"name": name, "recording": "thing"} for name in PARTS]
    for listed in manifest.of_kind(RECORDING, PART):
        data = (place / listed.path).read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        assert (listed.size_bytes, listed.sha256) == (len(data), digest)
    assert manifest.download_bytes == tiny_model().manifest.download_bytes

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


def test_two_recorded_models_are_listed_apart(tmp_path: Path) -> None:
    """Each manifest has its own walks under the same ids; the first slides have them all."""
    folders = [exported(tmp_path / name, id=name) for name in ("a", "b")]
    for folder in folders:
        with_recording(folder, recorded(tiny_model().changed(id=folder.name)))
    out = tmp_path / "out"
    copy_models(tuple(folders), out)
    slides = own_loop.apart(lambda: fields(out))["slides"]

    for name in "ab":
        manifest = from_json((out / "models" / name / "manifest.json").read_text())
        assert [walk.told["id"] for walk in manifest.of_kind(RECORDING)] == ["thing"]
        assert all((out / "models" / name / item.path).is_file() for item in manifest.assets)
    for route in ("#/walk/thing", "#/walk/b.thing"):
        assert slides.count(f'data-route="{route}"') == 1
    assert "#/walk/a.thing" not in slides


def test_a_later_kind_is_one_more_row(tmp_path: Path) -> None:
    """Files of a kind that the assembly does not know are listed, copied, and no part of a load."""
    folder, out = exported(tmp_path / "a"), tmp_path / "out"
    (folder / "map").mkdir()
    (folder / "map" / "points.bin").write_bytes(b"12345")
    write_list(folder / "map", [asset("map", folder / "map/points.bin", folder / "map", n=5)])

    stored = copy_models((folder,), out)

    place = out / "models" / "tiny-7"
    manifest = from_json((place / "manifest.json").read_text())
    (found,) = manifest.of_kind("map")
    assert (found.path, found.size_bytes, found.told) == ("map/points.bin", 5, {"n": 5})
    assert (place / "map" / "points.bin").read_bytes() == b"12345"
    assert manifest.download_bytes == tiny_model().manifest.download_bytes
    assert "models/tiny-7/map/points.bin" not in stored


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("recordings/1-thing-0.safetensors", b"x", r"1-thing-0\S+ of a/ is not the"),
        ("recordings/assets.json", b"[{}]", "What a/ lists cannot be read"),
        ("recordings/assets.json", b"<html>", "What a/ lists cannot be read"),
        ("manifest.json", b"{}", "What a/ lists cannot be read"),
    ],
)
def test_a_list_and_its_files_must_agree(
    name: str, content: bytes, said: str, tmp_path: Path
) -> None:
    """A file that was altered after it was listed, or a list that is none, stops the site."""
    folder = exported(tmp_path / "a")
    with_recording(folder, recorded())
    (folder / name).write_bytes(content)

    with pytest.raises(SiteError, match=said):
        copy_models((folder,), tmp_path / "out")


@pytest.mark.parametrize(
    ("present", "absent", "command"),
    [
        ([SMOLLM2.id], [GEMMA3, DISTILGPT2], "smollm2,{name}"),
        (["mine", SMOLLM2.id], [GEMMA3, DISTILGPT2], "smollm2,{name}"),
        ([DISTILGPT2.id], [SMOLLM2, GEMMA3], "distilgpt2,{name}"),
        ([DISTILGPT2.id, SMOLLM2.id], [GEMMA3], "distilgpt2,smollm2,{name}"),
        ([DISTILGPT2.id, SMOLLM2.id, GEMMA3.id], [], ""),
    ],
)
def test_what_a_build_lacks(present: list[str], absent: list[Model], command: str) -> None:
    """Known models that are not there, each with a command that build.py understands."""
    rows = [AbsentModel(**row) for row in absent_models(present)]

    assert [row.id for row in rows] == [model.id for model in absent]
    for row, model in zip(rows, absent, strict=True):
        asked = command.format(name=model.name)
        assert row.command == f"python3 build.py build --models {asked}"
        options = build.command_line().parse_args(shlex.split(row.command)[2:])
        assert row.id in {model.id for model in asked_for(options.models)}


def test_the_command_keeps_the_builds_own_models() -> None:
    """Behind a build's own words, quoted, stands the model that it lacks; nothing else changes."""
    choice = Choice("smollm2,my model", "It's ours", "p.json")

    *_, row = absent_models([SMOLLM2.id, "my-model"], choice.command(ANOTHER))

    words = shlex.split(row["command"])
    assert words[4:] == [
        "smollm2,my model,distilgpt2",
        "--title",
        "It's ours",
        "--record",
        "p.json",
    ]
    options = build.command_line().parse_args(words[2:])
    assert build.chosen(options) == replace(choice, words="smollm2,my model,distilgpt2")


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
