"""Which models a build has: by name, by path, in order, and nothing of an earlier build."""

import re
from pathlib import Path

import pytest

from export.stages import models
from export.stages.errors import BuildError

DISTILGPT2 = [
    "export.hub",
    "export",
    "export.self_check",
    "export.fidelity_asset",
    "export.atlas",
    "export.site",
]


def folder_of(built, name: str = "My Model (v2)") -> Path:
    """A local checkpoint folder as far as a stand-in looks."""
    folder = built.root / name
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return folder


def in_site(checkout) -> list[str]:
    """The models in dist/."""
    return sorted(path.name for path in (checkout.root / "dist" / "models").iterdir())


def test_a_model_of_the_hub_is_fetched_and_exported(built):
    """A second model adds its own stages; the first one is not made again."""
    result = built.run("build", "--models", "smollm2,distilgpt2")

    assert result.returncode == 0, result.stderr
    assert built.calls() == DISTILGPT2
    assert in_site(built) == ["distilgpt2", "smollm2-135m-instruct"]
    assert "The model distilgpt2: some/model: 1 files, 0.0 MB" in result.stdout


def test_a_second_build_of_two_models_calls_nothing(built):
    """Each model has stamps of its own; the order is what the site is made of too."""
    built.run("build", "--models", "smollm2,distilgpt2")
    built.calls()

    assert built.run("build", "--models", "smollm2,distilgpt2").returncode == 0
    assert built.calls() == []
    assert built.run("build", "--models", "distilgpt2,smollm2").returncode == 0
    assert built.calls() == ["export.site"]


def test_a_model_that_is_not_asked_for_leaves_the_site(built):
    """What an earlier build had is kept for the next one, but not in dist/."""
    built.run("build", "--models", "smollm2,distilgpt2")
    built.calls()

    assert built.run("build").returncode == 0
    assert in_site(built) == ["smollm2-135m-instruct"]
    assert built.run("build", "--models", "distilgpt2").returncode == 0
    assert in_site(built) == ["distilgpt2"]
    assert built.calls() == ["export.site", "export.site"]


def test_only_the_recorded_model_is_recorded(built):
    """A changed recorder makes the walks of the default model again, and no others."""
    built.run("build", "--models", "smollm2,distilgpt2")
    built.calls()
    with (built.root / "export/record.py").open("a") as file:
        file.write("\n")

    assert built.run("build", "--models", "smollm2,distilgpt2").returncode == 0
    assert built.calls() == ["export.record", "export.site"]


@pytest.mark.parametrize("file", ["export/hub.py", "export/hub_client.py"])
def test_a_changed_downloader_exports_nothing_again(built, file):
    """What fetches a checkpoint does not go into its export."""
    (built.root / file).write_text("")

    assert built.run("build").returncode == 0
    assert "export" not in built.calls()


def test_a_changed_file_of_the_cache_is_looked_at_again(built):
    """A checkpoint whose files look another way is held against its hashes again."""
    built.run("build", "--models", "distilgpt2")
    built.calls()
    (config,) = (built.cache / "hub").rglob("config.json")
    config.write_text("altered")

    assert built.run("build", "--models", "distilgpt2").returncode == 0
    assert built.calls() == ["export.hub"]


def test_a_failed_download_is_said_in_its_own_words(built):
    """The downloader's sentence reaches the reader; the old site stays."""
    said = "The hub (a.test) cannot be reached. Check it."
    env = {"STAND_IN_FAILS": "export.hub", "STAND_IN_SAYS": said}

    result = built.run("build", "--models", "distilgpt2", **env)

    assert result.returncode == 1
    log = ".cache/logs/hub-distilgpt2.log"
    sentence = f"Fetching distilgpt2 failed. It said: {said} (All that was said: {log})\n"
    assert result.stderr == f"build.py: {sentence}"
    assert in_site(built) == ["smollm2-135m-instruct"]


def test_an_interrupted_download_is_resumed(built):
    """Ctrl-C in the download ends in one sentence; the next run goes on from there."""
    code, said = built.interrupt_in("export.hub", "build", "--models", "smollm2,distilgpt2")
    assert (code, "Run the same command again" in said) == (130, True)
    built.calls()

    assert built.run("build", "--models", "smollm2,distilgpt2").returncode == 0
    assert built.calls() == DISTILGPT2


