"""The second source of Pyodide's wheels."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from export.stages import pyodide
from export.stages.console import Step
from export.stages.downloads import Member
from export.stages.errors import BuildError, ChangedFileError


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and writes no log."""

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def host(tmp_path):
    """The address of a host on loopback that has one wheel."""
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / "numpy.whl").write_bytes(b"official")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}/{{name}}?{{version}}"
        server.shutdown()


def fetch(folder, host, *, content=b"official", name="numpy.whl") -> None:
    """Ask the host for one wheel, pinned to a content."""
    member = Member(f"some/{name}", hashlib.sha256(content).hexdigest())
    pyodide.fetch_from_host("1", [member], folder / "wheels", Step("numpy"), host)


def test_official_file_is_kept(tmp_path, host):
    """The host's file is taken when its hash is the one in Pyodide's lock."""
    fetch(tmp_path, host)

    assert (tmp_path / "wheels" / "numpy.whl").read_bytes() == b"official"


def test_other_file_is_refused(tmp_path, host):
    """Any other content is refused, and nothing of it stays."""
    with pytest.raises(ChangedFileError, match=r"numpy\.whl is not the official file"):
        fetch(tmp_path, host, content=b"other")

    assert not (tmp_path / "wheels").exists()
    assert list(tmp_path.glob("work-*")) == []


@pytest.mark.filterwarnings("ignore:Implicitly cleaning up <HTTPError:ResourceWarning")
def test_missing_file_reads_a_sentence(tmp_path, host):
    """A host that does not have the file, or does not answer, ends in what to check."""
    with pytest.raises(BuildError, match=r"scipy\.whl could not be fetched .* Check the"):
        fetch(tmp_path, host, name="scipy.whl")
