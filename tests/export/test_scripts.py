"""Scripts that stand alone, and the sentences that the build makes for scripts."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from export.scripts import COMMENT, standalone, without_comments
from export.sentences import sentences, write_languages
from seethrough.core.messages import FALLBACK, LANGUAGES, catalogue

WEB = Path(__file__).parents[2] / "web"


@pytest.mark.parametrize("name", ["guard.js", "sw.js"])
def test_a_script_that_stands_alone_runs(name, tmp_path):
    """What it imports is in it, once, and no name is taken twice: Node reads it as a script."""
    text = standalone(WEB / name)
    script = tmp_path / "script.cjs"
    script.write_text(text, encoding="utf-8")

    checked = subprocess.run(
        ["node", "--check", script], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert not re.findall(r"^(?:import|export) .*", text, re.MULTILINE)
    assert text.count("class KeyedError ") == 1


def test_what_is_imported_comes_first(tmp_path):
    """A module that two others import stands once, before both."""
    (tmp_path / "a.js").write_text(
        'import {\n  b,\n} from "./b.js";\nimport { c } from "./c.js";\nb(c);\n'
    )
    (tmp_path / "b.js").write_text('import { c } from "./c.js";\nexport const b = (x) => c + x;\n')
    (tmp_path / "c.js").write_text("export const c = 1;\n")

    assert standalone(tmp_path / "a.js") == "const c = 1;\n\nconst b = (x) => c + x;\n\nb(c);\n"


@pytest.mark.parametrize("file", sorted(WEB.glob("*.js")), ids=lambda file: file.name)
def test_a_shipped_script_lacks_comments_alone(file, tmp_path):
    """Only whole comments that begin a line are gone, and Node still reads what is left."""
    source = file.read_text(encoding="utf-8")
    taken, left = COMMENT.findall(source), without_comments(source)
    script = tmp_path / "script.mjs"
    script.write_text(left, encoding="utf-8")

    assert all(re.fullmatch(r"\s*/\*(?:(?!\*/).)*\*/\s*", one, re.DOTALL) for one in taken)
    assert not re.search(r"^\s*/\*", left, re.MULTILINE)
    checked = subprocess.run(
        ["node", "--check", script], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_comments_in_a_line_stay():
    """A cast is a comment that a line holds; a string that looks like one is no comment."""
    kept = 'const a = /** @type {A} */ (b);\nconst c = "/* no */";\n'

    assert without_comments(f"/** What it\n * is. */\n{kept}  /* alone */\n") == kept


def test_each_language_has_a_file_with_all_that_scripts_say(tmp_path):
    """Every other language has each sentence of the page's start, and how it runs."""
    write_languages(tmp_path / "languages")

    files = {file.stem: json.loads(file.read_text()) for file in tmp_path.glob("languages/*")}
    assert files.keys() == set(LANGUAGES) - {FALLBACK}
    for language, told in files.items():
        assert told["language"] == language
        assert told["sentences"].keys() == sentences(FALLBACK).keys()
        assert told["sentences"]["boot.stopped"] == catalogue(language)["boot.stopped"]
    assert files["qps-mirrored"]["direction"] == "rtl"
