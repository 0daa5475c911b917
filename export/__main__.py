"""Command line: `python -m export model.gguf --id smollm2 --title "SmolLM2" --out folder`."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from export.command import exit_code, peak_memory
from export.package import write_package
from export.quantize import quantized
from export.sources import read_checkpoint


def main(arguments: list[str] | None = None) -> int:
    """Export one checkpoint; 0, or 1 with a sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m export", description=__doc__)
    parser.add_argument("source", type=Path, help="a .gguf file, or a folder in hub layout")
    parser.add_argument("--id", required=True, help="name of the model in the page's address")
    parser.add_argument("--title", required=True, help="name of the model for readers")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--origin", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args(arguments)
    origin = dict(item.split("=", 1) for item in options.origin)
    return exit_code(
        "export",
        lambda: export(options.source, options.out, options.id, options.title, origin),
    )


def export(source: Path, out: Path, model_id: str, title: str, origin: dict[str, str]) -> None:
    """Read, build and write into a folder beside `out`, then put it in place as a whole."""
    started = time.perf_counter()
    print(f"Reading {source.name}")
    checkpoint = quantized(read_checkpoint(source, origin))
    config = checkpoint.config
    print(f"Writing {title}: {config.n_layers} layers of {config.d_model}, {config.family} family")
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    manifest = write_package(checkpoint, partial, model_id=model_id, title=title)
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)
    megabytes = manifest.download_bytes / 1e6
    seconds = time.perf_counter() - started
    print(
        f"{len(manifest.hooks)} hooks, {len(manifest.shards)} shards, {megabytes:.1f} MB to "
        f"download, made in {seconds:.1f} s{peak_memory()}"
    )


if __name__ == "__main__":
    sys.exit(main())
