"""Assemble the static site: `python -m export.site --out dist --models DIR ... --node DIR ...`.

Everything the page needs lies in one folder that any static server can serve from any path. The
same input gives the same bytes: the service worker's version is a hash over the files.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export import prerender
from export.asset_lists import ListError, whole_manifest
from export.packages import (
    SiteError,
    Sources,
    copy,
    copy_packages,
    copy_pyodide,
    numpy_wheel,
    sha256,
    write_text,
)
from export.parcel import pack
from export.scripts import standalone, without_comments
from export.sentences import templates, write_languages
from export.stages.models import ANOTHER, KNOWN, command_for
from export.style import whole_style
from export.train.place import write_learning
from seethrough.core.assets import LATER, LICENCE, OF_ENGINE, RECORDING
from seethrough.core.manifest import to_json
from seethrough.core.messages import FALLBACK, LANGUAGES, catalogue
from seethrough.core.modes import modes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seethrough.core.manifest import Manifest

ROOT = Path(__file__).resolve().parent.parent

# Pyodide's Emscripten glue does not start without 'unsafe-eval'; blob: is for its threads' workers.
CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval' blob:; "
    "worker-src 'self' blob:; connect-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data: blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'"
)

WEB_SUFFIXES = {".js", ".css", ".py", ".json", ".svg"}
NPM_FILES = {"package.json", "package-lock.json"}
NO_NODE = "There is no node here, which compiles Python. Install Node.js, then run this again."
# What Python asks for at its start: most of a first visit's bytes. Scripts are not among it: of
# those that are stored while a service worker is installed Chromium compiles all at once.
OF_PYTHON = ("pyodide/", "pyscript/", "models/", "seethrough.zip")
TERMS = {"terms", "notice"}
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def zip_package(package: Path, target: Path) -> None:
    """Our package as one archive, the same bytes for the same files."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(package.rglob("*")):
            if not file.is_file() or "__pycache__" in file.parts:
                continue
            info = zipfile.ZipInfo(file.relative_to(package.parent).as_posix(), ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, file.read_bytes())


def add_package(sources: Sources, out: Path) -> None:
    """Our package, with its bytecode beside its sources and the methods of its dataclasses.

    Raises:
        SiteError: numpy is missing, or Node cannot compile it.
    """
    with tempfile.TemporaryDirectory() as work:
        archive = Path(work) / "seethrough.zip"
        zip_package(ROOT / "py" / "seethrough", archive)
        script, pyodide = ROOT / "export" / "bytecode.mjs", sources.node / "pyodide"
        node = shutil.which("node")
        if node is None:
            raise SiteError(NO_NODE)
        command = [
            node,
            *map(str, (script, pyodide, archive)),
            "--keep-source",
            "--methods",
            str(numpy_wheel(sources)),
            "--out",
            str(out),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or "no word").splitlines()[-1]
        msg = f"Python could not be compiled for the page ({said}). Run python3 build.py build."
        raise SiteError(msg)
    made = out / "seethrough.zip"
    made.write_bytes(pack(made.read_bytes()))


def fill_page(template: str, messages: dict[str, str], rendered: dict[str, str]) -> str:
    """The page with every {{key}} replaced by its sentence, escaped, or by a rendered part.

    Args:
        rendered: Markup by slot (prerender.fields).

    Raises:
        SiteError: The template names a key that the catalogue has not.
    """
    special = {"language": FALLBACK, "languages": " ".join(LANGUAGES)}
    special |= {"csp": html.escape(CSP, quote=True), "messages": templates()}
    special |= rendered

    def value(match: re.Match[str]) -> str:
        key = match.group(1)
        if key in special:
            return special[key]
        if key not in messages:
            msg = f"index.html asks for the message '{key}', which the catalogue has not."
            raise SiteError(msg)
        return html.escape(messages[key])

    return re.sub(r"\{\{([\w.-]+)\}\}", value, template)


def copy_web(out: Path) -> None:
    """Our own files but the page and sw.js, which need to know all else."""
    for file in sorted((ROOT / "web").iterdir()):
        if file.suffix == ".js":
            write_text(out / file.name, without_comments(file.read_text(encoding="utf-8")))
        elif file.suffix in WEB_SUFFIXES and file.name not in NPM_FILES:
            copy(file, out / file.name)
    write_text(out / "style.css", whole_style())
    write_text(out / "guard.js", guard())
    for name in ("LICENSE", "NOTICE"):
        if (ROOT / name).is_file():
            copy(ROOT / name, out / f"{name}.txt")


