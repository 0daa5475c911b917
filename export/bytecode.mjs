/**
 * Compiles the Python in archives with the page's own Python, so that the page need not:
 *
 *     node export/bytecode.mjs PYODIDE_FOLDER ARCHIVE... --out FOLDER [--keep-source]
 *         [--methods NUMPY_WHEEL]
 *
 * Each archive is written into the folder under its own name. Without --keep-source the bytecode
 * stands in the sources' place. What the page never imports (headers, stubs, test modules) is left
 * out. With --methods, for our own package, the methods of its dataclasses are compiled too. The
 * same input gives the same bytes.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string" },
    "keep-source": { type: "boolean", default: false },
    methods: { type: "string" },
  },
});
const [pyodide, ...archives] = positionals;
const { loadPyodide } = await import(pathToFileURL(resolve(pyodide, "pyodide.mjs")).href);
// The order of a frozen set is that of its hashes.
const python = await loadPyodide({ env: { PYTHONHASHSEED: "0" } });
python.runPython(readFileSync(new URL("./bytecode.py", import.meta.url), "utf8"));
const compile = python.globals.get("compiled");
const addMethods = python.globals.get("with_methods");
if (values.methods) python.unpackArchive(new Uint8Array(readFileSync(values.methods)), "wheel");
mkdirSync(values.out, { recursive: true });
for (const archive of archives) {
  console.log(`Compiling ${basename(archive)}`);
  const data = python.toPy(new Uint8Array(readFileSync(archive))).tobytes();
  let made;
  try {
    let archived = compile.callKwargs(data, { keeps_source: values["keep-source"] });
    if (values.methods) archived = addMethods(archived);
    made = archived.toJs();
  } catch (error) {
    // A traceback through Pyodide's own files helps nobody: its last line says what is wrong.
    console.error(`${basename(archive)}: ${error.message.trim().split("\n").pop()}`);
    process.exit(1);
  }
  writeFileSync(join(values.out, basename(archive)), made);
}
