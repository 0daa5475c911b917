/**
 * Fetches a model's files: each is read into its place, checked, and stored once it is good.
 *
 * A stored file is checked again when it is read; a bad one is dropped and fetched anew. A file
 * that another tab is fetching is waited for. A connection that breaks is taken up where it broke,
 * if the server can send ranges, else the file is fetched anew.
 */

import { isAborted, KeyedError } from "./errors.js";
import { inLanes } from "./lanes.js";
import { notServed } from "./served.js";
import { hex, sha256 } from "./sha256.js";
import { MODEL_STORE } from "./stores.js";
import { looksLikeHtml } from "./whole.js";

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{kind: string, path: string, size_bytes: number, sha256: string}} ModelFile
 * @typedef {{config: Record<string, number>, assets: ModelFile[], weight_file: string,
 *   id: string, weight_bytes: number, hooks: string[], tensors: import("./product.js").Entry[]}} Manifest what scripts read of it
 * @typedef {{signal: AbortSignal, onBytes: (bytes: number) => void}} Watch
 */

const LANES = 3;
// A file whose connection breaks again and again: so many tries, each after a longer pause.
const MOST_TRIES = 12;
const PAUSE_MS = 100;

/**
 * A model's files of some kinds, in the order of its list (core/assets.py).
 * @param {Manifest} manifest
 * @param {...string} kinds
 * @returns {ModelFile[]}
 */
export const filesOf = ({ assets }, ...kinds) => assets.filter(({ kind }) => kinds.includes(kind));

/** @type {Set<string>} addresses that gave a bad file: asked again past the browser's own cache */
const suspects = new Set();

/** @returns {Promise<Cache | null>} null where the browser has no store (plain http) */
export async function openStore() {
  try {
    return await caches.open(MODEL_STORE);
  } catch {
    return null;
  }
}

/** @param {Bytes} bytes @returns {Promise<string>} */
async function hexHash(bytes) {
  const hash = globalThis.crypto?.subtle
    ? new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
    : sha256(bytes);
  return hex(hash);
}

/**
 * Read a response into `target` from `start` on; a body that is too long is not read to its end.
 * @param {Response} response
 * @param {Bytes} target
 * @param {number} start
 * @param {(bytes: number) => void} onBytes
 * @returns {Promise<{got: number, isCut: boolean}>} bytes there are now, with those before `start`
 */
async function readInto(response, target, start, onBytes) {
  let got = start;
  if (!response.body) return { got, isCut: false };
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { got, isCut: false };
      target.set(value.subarray(0, Math.max(0, target.length - got)), Math.min(got, target.length));
      got += value.length;
      onBytes(value.length);
      if (got > target.length) {
        await reader.cancel();
        return { got, isCut: false };
      }
    }
  } catch (error) {
    if (isAborted(error)) throw error;
    return { got, isCut: true };
  }
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>} rejects with an AbortError
 */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const timer = setTimeout(resolve, ms);
    const stop = () => (clearTimeout(timer), reject(signal.reason));
    signal.addEventListener("abort", stop, { once: true });
  });
}

/**
 * Ask for a file, or for what is missing of it.
 * @param {string} url
 * @param {string} path
 * @param {number} start
 * @param {RequestInit} options
 * @returns {Promise<{response: Response, start: number}>} where the answer begins: at 0 when the
 *   server sends no ranges; rejects with a KeyedError
 */
async function ask(url, path, start, options) {
  let response;
  try {
    const range = start ? { headers: { Range: `bytes=${start}-` } } : {};
    response = await fetch(url, { ...options, ...range });
  } catch (error) {
    if (isAborted(error)) throw error;
    throw new KeyedError("engine.network", { path });
  }
  if (start && response.status === 416) return ask(url, path, 0, options);
  if (!response.ok) throw notServed("engine", path, response.status);
  if (!start || response.status !== 206) return { response, start: 0 };
  const range = response.headers.get("Content-Range") ?? "";
  if (range.startsWith(`bytes ${start}-`)) return { response, start };
  await response.body?.cancel();
  return ask(url, path, 0, options);
}

/**
 * Fetch one file from the network into `target`, or say what is wrong with it.
 * @param {string} url
 * @param {ModelFile} file
 * @param {Bytes} target
 * @param {Watch & {isStored: boolean}} options
 */