def guard() -> str:
    """guard.js as a classic script: one runs where modules do not, from a file for one."""
    plain = without_comments(standalone(ROOT / "web" / "guard.js"))
    return f'"use strict";\n(() => {{\n{plain}}})();\n'


def copy_models(
    models: tuple[Path, ...], out: Path, command: str = "", learning: Sequence[str] = ()
) -> list[str]:
    """Copy each model's assets and write models.json; the first model is the default.

    The list tells of the engine's files too, and of what no start needs.

    Args:
        command: See `Sources`.
        learning: The paths of what training needs.

    Returns: The paths of the files that the engine stores itself once a model is loaded; the
        manifests and tokenisers are the site's own.

    Raises:
        SiteError: A folder has no manifest, or a listed file is missing or altered.
    """
    listed: list[str] = []
    cards: list[dict[str, Any]] = []
    manifests: list[Manifest] = []
    for folder in models:
        try:
            manifest = whole_manifest(folder)
        except ListError as error:
            raise SiteError(str(error)) from error
        check_terms(manifest)
        manifests.append(manifest)
        path = f"models/{manifest.id}/"
        for asset in manifest.assets:
            copy(folder / asset.path, out / path / asset.path)
        write_text(out / path / "manifest.json", to_json(manifest))
        listed += [path + asset.path for asset in manifest.of_kind(*OF_ENGINE)]
        cards.append(
            {
                "id": manifest.id,
                "path": path,
                "default": not cards,
                "modes": list(modes_of(manifest)),
            }
        )
    absent = absent_models([card["id"] for card in cards], command)
    runtime = [f"ort/{file.name}" for file in sorted((out / "ort").glob("*"))]
    listing = {
        "models": cards,
        "absent": absent,
        "engine": entries(out, runtime),
        "learning": entries(out, learning),
        "later": not_for_a_start(manifests),
    }
    text = json.dumps(listing, indent=1) + "\n"
    write_text(out / "models.json", text)
    return listed


def check_terms(manifest: Manifest) -> None:
    """Refuse a model without the texts that its licence asks to go with it.

    Raises:
        SiteError: They are not beside it.
    """
    known = {model.id: model.release.terms for model in KNOWN.values() if model.release}
    terms = known.get(manifest.id)
    if terms and {item.told.get("name") for item in manifest.of_kind(LICENCE)} != TERMS:
        msg = f"The {terms.title} ask that their text and a notice go with {manifest.title}, and"
        msg += " they are not beside it. Run python3 build.py build, which fetches them."
        raise SiteError(msg)


def absent_models(ids: Sequence[str], command: str = "") -> list[dict[str, Any]]:
    """What models.json tells of the known models that a build lacks.

    Each with the command that builds a site with it behind those that this one has; where nobody
    told how they are called, behind the known ones.
    """
    names = {model.id: model.name for model in KNOWN.values()}
    present = [names[model_id] for model_id in ids if model_id in names]
    command = command or command_for([*present, ANOTHER])
    return [
        {
            "id": model.id,
            "title": model.title,
            "n_params": model.n_params,
            "n_layers": model.n_layers,
            "licence": model.licence,
            "origin": model.origin,
            "command": model.name.join(command.rsplit(ANOTHER, 1)),
            "download_bytes": model.download_bytes,
        }
        for model in KNOWN.values()
        if model.is_offered and model.id not in ids
    ]


def page(site: Path) -> str:
    """index.html with the first slides in it.

    It is in ASCII: a host may name another character set than the page does, and is believed.

    Args:
        site: The folder of the site, its models and recordings in place.
    """
    template = (ROOT / "web" / "index.html").read_text(encoding="utf-8")
    text = fill_page(template, catalogue(FALLBACK), prerender.fields(site))
    return text.encode("ascii", "xmlcharrefreplace").decode()


def write_page(out: Path) -> None:
    """Put that page into a site."""
    write_text(out / "index.html", page(out))


