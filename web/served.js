/** A file that the server says it does not have: not copied, or of an ending that it refuses. */

import { KeyedError } from "./errors.js";

// Endings that every server has a type for; some answer 404 for all files of another (IIS does).
const COMMON = ["css", "html", "js", "svg", "txt"];
/** Whose sentences: the site's, or the model's. */
const SENTENCES = {
  boot: { missing: "boot.missing", ending: "boot.not_served" },
  engine: { missing: "engine.missing", ending: "engine.not_served" },
};
/** @type {Record<string, string>} */
const TYPE_OF = { json: "application/json", wasm: "application/wasm", woff2: "font/woff2" };

/**
 * @param {"boot" | "engine"} area
 * @param {string} path
 * @param {number} status what the server answered
 * @returns {KeyedError}
 */
export function notServed(area, path, status) {
  const ending = path.slice(path.lastIndexOf(".") + 1);
  if (status >= 500 || COMMON.includes(ending)) {
    return new KeyedError(SENTENCES[area].missing, { path, status });
  }
  const type = TYPE_OF[ending] ?? "application/octet-stream";
  return new KeyedError(SENTENCES[area].ending, { path, status, ending, type });
}
