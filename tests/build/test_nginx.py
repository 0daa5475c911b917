"""Where the tests' nginx comes from."""

import pytest

from export.stages import nginx, programs

DOWNLOAD = "#!/bin/sh\n/bin/touch nginx_1.deb nginx-common_1.deb\n"
EXTRACT = """#!/bin/sh
/bin/mkdir -p "$3/usr/sbin" "$3/etc/nginx"
/bin/touch "$3/usr/sbin/nginx" "$3/etc/nginx/mime.types"
"""


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine without nginx; returns the one folder on its PATH."""
    programs_of_it = tmp_path / "bin"
    programs_of_it.mkdir()
    monkeypatch.setenv("PATH", str(programs_of_it))
    monkeypatch.setattr(nginx, "UNPACKED", tmp_path / "nginx")
    monkeypatch.setattr(nginx, "ROOTS", (tmp_path / "nginx",))
    monkeypatch.setattr(programs, "LOGS", tmp_path / "logs")
    return programs_of_it


def test_debians_packages_are_unpacked(bare):
    """Where apt-get is, both packages are fetched and unpacked, and nothing is installed."""
    for name, text in (("apt-get", DOWNLOAD), ("dpkg-deb", EXTRACT)):
        (bare / name).write_text(text)
        (bare / name).chmod(0o755)

    nginx.ensure()

    assert nginx.find() == nginx.UNPACKED


def test_elsewhere_nothing_is_done(bare):  # noqa: ARG001 - it takes the programs away
    """Where it is not, there is none, and nobody is stopped."""
    nginx.ensure()

    assert nginx.find() is None
    assert not nginx.UNPACKED.exists()
