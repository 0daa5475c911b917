"""The pinned packages."""

import json
import re
from pathlib import Path

import pytest

from export.stages.locks import packages

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "export" / "locks").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_pins_by_hash_and_names_no_address(lock):
    """Every requirement has one version and hashes; where it comes from is the user's choice."""
    text = lock.read_text(encoding="ascii")

    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash=)", text, re.MULTILINE)
    assert packages(text)
    for name, entry in packages(text).items():
        assert re.match(r"^[\w.-]+==[\w.+]+( ; .+)?$", name), name
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), name


def test_groups_agree():
    """The groups share one environment, so no package has two versions for one Python."""
    versions: dict[str, set[str]] = {}
    for lock in LOCKS:
        if lock.name == "torch-cpu.txt":
            continue
        for name in packages(lock.read_text(encoding="ascii")):
            package, _, rest = name.partition("==")
            versions.setdefault(package + rest.partition(" ;")[2], set()).add(rest.split(" ")[0])

    assert {package: found for package, found in versions.items() if len(found) > 1} == {}


def test_torch_is_pinned_with_and_without_cuda():
    """CUDA's gigabytes are in a lock of their own; the CPU build is the same version."""
    locks = {lock.stem: list(packages(lock.read_text(encoding="ascii"))) for lock in LOCKS}
    cuda = ("nvidia", "cuda", "triton")

    assert locks["torch-cpu"] == [f"{locks['torch'][0]}+cpu"]
    assert all(name.startswith(cuda) for name in locks.pop("torch-cuda"))
    assert not [name for names in locks.values() for name in names if name.startswith(cuda)]


def test_npm_lock_pins_by_hash_and_names_no_address():
    """Npm's lock has an integrity for every package, and the registry is the user's choice."""
    lock = json.loads((ROOT / "web/package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((ROOT / "web/package.json").read_text(encoding="utf-8"))

    for name, entry in lock["packages"].items():
        assert "resolved" not in entry, name
        assert not name or entry["integrity"].startswith("sha512-"), name
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
