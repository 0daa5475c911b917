/**
 * Compiles the Python in archives with the page's own Python, so that the page need not:
 *
 *     node export/bytecode.mjs PYODIDE_FOLDER ARCHIVE... --out FOLDER [--keep-source]
 *
 * Each archive is written into the folder under its own name. Without --keep-source the bytecode
 * stands in the sources' place. What the page never imports (headers, stubs, test modules) is left
 * out. The same input gives the same bytes.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const COMPILE = `
import importlib._bootstrap_external as external
import importlib.util
import io
import re
import sys
import zipfile

TESTS = "simd|operand_flag_tests|rational_tests|struct_ufunc_tests|umath_tests"
LEFT_OUT = re.compile(rf"\\.(a|c|h|pxd|pyi)$|/f2py/|/_({TESTS})\\.")


def bytecode(source, name):
    """A .pyc that is never held against its source: the archive is checked as a whole."""
    try:
        code = compile(source, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise ValueError(f"{name} is not Python: {error}") from None
    return bytes(external._code_to_hash_pyc(code, importlib.util.source_hash(source), False))


def compiled(data, keeps_source):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist()):
            if LEFT_OUT.search(name) or name.endswith("/"):
                continue
            content = old.read(name)
            folder, _, file = name.rpartition("/")
            kept = {name: content}
            if name.endswith(".py"):
                cached = f"__pycache__/{file[:-3]}.{sys.implementation.cache_tag}.pyc"
                place = f"{folder}/{cached}".lstrip("/") if keeps_source else f"{name}c"
                kept = {place: bytecode(content, name), **(kept if keeps_source else {})}
            for place, content in kept.items():
                entry = zipfile.ZipInfo(place, (1980, 1, 1, 0, 0, 0))
                new.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


compiled
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: "string" }, "keep-source": { type: "boolean", default: false } },
});
const [pyodide, ...archives] = positionals;
const { loadPyodide } = await import(pathToFileURL(resolve(pyodide, "pyodide.mjs")).href);
// The order of a frozen set is that of its hashes.
const python = await loadPyodide({ env: { PYTHONHASHSEED: "0" } });
const compile = python.runPython(COMPILE);
mkdirSync(values.out, { recursive: true });
for (const archive of archives) {
  console.log(`Compiling ${basename(archive)}`);
  const data = python.toPy(new Uint8Array(readFileSync(archive))).tobytes();
  let made;
  try {
    made = compile(data, values["keep-source"]).toJs();
  } catch (error) {
    // A traceback through Pyodide's own files helps nobody: its last line says what is wrong.
    console.error(`${basename(archive)}: ${error.message.trim().split("\n").pop()}`);
    process.exit(1);
  }
  writeFileSync(join(values.out, basename(archive)), made);
}
