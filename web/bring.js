/**
 * Brings what the page does not fetch at its start: the engine's files, a model, the recorded
 * walks. The service worker stores each of the site's own files as it answers it (sw.js), model
 * files are stored here after their check (download.js).
 */

import { fetchFiles, filesOf, openStore } from "./download.js";
import { isAborted, KeyedError } from "./errors.js";
import { listing, manifestOf } from "./listing.js";
import { container, isFilled } from "./site.js";
import { APP_STORE, MODEL_STORE, SCOPE } from "./stores.js";
import { diagnose } from "./whole.js";

/**
 * @typedef {import("./listing.js").Card} Card
 * @typedef {{path: string, bytes: number, hash?: string}} Wanted a file of the site; its SHA-256 in
 *   base64 where this script knows it
 * @typedef {{engine: number, walks: number, maps: number, models: Record<string, number>}} Lacking
 *   bytes that are not stored here: of the engine, of all recorded walks, of the vocabularies' maps
 *   and of what training needs, of what each model needs to run
 * @typedef {{signal: AbortSignal, onBytes: (bytes: number) => void}} Watch
 */

/** @type {Map<string, KeyedError>} what the service worker found wrong with a file */
const faults = new Map();
/** @type {Map<string, (done: number) => void>} who hears how far a file is */
const readers = new Map();

/** @param {MessageEvent} event what the service worker tells of a file (sw.js) */
function hear({ data }) {
  if (data?.type === "fault") faults.set(data.fields.path, new KeyedError(data.key, data.fields));
  if (data?.type === "reading") readers.get(data.path)?.(data.done);
}

container()?.addEventListener("message", hear);

/** @param {string} name @returns {Promise<Set<string>>} the paths that one cache holds */
async function pathsIn(name) {
  const cache = await caches.open(name);
  const urls = (await cache.keys()).map(({ url }) => new URL(url));
  return new Set(urls.map(({ origin, pathname }) => (origin + pathname).slice(SCOPE.length)));
}

/** @param {Wanted[]} files @param {Set<string>} stored @returns {Wanted[]} */
const without = (files, stored) => files.filter(({ path }) => !stored.has(encodeURI(path)));

/** @param {Wanted[]} files @returns {number} */
const bytesOfAll = (files) => files.reduce((sum, { bytes }) => sum + bytes, 0);

/** @returns {Promise<Wanted[]>} */
async function engineFiles() {
  const { engine } = await listing();
  return Object.entries(engine).map(([path, [bytes, hash]]) => ({ path, bytes, hash }));
}

/**
 * A model's files of some kinds.
 * @param {Card} card
 * @param {...string} kinds
 * @returns {Promise<Wanted[]>}
 */
async function ofModel(card, ...kinds) {
  const files = filesOf(await manifestOf(card), ...kinds);
  return files.map(({ path, size_bytes: bytes }) => ({ path: card.path + path, bytes }));
}

/** Files of some kinds, of all models. @param {...string} kinds @returns {Promise<Wanted[]>} */
async function ofAllModels(...kinds) {
  const { models } = await listing();
  return (await Promise.all(models.map((card) => ofModel(card, ...kinds)))).flat();
}

const walkFiles = () => ofAllModels("recording", "part", "sample", "document");

/** @returns {Promise<Wanted[]>} what rooms of their own need: the maps, and all that trains */
async function roomFiles() {
  const { learning } = await listing();
  const files = Object.entries(learning ?? {});
  const ours = files.map(([path, [bytes, hash]]) => ({ path, bytes, hash }));
  return [...(await ofAllModels("atlas")), ...ours];
}

/**
 * What is not stored here yet.
 * @returns {Promise<Lacking | null>} null where nothing works offline: no service worker answers
 *   for this page, or not all that a start needs is stored
 */