def write_service_worker(out: Path, models: list[str]) -> None:
    """sw.js with the list of files to store, their bytes and hashes, and a version over it all."""
    skipped = {*models, "sw.js"}
    every = sorted(out.rglob("*"))
    paths = [file.relative_to(out).as_posix() for file in every if file.is_file()]
    files = entries(out, [path for path in paths if path not in skipped])
    listing = json.loads((out / "models.json").read_text(encoding="utf-8"))
    unasked = (*listing["engine"], *listing["learning"], *listing["later"])
    later = {path for path in unasked if path in files}
    python = [path for path in files if is_of_python(path) and path not in later]
    # By its place: a first visit fetches the list twice.
    places = [at for at, path in enumerate(files) if path in later]
    site = {"csp": CSP, "files": files, "python": python, "later": places, "models": models}
    (out / "sw.js").write_bytes(service_worker(site))


def is_of_python(path: str) -> bool:
    """Whether a file of the site can come while Python starts."""
    return path.startswith(OF_PYTHON) and not path.endswith(".js")


def entries(out: Path, paths: Sequence[str]) -> dict[str, list[Any]]:
    """Bytes and SHA-256 (base64) of some files of a site, by path."""
    return {
        path: [(out / path).stat().st_size, base64.b64encode(sha256(out / path)).decode()]
        for path in paths
    }


def not_for_a_start(manifests: Iterable[Manifest]) -> list[str]:
    """What else no start needs: tokenisers, maps, reports, recorded walks but home's."""
    files = [
        (asset.kind, f"models/{manifest.id}/{asset.path}")
        for manifest in manifests
        for asset in manifest.of_kind(*LATER)
    ]
    shown = next((path for kind, path in files if kind == RECORDING), "")
    return [path for _, path in files if path != shown]


def service_worker(site: dict[str, Any], more: str = "") -> bytes:
    """sw.js for a site.

    Args:
        site: Its policy, its files to store and its models' files.
        more: JavaScript to add.

    Raises:
        SiteError: web/sw.js has no place for them.
    """
    version = hashlib.sha256(json.dumps(site, sort_keys=True).encode()).hexdigest()[:12]
    text = json.dumps({"version": version, **site}, separators=(",", ":"))
    source = without_comments(standalone(ROOT / "web" / "sw.js"))
    if "{/*site*/}" not in source:
        raise SiteError("web/sw.js has lost its {/*site*/} slot.")
    filled = (source.replace("{/*site*/}", text) + more).encode()
    # sw.js lists every other file; this line lets the page check sw.js itself (web/check.js).
    line = f"// {len(filled)} bytes, SHA-256 {hashlib.sha256(filled).hexdigest()}\n"
    return line.encode() + filled


def assemble(sources: Sources, out: Path) -> None:
    """Write the whole site into an empty folder.

    Raises:
        SiteError: A part is missing or altered.
    """
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    copy_pyodide(sources, out)
    copy_packages(sources, out)
    copy_web(out)
    write_languages(out / "languages")
    add_package(sources, out)
    learning = write_learning(sources.node, out)
    listed = copy_models(sources.models, out, sources.command, learning)
    write_page(out)
    write_service_worker(out, listed)


def report(out: Path) -> str:
    """The sizes by folder, in MB."""
    sizes: dict[str, int] = {}
    for file in out.rglob("*"):
        if file.is_file():
            parts = file.relative_to(out).parts
            folder = "/".join(parts[:2] if parts[0] == "models" else parts[:1])
            folder = folder if len(parts) > 1 else "(page)"
            sizes[folder] = sizes.get(folder, 0) + file.stat().st_size
    lines = [f"{size / 1e6:8.2f} MB  {name}" for name, size in sorted(sizes.items())]
    site = sum(size for name, size in sizes.items() if not name.startswith("models"))
    return "\n".join([*lines, f"{site / 1e6:8.2f} MB  everything but the models"])


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m export.site", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", type=Path, nargs="+", required=True)
    parser.add_argument("--node", type=Path, required=True, help="npm's node_modules")
    parser.add_argument("--bytecode", type=Path, required=True, help="what bytecode.mjs compiled")
    parser.add_argument(
        "--command", default="", help="what one types for these models and one more"
    )
    options = parser.parse_args(arguments)
    try:
        told = (options.node, options.bytecode, tuple(options.models), options.command)
        sources = Sources(*told)
        assemble(sources, options.out)
    except SiteError as error:
        parser.exit(1, f"{error}\n")
    print(report(options.out))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
