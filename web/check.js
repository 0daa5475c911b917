/**
 * Checks the site's files where no service worker does it: sw.js itself before it is registered,
 * and on plain http every file that the page is about to run.
 */

import { inLanes } from "./lanes.js";
import { listIn } from "./listed.js";
import { hex, sha256 } from "./sha256.js";
import { bytesOf, diagnose, faultOf, isWhole } from "./whole.js";

/** @typedef {import("./listed.js").Listed} Listed */

// The build writes it: the bytes that follow, and their SHA-256.
const FIRST_LINE = /^\/\/ (\d+) bytes, SHA-256 ([0-9a-f]{64})\n/;
const RUNS = /\.(css|html|js|json|py|wasm|whl|zip)$/;
const LANES = 4;

/**
 * The lists of the site's files out of sw.js, which is checked against its own first line.
 * @returns {Promise<Listed>} rejects with a KeyedError about sw.js
 */
export async function siteFiles() {
  const path = "sw.js";
  const bytes = await bytesOf(path);
  const text = new TextDecoder().decode(bytes);
  const [line, size, hash] = FIRST_LINE.exec(text) ?? [];
  if (!line) throw faultOf(path, bytes, 0);
  if (hex(sha256(bytes.subarray(line.length))) === hash) return listIn(text);
  throw faultOf(path, bytes, Number(size) + line.length);
}

/**
 * Fetch a file as the page will, by way of the browser's own cache, and hold it to its hash.
 * @param {string} path
 * @param {[number, string]} entry
 * @returns {Promise<boolean>} whether the browser's cache held another version, now replaced;
 *   rejects with a KeyedError
 */
async function verify(path, [expected, hash]) {
  if (await isWhole(path, hash, "default")) return false;
  if (await isWhole(path, hash, "reload")) return true;
  throw await diagnose(path, expected);
}

/**
 * Check every file that the page runs at its start; what comes later is checked as it comes.
 * @param {(done: number, total: number) => void} onBytes
 * @returns {Promise<string[]>} files that were of another version and are right now; rejects with a
 *   KeyedError about the first bad file
 */
export async function verifyAll(onBytes) {
  const { files: all, later } = await siteFiles();
  const first = Object.entries(all).filter(([path]) => !later.includes(path));
  const files = first.filter(([path]) => RUNS.test(path));
  const total = files.reduce((sum, [, [bytes]]) => sum + bytes, 0);
  /** @type {string[]} */
  const stale = [];
  let done = 0;
  await inLanes(files, LANES, async ([path, entry]) => {
    if (await verify(path, entry)) stale.push(path);
    onBytes((done += entry[0]), total);
  });
  return stale;
}
