"""Models of one's own: by path, by repository, in a list; with a title, and walks to record."""

import json
import re
import shlex
from pathlib import Path

import pytest

from export.stages import models, standing
from export.stages.errors import BuildError
from export.stages.models import ANOTHER, Choice

PROMPTS = [{"id": "rain", "prompt": "It rains and"}]


def folder_of(built, name: str) -> Path:
    """A local checkpoint folder as far as a stand-in looks."""
    folder = built.root / name
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    return folder


def written(folder: Path, told: object, name: str = "list.json") -> Path:
    """A JSON file."""
    (folder / name).write_text(json.dumps(told), encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("a,b", ["a,b"]),
        ("smollm2,a,b,distilgpt2", ["smollm2", "a,b", "distilgpt2"]),
        ("./a,b, smollm2", ["./a,b", "smollm2"]),
        (" one , two ,", ["one", "two"]),
    ],
)
def test_a_path_may_have_commas(words, found, tmp_path, monkeypatch):
    """Where a path with its commas is there, it is one model; all else is cut at them."""
    (tmp_path / "a,b").mkdir()
    monkeypatch.chdir(tmp_path)

    assert models.words_of(words) == found


@pytest.mark.parametrize(
    ("word", "repo", "revision"),
    [
        ("maker/tiny", "maker/tiny", "main"),
        ("some-one/Model_2.5B@v1.0", "some-one/Model_2.5B", "v1.0"),
        (f"maker/tiny@{'a' * 40}", "maker/tiny", "a" * 40),
    ],
)
def test_a_repository_is_a_model(word, repo, revision, tmp_path, monkeypatch):
    """Owner and name, perhaps a revision: one of the hub, under its own name."""
    monkeypatch.chdir(tmp_path)

    (model,) = models.asked_for(word)

    assert (model.repo, model.revision, model.path) == (repo, revision, None)
    assert model.title == repo.partition("/")[2]
    assert re.fullmatch(r"[a-z0-9.-]+", model.id)