def test_a_build_may_have_no_map(built):
    """--no-map takes it away; it is not made again for the next build that has one."""
    folder = built.root / ".cache/models/smollm2-135m-instruct/atlas"

    assert built.run("build", "--no-map").returncode == 0
    assert not folder.exists()
    assert built.run("build").returncode == 0
    assert folder.exists()
    assert built.calls() == ["export.site", "export.site"]


def test_a_folder_is_a_model(built):
    """A path is exported under a name that an address can hold; a changed file exports it again."""
    folder = folder_of(built)

    result = built.run("build", "--models", "smollm2,./My Model (v2)")
    assert result.returncode == 0, result.stderr
    assert built.calls() == [
        "export",
        "export.self_check",
        "export.fidelity_asset",
        "export.atlas",
        "export.site",
    ]
    assert in_site(built) == ["my-model-v2", "smollm2-135m-instruct"]

    (folder / "config.json").write_text('{"other": 1}')
    built.run("build", "--models", f"smollm2,{folder}")
    assert built.calls() == ["export", "export.self_check", "export.fidelity_asset"]


def test_clean_removes_the_downloads(built):
    """`clean --downloads` takes the checkpoints of the hub along."""
    built.run("build", "--models", "distilgpt2")
    assert (built.cache / "hub").exists()

    assert built.run("clean", "--downloads").returncode == 0
    assert not (built.cache / "hub").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("distilgpt", r"There is no model distilgpt, and no folder .* Did you mean distilgpt2\? "),
        ("./nowhere", r"There is no model \./nowhere, and no folder or file of that name\. Known"),
        (
            " , ",
            r"--models names no model\. Known are smollm2, gemma3-270m, distilgpt2, tinyllama; a",
        ),
    ],
)
def test_an_unknown_model_reads_a_sentence(words, said):
    """The known names stand in the sentence, and that a path is possible too."""
    with pytest.raises(BuildError, match=said) as caught:
        models.asked_for(words)

    assert re.search(r"Known are .*a path to a checkpoint's folder or a \.gguf", str(caught.value))


def test_unknown_models_stop_before_anything_is_made(checkout):
    """A slip in a name costs no download."""
    result = checkout.run("build", "--models", "smollm")

    assert result.returncode == 1
    assert "build.py: There is no model smollm, and" in result.stderr
    assert checkout.calls() == []


def test_two_models_of_one_name_are_refused(tmp_path):
    """Two folders that would have the same address are not mixed up; one named twice is one."""
    for place in ("a", "b"):
        (tmp_path / place / "tiny").mkdir(parents=True)

    with pytest.raises(BuildError, match=r"would both be called tiny\. Rename"):
        models.asked_for(f"{tmp_path}/a/tiny,{tmp_path}/b/tiny")
    assert len(models.asked_for("smollm2, smollm2")) == 1


@pytest.mark.parametrize(
    ("name", "slug"),
    [("模型", "model-c98e118e"), ("Übung №2", "ubung-no2"), ("a,b", "a-b"), ("--", "model-")],
)
def test_every_name_has_an_address(tmp_path, name, slug):
    """A folder keeps its name for readers; for addresses it gets one of ASCII letters."""
    (tmp_path / name).mkdir()

    (model,) = models.asked_for(str(tmp_path / name))

    assert (model.title, model.path) == (name, tmp_path / name)
    assert model.id.startswith(slug)
    assert re.fullmatch(r"[a-z0-9.-]+", model.id)


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlanguage: en\nlicense: mit\n---\n# Tiny", "mit"),
        ("---\nlanguage: en\n---\nlicense: mit\n", ""),
        ("# Tiny\n\nlicense: mit", ""),
        (None, ""),
    ],
)
def test_a_folder_s_licence_is_its_card_s(tmp_path, card, licence):
    """The licence comes from the first lines of the model card, where there are such."""
    (tmp_path / "tiny").mkdir()
    if card is not None:
        (tmp_path / "tiny" / "README.md").write_text(card)

    assert models.asked_for(str(tmp_path / "tiny"))[0].licence == licence


def test_the_known_models_are_pinned():
    """Each of the hub is pinned by a commit; ids and names are good in addresses and commands."""
    for name, model in models.KNOWN.items():
        assert name == model.name
        assert re.fullmatch(r"[a-z0-9.-]+", model.id)
        assert not model.repo or re.fullmatch(r"[0-9a-f]{40}", model.revision)
        assert model.n_layers > 0
        assert model.licence