export async function lacking() {
  if (!container()?.controller || !isFilled()) return null;
  try {
    const [site, models] = [await pathsIn(APP_STORE), await pathsIn(MODEL_STORE)];
    const { models: cards } = await listing();
    /** @type {Record<string, number>} */
    const ofModels = {};
    for (const card of cards) {
      const missing = [
        ...without(await ofModel(card, "tokenizer"), site),
        ...without(await ofModel(card, "graph", "weights"), models),
      ];
      ofModels[card.id] = bytesOfAll(missing);
    }
    return {
      engine: bytesOfAll(without(await engineFiles(), site)),
      walks: bytesOfAll(without(await walkFiles(), site)),
      maps: bytesOfAll(without(await roomFiles(), site)),
      models: ofModels,
    };
  } catch {
    return null;
  }
}

/**
 * Have one of the site's own files: from the store, or fetched, checked and stored.
 * @param {Wanted} file
 * @param {Watch} watch
 */
async function bring({ path, bytes, hash }, { signal, onBytes }) {
  let counted = 0;
  /** @param {number} done */
  const count = (done) => {
    onBytes(done - counted);
    counted = done;
  };
  faults.delete(path);
  readers.set(path, count);
  try {
    const integrity = hash && !container()?.controller ? { integrity: `sha256-${hash}` } : {};
    const response = await fetch(SCOPE + path, { signal, ...integrity });
    if (!response.ok) throw new Error(`${response.status}`);
    await response.arrayBuffer();
  } catch (error) {
    count(0);
    if (isAborted(error)) throw error;
    throw faults.get(path) ?? (await diagnose(path, bytes));
  } finally {
    readers.delete(path);
  }
  count(bytes);
}

/** @returns {Promise<Set<string>>} what the service worker has stored; nothing without one */
async function storedSite() {
  if (!container()?.controller) return new Set();
  return pathsIn(APP_STORE).catch(() => new Set());
}

/** @returns {Promise<Wanted[]>} the engine's files that are not here */
const engineLeft = async () => without(await engineFiles(), await storedSite());

/** @returns {Promise<number>} what they come to */
export const engineBytes = async () => bytesOfAll(await engineLeft());

/**
 * Have the engine's files before its worker starts, so that their way here is told and checked.
 * @param {Watch} watch
 */
export async function bringEngine(watch) {
  for (const file of await engineLeft()) await bring(file, watch);
}

/** Have all recorded walks, one after the other: the page is in use meanwhile. */
export async function bringWalks() {
  if (!container()?.controller) return;
  const watch = { signal: new AbortController().signal, onBytes: () => {} };
  for (const file of without(await walkFiles(), await storedSite())) await bring(file, watch);
}

/**
 * See that what is to come has room, so that nothing is fetched in vain.
 * @param {number} needed bytes
 */
async function checkRoom(needed) {
  const { quota, usage } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  if (quota === undefined || usage === undefined || quota - usage >= needed) return;
  throw full(needed, Math.max(0, quota - usage));
}

/** @param {number} needed @param {number} free bytes @returns {KeyedError} */
const full = (needed, free) =>
  new KeyedError("ready.full", { needed: Math.ceil(needed / 1e6), free: Math.floor(free / 1e6) });

/**
 * Make this device ready for offline use: the engine, a model, all recorded walks, the maps, what
 * training needs. What is here is not fetched again, so that a second call goes on where the first
 * one ended.
 * @param {string} id the model's
 * @param {Watch} watch
 */
export async function prepare(id, watch) {
  const card = (await listing()).models.find((one) => one.id === id);
  const left = await lacking();
  if (!card || !left) throw new KeyedError("ready.no_store");
  const needed = left.engine + left.walks + left.maps + left.models[id];
  await checkRoom(needed);
  const own = [...(await engineFiles()), ...(await ofModel(card, "tokenizer"))];
  const shown = [...(await walkFiles()), ...(await roomFiles())];
  for (const file of without([...own, ...shown], await storedSite())) {
    await bring(file, watch);
    if (without([file], await storedSite()).length) throw full(file.bytes, 0);
  }
  const store = await openStore();
  const baseUrl = SCOPE + card.path;
  for (const file of filesOf(await manifestOf(card), "graph", "weights")) {
    const url = new URL(file.path, baseUrl).href;
    if (await store?.match(url)) continue;
    await fetchFiles(baseUrl, [[file, new Uint8Array(file.size_bytes)]], watch);
    if (!(await store?.match(url))) throw full(file.size_bytes, 0);
  }
}
