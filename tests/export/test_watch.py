"""build.py serve --watch: which edits are shown, which are refused, and what an open page gets."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
import zipfile
from io import BytesIO

import pytest

from export.stages import serve
from export.watch import served, sources
from export.watch.served import Site
from export.watch.server import STAYS, Watch, handler_of

VIEW = "py/seethrough/view/one.py"
WORDS = "py/seethrough/catalogue/en/one.json"
SCRIPT = "web/one.js"
FILES = {VIEW: "ONE = 1\n", WORDS: '{"one": "One"}\n', SCRIPT: "// one\n", "web/style.css": ""}
COMPILED = "seethrough/view/one.pyc"


@pytest.fixture
def root(tmp_path):
    """A small checkout."""
    for name, text in FILES.items():
        write(tmp_path / name, text)
    return tmp_path


@pytest.fixture
def site(root):
    """Its watched site, as it was built."""
    dist = root / "dist"
    write(dist / "index.html", f"<head>{served.HEAD}</head>")
    write(dist / "main.py", "start()\n")
    write(dist / "one.js", FILES[SCRIPT])
    write(dist / "models.json", '{"models": []}')
    with zipfile.ZipFile(dist / "seethrough.zip", "w") as archive:
        archive.writestr("seethrough/view/one.py", FILES[VIEW])
        archive.writestr(COMPILED, "bytecode of it")
    return Site(root, dist, "this")


@pytest.fixture
def address(site):
    """The address of a server of that site."""
    kind = handler_of(Watch(site))
    with serve.open_server(site.dist, 0, kind) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def write(file, text):
    """Write a file, and the folders it is in."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def package(site):
    """What the page unpacks, by name."""
    with zipfile.ZipFile(BytesIO(site.file("seethrough.zip"))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_every_kind_of_change_is_seen(root):
    """A file that is written, added or removed is a change; one that is only read is none."""
    before = sources.look(root)
    write(root / VIEW, "ONE = 22\n")
    write(root / "web/two.css", "")
    (root / SCRIPT).unlink()
    (root / WORDS).read_text(encoding="utf-8")

    assert sources.differing(before, sources.look(root)) == {VIEW, "web/two.css", SCRIPT}


def test_a_change_is_handed_on_once_it_stands_still(root, monkeypatch):
    """A file that an editor still writes is not taken; the last content is, once."""
    sleeps = iter(range(100))

    def sleep(_seconds):
        step = next(sleeps)
        if step < 4:
            write(root / VIEW, "ONE = " + "1" * (step + 1))

    monkeypatch.setattr(time, "sleep", sleep)

    assert next(sources.changes(root)) == {VIEW}
    assert (root / VIEW).read_text(encoding="utf-8") == "ONE = 1111"


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        (VIEW, "def one(:\n    pass\n", f"{VIEW}, line 1: invalid syntax."),
        (VIEW, "x = 1\ny = (\n", f"{VIEW}, line 2: '(' was never closed."),
        (VIEW, "\0", "null bytes"),
        (WORDS, '{\n"one": "One",\n}', f"{WORDS}, line 3: "),
        (WORDS, "", f"{WORDS}, line 1: "),
    ],
)
def test_what_cannot_be_shown_is_told_with_its_place(root, site, path, text, sentence):
    """A syntax error and broken JSON are told in a sentence, and the site stays as it was."""
    before = package(site)
    write(root / path, text)

    with pytest.raises(sources.BrokenError) as caught:
        site.take({path})
    assert sentence in str(caught.value)
    assert site.version == 0
    assert package(site) == before


def test_a_broken_edit_waits_with_the_rest_until_it_is_mended(root, site, capsys):
    """Nothing of a set of edits is shown while one of them is broken; it is said once."""
    watch = Watch(site)
    write(root / VIEW, "ONE = (\n")
    watch.take({VIEW})
    write(root / WORDS, '{"one": "Two"}\n')
    watch.take({WORDS})

    assert site.version == 0
    assert capsys.readouterr().out == f"{VIEW}, line 1: '(' was never closed. {STAYS}\n"
    write(root / VIEW, "ONE = 2\n")
    watch.take({VIEW})
    assert set(site.since(0, "this", 0)["python"]) == {path[3:] for path in (VIEW, WORDS)}


def test_the_bytecode_of_a_changed_module_goes(root, site):
    """A page that is loaded anew runs the source of now, not the bytecode of the build."""
    assert COMPILED in package(site)
    write(root / VIEW, "ONE = 2\n")
    site.take({VIEW})

    assert COMPILED not in package(site)
    assert package(site)["seethrough/view/one.py"] == "ONE = 2\n"


def test_a_removed_module_is_gone(root, site):
    """A module that was removed is neither in the package nor in an open page."""
    (root / VIEW).unlink()
    site.take({VIEW})

    assert "seethrough/view/one.py" not in package(site)
    assert site.since(0, "this", 0)["python"] == {"seethrough/view/one.py": None}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (VIEW, (True, False, False)),
        (WORDS, (True, False, False)),
        ("web/style.css", (False, True, False)),
        (SCRIPT, (False, False, True)),
    ],
)
def test_a_page_is_loaded_anew_for_scripts_alone(site, path, said):
    """Python and sentences start again inside the page, a style is swapped, a script loads it."""
    site.take({path})
    change = site.since(0, "this", 0)

    assert (bool(change["python"]), change["is_restyled"], change["is_reloaded"]) == said


def test_a_page_of_another_run_is_loaded_anew(site):
    """Versions of a server that was stopped mean nothing to the next one."""
    assert site.since(7, "another", 60)["is_reloaded"]


def test_an_open_page_waits_for_news(site, address):
    """A page that asks gets its answer when something changed; one that missed more gets all."""
    site.take({"web/style.css"})
    threading.Timer(0.2, site.take, [{VIEW}]).start()
    change = news(address, since=1)

    assert (change["version"], change["is_restyled"]) == (2, False)
    assert change["python"] == {"seethrough/view/one.py": FILES[VIEW]}
    assert news(address, since=0) == {**change, "is_restyled": True}


def news(address, since):
    """What a page gets that has a version."""
    asked = f"{address}watch/changes?run=this&since={since}"
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 - loopback
        return json.load(answer)


def test_files_are_isolated_and_never_stale(root, site, address):
    """Threads work without a service worker's headers, and an edited script is fetched anew."""
    write(root / SCRIPT, "// two\n")
    site.take({SCRIPT})
    with urllib.request.urlopen(f"{address}one.js") as answer:  # noqa: S310 - loopback
        assert answer.read() == b"// two\n"
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Last-Modified"] is None


def test_a_removed_script_is_missing(root, site, address):
    """The build's copy of a script that was removed is not served."""
    (root / SCRIPT).unlink()
    site.take({SCRIPT})

    with pytest.raises(urllib.error.HTTPError, match="404") as answer:
        urllib.request.urlopen(f"{address}one.js")  # noqa: S310 - loopback
    answer.value.close()


def test_the_service_worker_stores_no_file(site):
    """The old version can come from nowhere: the worker's list of files is empty."""
    assert b'"files":{}' in site.file("sw.js")


def test_what_a_page_says_cannot_steer_the_terminal(site, capsys):
    """Control characters of a page's words do not reach the terminal."""
    Watch(site).hear({"version": 1, "error": "ValueError: \x1b[2Jgone\n"})

    assert capsys.readouterr().out == f"ValueError:  [2Jgone  {STAYS}\n"
