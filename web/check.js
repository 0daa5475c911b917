/**
 * Checks the site's files where no service worker does it: sw.js itself before it is registered,
 * and on plain http every file that the page is about to run.
 */

import { inLanes, KeyedError, looksLikeHtml } from "./download.js";
import { hex, sha256 } from "./sha256.js";

/** @typedef {Record<string, [number, string]>} Files bytes and SHA-256 (base64) by path */

// The build writes it: the bytes that follow, and their SHA-256.
const FIRST_LINE = /^\/\/ (\d+) bytes, SHA-256 ([0-9a-f]{64})\n/;
const LIST = /^const SITE = (\{\n[\s\S]*?\n\});$/m;
const RUNS = /\.(css|html|js|json|mjs|py|wasm|whl|zip)$/;
const LANES = 4;

/** @param {string} path @returns {URL} */
const here = (path) => new URL(path, import.meta.url);

/**
 * The whole of a file, or what is wrong with its transport.
 * @param {string} path
 * @returns {Promise<Uint8Array>}
 */
async function bytesOf(path) {
  let response;
  try {
    response = await fetch(here(path), { cache: "no-cache" });
  } catch {
    throw new KeyedError("boot.network", { path });
  }
  if (!response.ok) throw new KeyedError("boot.missing", { path, status: response.status });
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    throw new KeyedError("boot.cut", { path });
  }
}

/**
 * What stands on the server for one file, as an error of the catalogue.
 * @param {string} path
 * @param {number} expected bytes
 * @returns {Promise<KeyedError>}
 */
async function diagnose(path, expected) {
  try {
    const bytes = await bytesOf(path);
    if (looksLikeHtml(bytes) && !path.endsWith(".html"))
      return new KeyedError("boot.not_this_file", { path });
    const got = bytes.length;
    if (got < expected) return new KeyedError("boot.truncated", { path, expected, got });
    return new KeyedError("boot.altered", { path });
  } catch (error) {
    return error;
  }
}

/**
 * The list of the site's files out of sw.js, which is checked against its own first line.
 * @returns {Promise<Files>} rejects with a KeyedError about sw.js
 */
export async function siteFiles() {
  const path = "sw.js";
  const bytes = await bytesOf(path);
  const text = new TextDecoder().decode(bytes);
  const [line, size, hash] = text.match(FIRST_LINE) ?? [];
  const expected = Number(size) + (line?.length ?? 0);
  if (!line)
    throw new KeyedError(looksLikeHtml(bytes) ? "boot.not_this_file" : "boot.altered", { path });
  if (bytes.length < expected) {
    throw new KeyedError("boot.truncated", { path, expected, got: bytes.length });
  }
  if (hex(sha256(bytes.subarray(line.length))) !== hash)
    throw new KeyedError("boot.altered", { path });
  return JSON.parse(text.match(LIST)[1]).files;
}

/**
 * Fetch a file as the page will, by way of the browser's own cache, and hold it to its hash.
 * @param {string} path
 * @param {[number, string]} entry
 * @returns {Promise<boolean>} whether the browser's cache held another version, now replaced
 */
async function verify(path, [expected, hash]) {
  for (const cache of ["default", "reload"]) {
    try {
      await (await fetch(here(path), { cache, integrity: `sha256-${hash}` })).arrayBuffer();
      return cache === "reload";
    } catch {
      // once more, past the browser's cache
    }
  }
  throw await diagnose(path, expected);
}

/**
 * Check every file that the page runs.
 * @param {(done: number, total: number) => void} onBytes
 * @returns {Promise<string[]>} files that were of another version and are right now; rejects with a
 *   KeyedError about the first bad file
 */
export async function verifyAll(onBytes) {
  const files = Object.entries(await siteFiles()).filter(([path]) => RUNS.test(path));
  const total = files.reduce((sum, [, [bytes]]) => sum + bytes, 0);
  const stale = [];
  let done = 0;
  await inLanes(files, LANES, async ([path, entry]) => {
    if (await verify(path, entry)) stale.push(path);
    onBytes((done += entry[0]), total);
  });
  return stale;
}