async function fromNetwork(url, file, target, { signal, onBytes, isStored }) {
  const { path, size_bytes: expected } = file;
  // A file that we store ourselves would only fill the browser's own cache a second time.
  const cache = isStored ? "no-store" : suspects.has(url) ? "reload" : "default";
  let [got, isCut, isResumed] = [0, true, false];
  for (let tries = 1; isCut; tries++) {
    try {
      const answer = await ask(url, path, got, { signal, cache });
      isResumed = answer.start > 0;
      onBytes(answer.start - got); // what must be fetched anew is not there yet
      ({ got, isCut } = await readInto(answer.response, target, answer.start, onBytes));
    } catch (error) {
      const isNetwork = error instanceof KeyedError && error.key === "engine.network";
      if (!isNetwork || tries === 1 || tries >= MOST_TRIES) throw error;
    }
    if (!isCut && isResumed && (await hexHash(target)) !== file.sha256) {
      // Pieces of two versions, or a server that cannot cut where it says: once more, whole.
      onBytes(-got);
      [got, isCut] = [0, true];
    }
    if (isCut && tries >= MOST_TRIES) break;
    if (isCut) await pause(PAUSE_MS * tries, signal);
  }
  if (got === expected && !isCut && (await hexHash(target)) === file.sha256) return;
  suspects.add(url);
  if (looksLikeHtml(target.subarray(0, got)))
    throw new KeyedError("engine.not_a_model_file", { path });
  if (got < expected) throw new KeyedError("engine.truncated", { path, expected, got });
  throw new KeyedError("engine.altered", { path });
}

/**
 * Do something about a file while no other tab does.
 * @template T
 * @param {string} url
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function alone(url, signal, work) {
  let isAlone = false;
  const begin = () => ((isAlone = true), work());
  try {
    if (navigator.locks)
      return await navigator.locks.request(`seethrough-file:${url}`, { signal }, begin);
  } catch (error) {
    const isForbidden = error instanceof Error && error.name === "SecurityError"; // with storage
    if (isAlone || !isForbidden) throw error;
  }
  return work();
}

/**
 * Put one file into `target`: from the store when it is there and good, else from the network.
 * @param {string} baseUrl
 * @param {ModelFile} file
 * @param {Bytes} target exactly as long as the file
 * @param {Watch} options
 */
async function fetchFile(baseUrl, file, target, { signal, onBytes }) {
  const url = new URL(file.path, baseUrl).href;
  const store = await openStore();
  const stored = await store?.match(url);
  let counted = 0;
  /** @param {number} bytes */
  const count = (bytes) => {
    counted += bytes;
    onBytes(bytes);
  };
  if (stored) {
    const { got } = await readInto(stored, target, 0, count);
    if (got === file.size_bytes && (await hexHash(target)) === file.sha256) return;
    await store?.delete(url);
    onBytes(-counted);
    counted = 0;
  }
  try {
    await fromNetwork(url, file, target, { signal, onBytes: count, isStored: Boolean(store) });
  } catch (error) {
    onBytes(-counted);
    throw error;
  }
  // A full disk must not stop a page that has its file in hand; it will fetch again next time.
  await store?.put(url, new Response(target)).catch(() => {});
}

/**
 * Fetch several files. When one fails, those under way end and are kept: a retry has less to do.
 * @param {string} baseUrl
 * @param {[ModelFile, Bytes][]} jobs
 * @param {Watch} options
 */
export async function fetchFiles(baseUrl, jobs, options) {
  await inLanes(jobs, LANES, ([file, target]) => {
    const url = new URL(file.path, baseUrl).href;
    return alone(url, options.signal, () => fetchFile(baseUrl, file, target, options));
  });
}

/**
 * Where a model's files are kept.
 * @param {string} baseUrl
 * @param {ModelFile[]} files
 * @returns {Promise<"stored" | "full" | "none">} "none": this browser has no store (plain http);
 *   "full": it has, but could not keep them all
 */
export async function whereKept(baseUrl, files) {
  const store = await openStore();
  if (!store) return "none";
  for (const { path } of files) {
    if (!(await store.match(new URL(path, baseUrl).href))) return "full";
  }
  return "stored";
}

/**
 * A range of a stored file, without reading all of it into this thread.
 * @param {string} baseUrl
 * @param {ModelFile} file
 * @param {number} start
 * @param {number} end
 * @returns {Promise<Uint8Array | null>} null when it is not stored (any more)
 */
export async function readStored(baseUrl, file, start, end) {
  const store = await openStore();
  const stored = await store?.match(new URL(file.path, baseUrl).href);
  if (!stored) return null;
  const blob = await stored.blob();
  if (blob.size !== file.size_bytes) return null;
  return new Uint8Array(await blob.slice(start, end).arrayBuffer());
}
