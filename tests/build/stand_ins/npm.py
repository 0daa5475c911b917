"""Stands in for npm: installs a pyodide whose lock pins the stand-in wheels."""

import hashlib
import json
import os
import sys
import time
from pathlib import Path

OFFICIAL = hashlib.sha256(b"official").hexdigest()


def main() -> None:
    """Do what `npm ci` does, as far as the later stages look."""
    with Path(os.environ["STAND_IN_CALLS"]).open("a", encoding="utf-8") as calls:
        calls.write("npm\n")
    if os.environ.get("STAND_IN_SLEEPS") == "npm":
        Path(os.environ["STAND_IN_CALLS"]).with_name("asleep").write_text(str(os.getpid()))
        time.sleep(60)
    names = ("numpy", "micropip", "packaging")
    entries = {name: {"file_name": f"{name}.whl", "sha256": OFFICIAL} for name in names}
    lock = {"info": {"version": "0.0.1"}, "packages": entries}
    folder = Path("node_modules", "pyodide")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyodide-lock.json").write_text(json.dumps(lock))
    (folder / "package.json").write_text("{}")


if __name__ == "__main__":
    sys.exit(main())
