/** A file that the server says it does not have: not copied, or of an ending that it refuses. */

import { KeyedError } from "./errors.js";

// Endings that every server has a type for; some answer 404 for all files of another (IIS does).
const COMMON = ["css", "html", "js", "svg", "txt"];
/** @type {Record<string, string>} */
const TYPES = { json: "application/json", wasm: "application/wasm", woff2: "font/woff2" };

/**
 * @param {"boot" | "engine"} area whose sentence: the site's, or the model's
 * @param {string} path
 * @param {number} status what the server answered
 * @returns {KeyedError}
 */
export function notServed(area, path, status) {
  const ending = path.slice(path.lastIndexOf(".") + 1);
  if (status >= 500 || COMMON.includes(ending)) {
    return new KeyedError(`${area}.missing`, { path, status });
  }
  const type = TYPES[ending] ?? "application/octet-stream";
  return new KeyedError(`${area}.not_served`, { path, status, ending, type });
}
