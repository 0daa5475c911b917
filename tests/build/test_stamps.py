"""What is made again, and what is not."""

import pytest

from export.stages import model, stamps
from export.stages.paths import ROOT


def test_second_build_calls_nothing(built):
    """When nothing changed, no program is started and the build says so in a moment."""
    result = built.run("build")

    assert result.returncode == 0
    assert built.calls() == []
    assert result.stdout == "The site is in dist/.\n"


@pytest.mark.parametrize(
    ("changed", "made"),
    [
        ("py/seethrough/view/page.py", ["export.site"]),
        (
            "py/seethrough/core/config.py",
            [
                "export",
                "export.self_check",
                "export.fidelity_asset",
                "export.record",
                "export.site",
            ],
        ),
        (
            "export/layers.py",
            [
                "export",
                "export.self_check",
                "export.fidelity_asset",
                "export.record",
                "export.site",
            ],
        ),
        ("export/record.py", ["export.record", "export.site"]),
        ("export/record_parts.py", ["export.record", "export.site"]),
        ("export/layout.py", ["export.atlas", "export.site"]),
        (
            "py/seethrough/core/near.py",
            [
                "export",
                "export.self_check",
                "export.fidelity_asset",
                "export.record",
                "export.atlas",
                "export.site",
            ],
        ),
        ("web/style.css", ["export.site"]),
        ("web/package-lock.json", ["npm", "export.site"]),
        (
            "export/locks/export.txt",
            [
                "install export",
                "export",
                "export.self_check",
                "export.fidelity_asset",
                "export.record",
                "export.atlas",
                "export.site",
            ],
        ),
    ],
)
def test_changed_input_makes_what_depends_on_it(built, changed, made):
    """A changed file makes again just the stages that it goes into."""
    with (built.root / changed).open("a") as file:
        file.write("\n")

    assert built.run("build").returncode == 0
    assert built.calls() == made


RECORDINGS = ".cache/models/smollm2-135m-instruct/recordings"
ATLAS = ".cache/models/smollm2-135m-instruct/atlas"


@pytest.mark.parametrize(
    "lost", ["dist", RECORDINGS, ATLAS, ".cache/atlases", ".cache/models", ".cache/node", ".venv"]
)
def test_lost_output_is_made_again(built, lost):
    """A folder that was deleted comes back, and the build ends well."""
    (built.root / lost).rename(built.root / "elsewhere")

    assert built.run("build").returncode == 0
    assert (built.root / lost).exists()


def test_digest_sees_names_and_contents(tmp_path):
    """A renamed file, a changed byte and a new word each change the digest; a cache does not."""
    (tmp_path / "a.txt").write_text("one")
    first = stamps.digest(tmp_path, "word")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("ignored")
    assert stamps.digest(tmp_path, "word") == first

    (tmp_path / "a.txt").rename(tmp_path / "b.txt")
    renamed = stamps.digest(tmp_path, "word")
    (tmp_path / "b.txt").write_text("two")
    changed = stamps.digest(tmp_path, "word")
    assert len({first, renamed, changed, stamps.digest(tmp_path, "words")}) == 4


def test_second_build_waits_for_the_first(checkout):
    """Two builds in one checkout do not write over each other."""
    first, second = checkout.start("build"), checkout.start("build")

    for process in (first, second):
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert sorted(checkout.calls()) == sorted(set(EVERYTHING))


EVERYTHING = [
    "venv",
    "install export",
    "npm",
    "download pyodide",
    "download model",
    "export",
    "export.self_check",
    "export.fidelity_asset",
    "export.record",
    "export.atlas",
    "export.site",
]


def test_what_python_leaves_behind_is_no_source() -> None:
    """A second build exports nothing anew: compiled files beside the exporter are none of its."""
    (ROOT / "export" / "__pycache__").mkdir(exist_ok=True)

    assert not [part for part in model._exporter() if part.name == "__pycache__"]
