"""The server on this machine."""

import re
import signal
import socket
import urllib.error
import urllib.request

import pytest

from export.stages import serve
from export.stages.errors import BuildError


@pytest.fixture
def taken():
    """A port that another program listens on."""
    with socket.socket() as listener:
        listener.bind((serve.HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_taken_port_is_named_with_another_one(checkout, taken):
    """An explicit port that is taken ends at once, before any stage, and suggests another."""
    result = checkout.run("serve", "--no-open", "--port", str(taken))

    assert result.returncode == 1
    assert result.stderr == (
        f"build.py: Port {taken} is taken by another program. Use another one: python3 build.py"
        f" serve --port {taken + 1 if taken < 65535 else 8000}\n"
    )
    assert checkout.calls() == []


def test_next_free_port_is_taken_and_said(tmp_path, taken, monkeypatch, capsys):
    """Without an explicit port the next free one is used, and the reader is told."""
    monkeypatch.setattr(serve, "PORT", taken)

    with serve.open_server(tmp_path, None) as server:
        assert server.server_port > taken
        assert capsys.readouterr().out == (
            f"Port {taken} is taken, so this uses {server.server_port}.\n"
        )


@pytest.mark.parametrize("port", [-1, 70_000])
def test_impossible_port_is_refused(port):
    """A number that is no port is refused in a sentence."""
    with pytest.raises(BuildError, match=rf"Port {port} cannot be used here"):
        serve.check_port(port)


@pytest.fixture
def address(built):
    """The address of a served site; afterwards Ctrl-C must end it in one plain line."""
    process = built.start("serve", "--no-open", "--port", "0")
    line = process.stdout.readline()
    yield re.search(r"http://127\.0\.0\.1:\d+/", line)[0]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out.strip(), err) == (0, "Stopped serving.", "")


def test_served_as_any_static_host_would(address):
    """Types are right, files are asked for again each time, and no isolation header is added."""
    types = {}
    for name in ("", "engine.mjs", "models/smollm2-135m-instruct/manifest.json"):
        with urllib.request.urlopen(address + name) as answer:  # noqa: S310 - loopback
            types[name.rpartition(".")[2]] = answer.headers["Content-Type"]
            assert answer.headers["Cache-Control"] == "no-cache"
            assert answer.headers["Cross-Origin-Opener-Policy"] is None

    assert types == {
        "": "text/html; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8",
        "json": "application/json",
    }


@pytest.mark.parametrize("path", ["models/", "no-such-file", "../build.py", "%2e%2e/build.py"])
def test_only_the_site_is_served(address, path):
    """Folder lists, missing files and files outside dist/ are not found."""
    with pytest.raises(urllib.error.HTTPError, match="404") as answer:
        urllib.request.urlopen(address + path)  # noqa: S310 - loopback
    answer.value.close()


def test_watching_is_left_to_the_environment_that_draws_pages(built):
    """serve --watch builds what is missing and hands over to export.watch, with its options."""
    result = built.run("serve", "--watch", "--no-open", "--port", "0")

    assert (result.returncode, result.stderr) == (0, "")
    assert built.calls() == ["export.watch"]
