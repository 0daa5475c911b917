"""Where the tests' browser comes from."""

import sys
from pathlib import Path

import pytest

from export.stages import browser, programs
from export.stages.errors import BuildError

APT = """#!/bin/sh
echo "$*" >> {folder}/said
[ "$2" = install ] || exit 0
echo '#!/bin/sh' > {folder}/chromium
/bin/chmod +x {folder}/chromium
"""


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine with no browser; returns the one folder on its PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SEETHROUGH_BROWSER", raising=False)
    monkeypatch.setattr(browser, "PLACES", ())
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    monkeypatch.setattr(programs, "LOGS", tmp_path / "logs")
    return tmp_path


def write_program(path: Path, text: str) -> None:
    """Put a program where the bare machine finds it."""
    path.write_text(text)
    path.chmod(0o755)


def test_installed_browser_is_used(bare):
    """A browser on PATH is taken as it is."""
    write_program(bare / "google-chrome", "#!/bin/sh\n")

    assert browser.ensure(Path(sys.executable)) == bare / "google-chrome"


def test_named_browser_comes_first(bare, monkeypatch):
    """SEETHROUGH_BROWSER wins over what is found."""
    write_program(bare / "chromium", "#!/bin/sh\n")
    write_program(bare / "mine", "#!/bin/sh\n")
    monkeypatch.setenv("SEETHROUGH_BROWSER", "mine")

    assert browser.ensure(Path(sys.executable)) == bare / "mine"


@pytest.mark.skipif(sys.platform != "linux", reason="apt-get is asked on Linux only")
def test_debian_installs_its_own(bare):
    """As root on Debian, apt-get brings the browser and the fonts that the tests look at."""
    write_program(bare / "apt-get", APT.format(folder=bare))

    assert browser.ensure(Path(sys.executable)) == bare / "chromium"
    assert (bare / "said").read_text() == (
        "-q update\n-q install -y --no-install-recommends chromium fonts-noto-color-emoji"
        " fonts-noto-cjk\n"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="apt-get is asked on Linux only")
def test_debian_s_chromium_gets_its_shell(bare):
    """Beside Debian's Chromium, apt-get brings the same without a window, once."""
    write_program(
        bare / "apt-get", APT.format(folder=bare).replace("/chromium", f"/{browser.SHELL}")
    )

    for _ in range(2):
        assert browser.ensure_shell(bare / "chromium") == bare / browser.SHELL
    assert (bare / "said").read_text() == (
        "-q update\n-q install -y --no-install-recommends chromium-headless-shell\n"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="apt-get is asked on Linux only")
def test_apt_needs_no_package_of_ours(bare):
    """Debian's browser and its shell come before pip has brought anything; elsewhere nothing."""
    browser.ensure_debians()
    write_program(bare / "apt-get", APT.format(folder=bare))
    browser.ensure_debians()

    said = (bare / "said").read_text().splitlines()
    assert [line for line in said if " chromium " in line or line.endswith(browser.SHELL)] == [
        "-q install -y --no-install-recommends chromium fonts-noto-color-emoji fonts-noto-cjk",
        "-q install -y --no-install-recommends chromium-headless-shell",
    ]


@pytest.mark.parametrize("reason", ["no apt-get", "another browser", "a browser was named"])
def test_without_a_shell_it_is_the_browser_itself(bare, monkeypatch, reason):
    """Where no shell of the same version can be had, or a browser was named, that one is driven."""
    found = bare / ("google-chrome" if reason == "another browser" else "chromium")
    if reason != "no apt-get":
        write_program(bare / browser.SHELL, "#!/bin/sh\n")
    if reason == "a browser was named":
        monkeypatch.setenv("SEETHROUGH_BROWSER", "chromium")

    assert browser.ensure_shell(found) == found


@pytest.mark.skipif(sys.platform != "linux", reason="apt-get is asked on Linux only")
def test_debian_installs_the_missing_engines(bare):
    """As root on Debian, apt-get brings Firefox and WebKitGTK, each unless it is here."""
    write_program(bare / "apt-get", APT.format(folder=bare))
    write_program(bare / "firefox", "#!/bin/sh\n")

    browser.ensure_others()

    assert (bare / "said").read_text() == (
        "-q update\n-q install -y --no-install-recommends webkit2gtk-driver xvfb\n"
    )


@pytest.mark.parametrize("reason", ["not root", "not Debian", "a browser was named"])
def test_engines_are_not_forced_on_a_machine(bare, monkeypatch, reason):
    """Where nothing can or shall be installed, nothing is asked for: the tests will be skipped."""
    if reason != "not Debian":
        write_program(bare / "apt-get", APT.format(folder=bare))
    if reason == "not root":
        monkeypatch.setattr(browser.os, "geteuid", lambda: 1000)
    if reason == "a browser was named":
        monkeypatch.setenv("SEETHROUGH_BROWSER", "chromium")

    browser.ensure_others()

    assert not (bare / "said").exists()


def test_no_browser_reads_a_sentence(bare):
    """Where nothing can be installed, the reader learns what to install."""
    write_program(bare / "python", "#!/bin/sh\nexit 1\n")

    with pytest.raises(BuildError, match=r"The tests need Chromium, Chrome or Edge, .* Install"):
        browser.ensure(bare / "python")