@pytest.mark.parametrize("word", ["-x/tiny", "a/b/c", "../a/b", "maker/tiny@", "maker/-x@--out"])
def test_what_is_no_repository_is_not_asked_for(word, tmp_path, monkeypatch):
    """Nothing that could be an option of a program, or a path, goes to the hub."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(BuildError, match="There is no model"):
        models.asked_for(word)


def test_a_path_goes_before_a_repository(tmp_path, monkeypatch):
    """A folder owner/name that is there is meant, not one of the hub."""
    (tmp_path / "maker" / "tiny").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    assert models.asked_for("maker/tiny")[0].path == tmp_path / "maker" / "tiny"


def test_a_repository_is_fetched_once(built):
    """A model of the hub is fetched and exported, and asked for no more."""
    first = built.run("build", "--models", "maker/tiny")
    assert first.returncode == 0, first.stderr
    assert built.calls() == [
        "export.hub",
        "export",
        "export.self_check",
        "export.fidelity_asset",
        "export.atlas",
        "export.site",
    ]
    assert [one.name for one in (built.cache / "hub").iterdir()] == ["maker--tiny-main"]

    assert built.run("build", "--models", "maker/tiny").returncode == 0
    assert built.calls() == []


def cached(root: Path, *commits: str, main: str = "") -> Path:
    """A model's folder in the hub's cache, with these snapshots."""
    folder = root / "models--maker--tiny"
    for commit in commits:
        (folder / "snapshots" / commit).mkdir(parents=True)
        (folder / "snapshots" / commit / "config.json").write_text("{}")
    if main:
        (folder / "refs").mkdir()
        (folder / "refs" / "main").write_text(f"{main}\n")
    return folder


@pytest.mark.parametrize("inside", ["", "snapshots/abc"])
def test_a_folder_of_the_hub_s_cache_is_taken(inside, tmp_path):
    """Its snapshot is the checkpoint, and its name that of the repository, not of the commit."""
    folder = cached(tmp_path, "abc")

    (model,) = models.asked_for(str(folder / inside))

    assert model.path == folder / "snapshots" / "abc"
    assert (model.id, model.title, model.revision) == ("tiny", "tiny", "abc")
    assert model.origin == "Hugging Face maker/tiny"


def test_of_several_snapshots_main_is_meant(tmp_path):
    """Where the cache knows the newest it is taken; where not, the reader chooses."""
    folder = cached(tmp_path / "a", "abc", "def", main="def")
    assert models.asked_for(str(folder))[0].revision == "def"

    with pytest.raises(BuildError, match=r"holds 2 snapshots\. Name one: \S+abc, \S+def"):
        models.asked_for(str(cached(tmp_path / "b", "abc", "def")))
    (tmp_path / "c" / "models--maker--tiny" / "snapshots").mkdir(parents=True)
    with pytest.raises(BuildError, match="holds 0 snapshots"):
        models.asked_for(str(tmp_path / "c" / "models--maker--tiny"))
    with pytest.raises(BuildError, match=r"is the hub's cache\. Name one .*models--maker--tiny"):
        models.asked_for(str(tmp_path / "a"))


def test_a_list_says_it_all(tmp_path):
    """Names, titles, ids and prompts of several models; paths are beside the list."""
    (tmp_path / "mine").mkdir()
    written(tmp_path, PROMPTS, "prompts.json")
    rows = [
        "smollm2",
        {"model": "mine", "title": "Mine, at last", "record": "prompts.json"},
        {"model": "maker/tiny", "id": "theirs", "record": ["a", "b"]},
    ]

    found = models.asked_for(str(written(tmp_path, {"models": rows})))

    assert [one.id for one in found] == ["smollm2-135m-instruct", "mine", "theirs"]
    assert [one.title for one in found[1:]] == ["Mine, at last", "tiny"]
    assert [one.is_recorded for one in found] == [True, True, True]
    assert json.loads(found[1].prompts) == PROMPTS
    assert json.loads(found[2].prompts) == ["a", "b"]
    assert models.asked_for(str(written(tmp_path, rows))) == found


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "has no models"),
        ({"models": []}, "has no models"),
        ("smollm2", "has no models"),
        ([3], "has 3 for a model"),
        ([{"title": "x"}], "for a model"),
        ([{"model": "smollm2", "name": "x"}], "says 'name' of a model, and may say model, id"),
        ([{"model": "smollm2", "title": 3}], "has a title that is no text"),
        ([{"model": "smollm2", "id": "Über"}], "has the id 'Über'; small letters"),
        ([{"model": "smollm2", "record": "none.json"}], "There is no file .*none.json"),
        (["nowhere"], "There is no model nowhere"),
    ],
)
def test_a_bad_list_reads_a_sentence(told, said, tmp_path):
    """What is wrong is said before anything is made."""
    with pytest.raises(BuildError, match=said):
        models.asked_for(str(written(tmp_path, told)))


def test_a_list_that_is_no_json_reads_a_sentence(tmp_path):
    """A slip in the file is told with its place."""
    (tmp_path / "list.json").write_text("[")

    with pytest.raises(BuildError, match=r"list\.json cannot be read \(Expecting .*line 1"):
        models.asked_for(str(tmp_path / "list.json"))


def test_a_title_and_prompts_for_one_model(tmp_path):
    """--title and --record are of the one model, or of the one that is not known by name."""
    (tmp_path / "mine").mkdir()
    file = str(written(tmp_path, PROMPTS))
    choice = Choice(f"smollm2,{tmp_path}/mine", "Mine", file)

    smollm2, mine = choice.models()
    assert (mine.title, mine.id, json.loads(mine.prompts)) == ("Mine", "mine", PROMPTS)
    assert (smollm2.title, smollm2.prompts) == ("SmolLM2-135M-Instruct", "")
    assert Choice(title="Small").models()[0].title == "Small"
    for words in ("smollm2,distilgpt2", f"{tmp_path}/mine,maker/tiny"):
        with pytest.raises(BuildError, match=r"--models has 2 .* in a list: --models FILE\.json"):
            Choice(words, "Mine").models()
    with pytest.raises(BuildError, match=r"There is no file .*none\.json"):
        Choice("distilgpt2", record=str(tmp_path / "none.json")).models()


def test_own_walks_are_recorded_and_go_again(built):
    """A model is recorded while --record asks for it; without it no walk stays behind."""
    folder_of(built, "mine")
    written(built.root, PROMPTS, "prompts.json")
    walks = built.root / ".cache/models/mine/recordings"
    asked = ("build", "--models", "./mine", "--record", "prompts.json")

    assert built.run(*asked).returncode == 0
    assert built.calls() == [
        "export",
        "export.self_check",
        "export.fidelity_asset",
        "export.record",
        "export.atlas",
        "export.site",
    ]
    assert json.loads((built.root / ".cache/recordings-mine.json").read_text()) == PROMPTS
    assert built.run(*asked).returncode == 0
    assert built.calls() == []
    written(built.root, ["other"], "prompts.json")
    assert built.run(*asked).returncode == 0
    assert built.calls() == ["export.record"]
    assert walks.exists()
    assert built.run(*asked[:3]).returncode == 0
    assert built.calls() == ["export.site"]
    assert not walks.exists()


@pytest.mark.parametrize(
    ("choice", "command"),
    [
        (Choice(), "--models smollm2"),
        (Choice("smollm2,./mine"), "--models smollm2,./mine"),
        (Choice(has_map=False), "--models smollm2 --no-map"),
        (Choice("my model,maker/tiny"), "--models 'my model,maker/tiny'"),
        (
            Choice("./mine", "It's mine", "p.json"),
            "--models ./mine --title 'It'\"'\"'s mine' --record p.json",
        ),
    ],
)
def test_the_command_has_the_reader_s_own_models(choice, command):
    """A command that makes the site again names every model, quoted for a shell."""
    told = choice.command()

    assert told == f"python3 build.py build {command}"
    words = shlex.split(choice.command(ANOTHER))
    assert words[4].endswith(f",{ANOTHER}")
    assert words[5:] == shlex.split(told)[5:]


def test_a_path_in_a_command_is_typed_in_the_checkout(tmp_path, monkeypatch):
    """A path stands there from the checkout or from home, wherever it was typed from."""
    home, checkout = tmp_path / "home", tmp_path / "home" / "checkout"
    (checkout / "mine").mkdir(parents=True)
    (home / "模型").mkdir()
    monkeypatch.setattr(models, "ROOT", checkout)
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.chdir(home)

    words = f"checkout/mine,{home}/模型,{tmp_path}"
    command = models.command_for(models.words_of(words))
    assert command == f"python3 build.py build --models './mine,~/模型,{tmp_path}'"


def test_a_build_without_models_says_what_it_replaces(built):
    """Another site in dist/ is told with the command that makes it again, before it goes."""
    folder_of(built, "my model")
    assert built.run("build", "--models", "smollm2,my model").returncode == 0

    replaced = built.run("build")

    lost = "dist/ has the models my-model, smollm2-135m-instruct; without --models it gets"
    again = "python3 build.py build --models 'smollm2,./my model'"
    assert replaced.stdout.startswith(f"{lost} smollm2-135m-instruct alone.")
    assert f"For the former again: {again}\n" in replaced.stdout
    assert "dist/ has" not in built.run("build").stdout
    assert "dist/ has" not in built.run("build", "--models", "smollm2,my model").stdout


def test_a_site_of_unknown_make_is_told_without_a_command(tmp_path, monkeypatch):
    """Where nobody kept how dist/ was made, what is lost is said all the same."""
    monkeypatch.setattr(standing, "DIST", tmp_path)
    monkeypatch.setattr(standing, "NOTE", tmp_path / "none.json")
    assert standing.loss(["a"]) == ""
    (tmp_path / "models" / "b").mkdir(parents=True)

    assert standing.loss(["b"]) == ""
    assert standing.loss(["a"]) == "dist/ has the models b; without --models it gets a alone."
