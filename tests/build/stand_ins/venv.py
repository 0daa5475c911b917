"""Stands in for the standard library's venv: `python -m venv FOLDER` with a stand-in Python."""

import os
import shutil
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    calls = Path(os.environ["STAND_IN_CALLS"])
    with calls.open("a", encoding="utf-8") as stream:
        stream.write("venv\n")
    if os.environ.get("STAND_IN_SLEEPS") == "venv":
        calls.with_name("asleep").write_text(str(os.getpid()))
        time.sleep(60)
    if os.environ.get("STAND_IN_FAILS") == "venv":
        sys.exit(os.environ["STAND_IN_SAYS"])
    target = Path(sys.argv[1], "bin", "python")
    target.parent.mkdir(parents=True)
    shutil.copy(os.environ["STAND_IN_PYTHON"], target)
