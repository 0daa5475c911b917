"""What a person reads when something outside is wrong."""

import errno
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from export.stages import causes, downloads, ending, folders
from export.stages.console import Step
from export.stages.errors import BuildError

ROOT = Path(__file__).resolve().parents[2]


def test_old_python_reads_a_sentence():
    """Python 3.10 and older end with what is needed, before anything newer is read."""
    fake = "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); runpy.run_path('build.py')"

    result = subprocess.run(
        [sys.executable, "-c", fake], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 1
    assert result.stderr.startswith("build.py: This is Python 3.9, and Seethrough needs 3.11 or")
    assert "Traceback" not in result.stderr


def test_missing_node_reads_a_sentence(checkout):
    """Without Node the build says what to install."""
    (checkout.programs / "node").unlink()

    result = checkout.run("build", PATH=str(checkout.programs))

    assert result.returncode == 1
    assert result.stderr == (
        "build.py: There is no node here. Install Node.js 20 or newer (it brings npm), then run"
        " this again.\n"
    )


@pytest.mark.parametrize("again", ["bytecode", "site", "checks"])
def test_node_that_went_away_reads_a_sentence(built, again):
    """Where all is built but what needs Node again, and Node is gone, the same sentence comes."""
    (built.programs / "node").unlink()
    if again == "bytecode":
        shutil.rmtree(built.root / ".cache" / "bytecode")
    elif again == "site":
        (built.root / "web" / "boot.js").write_text("// another")

    result = built.run("test" if again == "checks" else "build", PATH=str(built.programs))

    assert result.returncode == 1
    assert "There is no node here. Install Node.js 20 or newer" in result.stderr
    assert "Traceback" not in result.stderr


def test_old_node_reads_a_sentence(checkout):
    """With Node 18 the build says which one was found and which one is needed."""
    checkout.program("node", "#!/bin/sh\necho v18.19.0\n")

    result = checkout.run("build")

    assert result.returncode == 1
    assert "The node on this machine is version 18. Install Node.js 20 or newer" in result.stderr


def test_python_without_ensurepip_reads_a_sentence(checkout):
    """Debian's bare Python says which package brings venv."""
    said = "The virtual environment was not created successfully because ensurepip is not available"

    result = checkout.run("build", STAND_IN_FAILS="venv", STAND_IN_SAYS=said)

    assert result.returncode == 1
    assert "apt-get install python3-venv" in result.stderr


def test_environment_of_somebody_else_is_left_alone(checkout):
    """A .venv that build.py did not make is neither used nor removed."""
    (checkout.root / ".venv").mkdir()
    (checkout.root / ".venv" / "theirs").write_text("")

    result = checkout.run("build")

    assert result.returncode == 1
    assert "There is a .venv folder here that build.py did not make." in result.stderr
    assert (checkout.root / ".venv" / "theirs").exists()


@pytest.mark.parametrize(
    "said",
    [
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        "WARNING: Retrying after connection broken by 'NewConnectionError(...)'",
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "ERROR: No matching distribution found for onnx==0.0.1",
    ],
)
def test_known_failure_of_pip_reads_a_sentence(checkout, said):
    """Each known failure becomes what to do; the stage is not taken for done."""
    result = checkout.run("build", STAND_IN_FAILS="install export", STAND_IN_SAYS=said)

    assert result.returncode == 1
    assert str(causes.known_cause(said)) in result.stderr
    assert "Traceback" not in result.stderr
    assert checkout.run("build").returncode == 0


def test_unknown_failure_is_quoted(checkout):
    """An unknown failure shows the program's own last words and where the rest is."""
    result = checkout.run("build", STAND_IN_FAILS="export", STAND_IN_SAYS="KeyError: 'blk.3'")

    assert result.returncode == 1
    assert result.stderr == (
        "build.py: Exporting the model failed. It said: KeyError: 'blk.3' (All that was said:"
        " .cache/logs/export.log)\n"
    )
    assert not (checkout.root / ".cache/models/smollm2-135m-instruct").exists()


def test_changed_wheel_for_the_page_is_refused(checkout):
    """A numpy that is not Pyodide's official file is never kept."""
    result = checkout.run("build", STAND_IN_CONTENT="tampered")

    assert result.returncode == 1
    assert "numpy.whl is not the official file, so it was not used" in result.stderr
    assert [path for path in checkout.cache.rglob("*") if path.is_file()] == []


def test_changed_file_in_the_cache_is_fetched_again(built):
    """A wheel that was altered on the disk is noticed and replaced."""
    numpy = built.cache / "pyodide-0.0.1" / "numpy.whl"
    numpy.write_text("altered")

    assert built.run("build").returncode == 0
    assert built.calls() == ["download pyodide"]
    assert numpy.read_text() == "official"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's device that is full")
def test_full_disk_keeps_nothing(tmp_path):
    """When the disk fills up in the middle of a file, nothing appears under its name."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "model.gguf").symlink_to("/dev/full")

    content, step = io.BytesIO(b"x" * (1 << 21)), Step("The model")
    with pytest.raises(OSError, match="No space left") as full:
        downloads.keep(content, tmp_path / "model.gguf", "", tmp_path / "work", step)

    assert full.value.errno == errno.ENOSPC
    assert not (tmp_path / "model.gguf").exists()


def test_full_disk_reads_a_sentence(capsys):
    """A full disk ends in what to do, wherever it is noticed."""

    def fill() -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "model.gguf")

    assert ending.end_well(fill) == 1
    said = capsys.readouterr().err
    assert said.startswith("build.py: The disk is full (model.gguf). Make room")
    assert "SEETHROUGH_CACHE" in said


def test_room_is_checked_before_a_download(tmp_path, monkeypatch):
    """Too little room is said before the download, with what is needed and what is there."""
    usage = shutil.disk_usage(tmp_path)._replace(free=12_300_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)

    with pytest.raises(BuildError, match=r"The model needs 350\.0 MB, and .* has 12\.3 MB free"):
        folders.check_room(tmp_path, 350_000_000, "The model")


def test_own_fault_reads_a_sentence(capsys, tmp_path, monkeypatch):
    """A fault in build.py itself shows no traceback; the traceback is in a file."""
    monkeypatch.setattr(ending, "LOGS", tmp_path)

    assert ending.end_well(lambda: int("x")) == 1
    said = capsys.readouterr().err
    assert said.startswith("build.py: A fault in build.py itself (ValueError).")
    assert "Traceback" in (tmp_path / "fault.log").read_text()


def test_missing_browser_is_named(checkout):
    """A browser that was asked for and is not there is named."""
    result = checkout.run("test", SEETHROUGH_BROWSER="no-such-browser")

    assert result.returncode == 1
    assert "SEETHROUGH_BROWSER is set to no-such-browser" in result.stderr


@pytest.mark.parametrize("tool", ["pip", "npm"])
def test_unreachable_registry_reads_a_sentence(checkout, closed_port, tool):
    """With the registry out of reach the real pip and npm end in what to check; nothing is kept."""
    registry = f"http://127.0.0.1:{closed_port}/"
    env = {"npm_config_registry": registry, "npm_config_fetch_retries": "0"}
    if tool == "pip":
        script = f'#!/bin/sh\nexec {sys.executable} "$@"\n'
        checkout.program("python-of-venv", script)
        env |= {"PIP_INDEX_URL": registry, "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
        env |= {"PIP_FIND_LINKS": "", "PYTHONPATH": str(checkout.programs)}
    else:
        (checkout.programs / "npm").unlink()
        env["PATH"] = os.environ["PATH"]

    result = checkout.run("build", **env)

    assert result.returncode == 1, result.stdout
    assert "The package registry cannot be reached. Check the connection" in result.stderr
    assert [path for path in checkout.cache.rglob("*") if path.is_file()] == []
