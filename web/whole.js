/** Whether a file of the site is whole, and what is wrong with one that is not. */

import { KeyedError } from "./errors.js";
import { notServed } from "./served.js";
import { SCOPE } from "./stores.js";

/** @param {Uint8Array} bytes @returns {boolean} whether a web page came */
export function looksLikeHtml(bytes) {
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart().toLowerCase();
  return start.startsWith("<!doctype") || start.startsWith("<html");
}

/**
 * A response's whole body.
 * @param {Response} response
 * @param {((bytes: number) => void) | undefined} onBytes hears how many are here
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function bodyOf(response, onBytes) {
  if (!onBytes || !response.body) return new Uint8Array(await response.arrayBuffer());
  const reader = response.body.getReader();
  const chunks = [];
  for (let got = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(chunks).arrayBuffer());
    chunks.push(value);
    onBytes((got += value.length));
  }
}

/**
 * What the server sends for a file.
 * @param {string} path
 * @param {(bytes: number) => void} [onBytes] hears how many are here
 * @returns {Promise<Uint8Array<ArrayBuffer>>} rejects with a KeyedError about its transport
 */
export async function bytesOf(path, onBytes) {
  let response;
  try {
    response = await fetch(SCOPE + path, { cache: "no-cache" });
  } catch {
    throw new KeyedError("boot.network", { path });
  }
  const { status } = response;
  if (status !== 200) throw notServed("boot", path, status);
  try {
    return await bodyOf(response, onBytes);
  } catch {
    throw new KeyedError("boot.cut", { path });
  }
}

/**
 * What is wrong with bytes that are not the listed ones.
 * @param {string} path
 * @param {Uint8Array} bytes
 * @param {number} expected how many there should be
 * @returns {KeyedError}
 */
export function faultOf(path, bytes, expected) {
  const got = bytes.length;
  if (looksLikeHtml(bytes) && !path.endsWith(".html")) {
    return new KeyedError("boot.not_this_file", { path });
  }
  if (got < expected) return new KeyedError("boot.truncated", { path, expected, got });
  return new KeyedError("boot.altered", { path });
}

/**
 * Hold a file to its hash; browsers do that on plain http too, where `crypto.subtle` is missing.
 * @param {string} path
 * @param {string} hash SHA-256, base64
 * @param {RequestCache} cache
 * @returns {Promise<boolean>}
 */
export async function isWhole(path, hash, cache) {
  try {
    await (await fetch(SCOPE + path, { cache, integrity: `sha256-${hash}` })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

// The types of the standard: browsers run modules of no other.
const SCRIPT_TYPE =
  /^\s*((text|application)\/(x-)?(java|ecma)script|text\/(jscript|livescript|javascript1\.[0-5]))\s*(;|$)/i;

/**
 * Whether the server sends a script with a type that browsers do not run.
 * @param {string} path
 * @returns {Promise<KeyedError | null>}
 */
export async function wrongType(path) {
  try {
    const { headers } = await fetch(SCOPE + path, { method: "HEAD", cache: "no-cache" });
    const type = headers.get("Content-Type") ?? "";
    return SCRIPT_TYPE.test(type) ? null : new KeyedError("boot.wrong_type", { path, type });
  } catch {
    return null;
  }
}

/**
 * What is wrong with a file that is not whole.
 * @param {string} path
 * @param {number} expected bytes
 * @returns {Promise<unknown>} a KeyedError
 */
export const diagnose = (path, expected) =>
  bytesOf(path).then(
    (bytes) => faultOf(path, bytes, expected),
    (error) => error,
  );
