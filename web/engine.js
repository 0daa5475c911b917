/**
 * The engine's worker: ONNX Runtime Web, its session and its KV cache.
 *
 * It moves arrays and decides nothing: which tokens, which outputs, which knobs come from Python
 * (browser/ort.py). A message {id, type, ...} is answered by {id, heard} as soon as the worker is
 * free to take it, then by {id, result} or {id, error: {key, fields}}, a load also by
 * {id, progress}.
 */

import { fetchFiles, filesOf, readStored, whereKept } from "./download.js";
import { isAborted, KeyedError, reasonOf } from "./errors.js";
import { LEARNING } from "./learn.js";
import * as ort from "./ort/ort.wasm.min.js";
import { product } from "./product.js";

/**
 * @typedef {import("./download.js").ModelFile} ModelFile
 * @typedef {import("./download.js").Manifest} Manifest
 * @typedef {import("./download.js").Bytes} Bytes
 * @typedef {{dims: number[], data: Float32Array}} Tensor
 * @typedef {{stage: string, done: number, total: number}} Progress
 * @typedef {{backend: string, threads: number, sessionMs: number, kept: string}} Loaded
 * @typedef {{id: number, signal: AbortSignal}} Asked
 * @typedef {Asked & {type: "load", manifest: Manifest, baseUrl: string, threads: number,
 *   mode: "exact" | "small", given?: Float32Array<ArrayBuffer>}} Load weights that lie in no file
 * @typedef {Asked & {type: "run", tokens: Int32Array, nPast: number, fetch: string[],
 *   unembedLayer: Int32Array, unembedPos: Int32Array, topK: number,
 *   knobs: Record<string, Tensor>, read?: number, write?: number, drop?: number[]}} Run which cache
 *   its first positions are read from, which one holds all then (-1: none), which are given up
 * @typedef {Asked & {type: "read", ranges: [number, number][]}} Read offsets and sizes in the
 *   joined weight file
 * @typedef {Asked & {type: "product", name: string, rows: import("./product.js").Rows,
 *   vectors: Tensor}} Multiply a tensor's name in the manifest
 * @typedef {{dims: number[], type: string, bytes: Uint8Array<ArrayBuffer>}} Output
 * @typedef {{arrays?: Record<string, Output>, elapsedMs?: number, parts?: Bytes[]}} Result
 */

const PROGRESS_MS = 100;

/** @type {(error: KeyedError) => void} */
let loseThread;
/** @type {Promise<never>} rejects when a thread cannot start: ONNX Runtime would wait for ever */
const lostThread = new Promise((_resolve, reject) => (loseThread = reject));
lostThread.catch(() => {}); // heard only while a session is made
self.Worker = class extends Worker {
  /** @param {ConstructorParameters<typeof Worker>} args */
  constructor(...args) {
    super(...args);
    this.addEventListener("error", () => loseThread(new KeyedError("engine.threads")));
  }
};

// How the weights are held (core/modes.py). The first option keeps the runtime from rounding what
// the blocks are multiplied with, and folds them to float32 at the start; the second leaves that
// to each run. Both compute the same.
const FLOAT32 = { disable_quant_qdq: "1" };
const SESSION_OPTIONS = {
  exact: FLOAT32,
  small: { ...FLOAT32, disable_qdq_constant_folding: "1" },
};

/** @type {ort.InferenceSession | null} */
let session = null;
/** @type {Manifest | null} */
let model = null;
let baseUrl = "";
/** @type {Uint8Array | null} the weight file, kept only where the browser cannot store it */
let weights = null;
/** @type {Float32Array | null} weights that are an input of the graph: a model trained here */
let given = null;
/**
 * The kept positions of one text: by "{l}.key|value", and how many they are.
 * @typedef {{past: Map<string, Tensor>, nKept: number}} Cache
 * @type {Map<number, Cache>}
 */
let caches = new Map();
/** @type {AbortController} */
let running = new AbortController();

/** @param {unknown} error @returns {{key: string, fields: Record<string, unknown>}} */
function describe(error) {
  if (error instanceof KeyedError) return { key: error.key, fields: error.fields };
  if (isAborted(error)) return { key: "engine.cancelled", fields: {} };
  const reason = reasonOf(error);
  const isMemory = /bad_alloc|out of memory|allocation failed|could not allocate/i.test(reason);
  return { key: isMemory ? "engine.memory" : "engine.session", fields: { reason } };
}

/** Forget the session, its memory and the kept positions. */
async function release() {
  const old = session;
  [session, model, weights, given] = [null, null, null, null];
  caches = new Map();
  await old?.release();
}

/**
 * Fetch, check and open a model.
 * @param {Load} message
 * @param {(progress: Progress) => void} tell
 * @returns {Promise<Loaded>}
 */
async function load(message, tell) {
  await release();
  const { manifest, threads, mode, signal } = message;
  const [graphFile] = filesOf(manifest, "graph");
  const graph = new Uint8Array(graphFile.size_bytes);
  const own = message.given ?? null;
  const joined = own ? new Uint8Array(own.buffer) : new Uint8Array(manifest.weight_bytes);
  /** @type {[ModelFile, Bytes][]} */
  const jobs = [[graphFile, graph]];
  let offset = 0;
  for (const shard of filesOf(manifest, "weights")) {
    jobs.push([shard, joined.subarray(offset, (offset += shard.size_bytes))]);
  }
  const progress = { stage: "download", done: 0, total: graph.length + (own ? 0 : joined.length) };
  let told = 0;
  /** @param {number} bytes */
  const onBytes = (bytes) => {
    progress.done += bytes;
    if (performance.now() - told < PROGRESS_MS) return;
    told = performance.now();
    tell(progress);
  };
  await fetchFiles(message.baseUrl, jobs, { signal, onBytes });
  signal.throwIfAborted();
  tell({ ...progress, stage: "session" });
  const start = performance.now();
  ort.env.wasm.wasmPaths = new URL("./ort/", import.meta.url).href;
  ort.env.wasm.numThreads = self.crossOriginIsolated ? threads : 1;
  ort.env.logLevel = "error";
  const opening = ort.InferenceSession.create(graph, {
    executionProviders: ["wasm"],
    externalData: own ? [] : [{ path: manifest.weight_file, data: joined }],
    extra: { session: SESSION_OPTIONS[mode] },
  });
  const opened = await Promise.race([opening, lostThread]);
  const sessionMs = performance.now() - start;
  await nextTurn(); // a cancel that came while the session was made
  if (signal.aborted) {
    await opened.release();
    throw new KeyedError("engine.cancelled");
  }
  session = opened;
  model = manifest;
  baseUrl = message.baseUrl;
  const kept = await whereKept(baseUrl, filesOf(manifest, "weights"));
  given = own;
  weights = kept === "stored" && !own ? null : joined;
  if (!weights) joined.buffer.transfer?.(0); // its memory is free now, not at some collection
  return { backend: "wasm", threads: ort.env.wasm.numThreads, sessionMs, kept };
}

/** @returns {Promise<void>} after the messages that are waiting */
const nextTurn = () => new Promise((resolve) => setTimeout(resolve));

/**
 * The first `n` positions of a kept array [1, kv_head, pos, d_head].
 * @param {Tensor | undefined} kept
 * @param {number} n
 * @param {[number, number]} shape kv_head, d_head
 * @returns {ort.Tensor}
 */
function firstPositions(kept, n, [heads, width]) {
  const dims = [1, heads, n, width];
  if (kept?.dims[2] === n) return new ort.Tensor("float32", kept.data, dims);
  const data = new Float32Array(heads * n * width);
  for (let head = 0; kept && head < heads; head++) {
    const from = head * kept.dims[2] * width;
    data.set(kept.data.subarray(from, from + n * width), head * n * width);
  }
  return new ort.Tensor("float32", data, dims);
}

/** @param {Iterable<number>} values @param {number[]} dims @returns {ort.Tensor} */
function int64(values, dims) {
  return new ort.Tensor("int64", BigInt64Array.from(values, BigInt), dims);
}

/** @param {number} size @returns {Float32Array} */
function nothing(size) {
  return new Float32Array(size).fill(-0);
}

/**
 * What changes nothing. Added is -0: with 0 a -0 would become 0.
 *
 * @param {Record<string, number>} config @returns {Record<string, Tensor>}
 */
function neutralKnobs({ n_layers: layers, n_heads: heads, d_model: width }) {
  return {
    head_scale: { dims: [layers, heads], data: new Float32Array(layers * heads).fill(1) },
    mlp_scale: { dims: [layers], data: new Float32Array(layers).fill(1) },
    resid_add: { dims: [layers + 1, 1, width], data: nothing((layers + 1) * width) },
    score_add: { dims: [layers, 1, 1, 1], data: nothing(layers) },
  };
}

/** One forward pass. @param {Run} message @returns {Promise<Result>} */
async function run(message) {
  if (!session || !model) throw new KeyedError("engine.not_loaded");
  const { tokens, nPast, fetch, unembedLayer, unembedPos, topK, read = 0, write = 0 } = message;
  for (const number of message.drop ?? []) caches.delete(number);
  const { past, nKept } = caches.get(read) ?? { past: new Map(), nKept: 0 };
  if (nPast > nKept) throw new KeyedError("engine.restarted", { expected: nPast, got: nKept });
  const { config } = model;
  /** @type {[number, number]} */
  const shape = [config.n_key_value_heads, config.d_head];
  const input = [1, tokens.length];
  const positions = tokens.map((_, i) => i + nPast);
  const knobs = { ...neutralKnobs(config), ...message.knobs };
  /** @type {Record<string, ort.Tensor>} */
  const feeds = {
    tokens: int64(tokens, input),
    positions: int64(positions, input),
    unembed_layer: int64(unembedLayer, [unembedLayer.length]),
    unembed_pos: int64(unembedPos, [unembedPos.length]),
    top_k: int64([topK], [1]),
  };
  for (const [name, { dims, data }] of Object.entries(knobs)) {
    feeds[name] = new ort.Tensor("float32", data, dims);
  }
  if (given) feeds.weights = new ort.Tensor("float32", given, [given.length]);
  const presents = [];
  for (let layer = 0; layer < config.n_layers; layer++) {
    for (const part of ["key", "value"]) {
      feeds[`past.${layer}.${part}`] = firstPositions(past.get(`${layer}.${part}`), nPast, shape);
      if (write >= 0) presents.push(`${layer}.${part}`);
    }
  }
  const names = [...fetch, ...presents.map((name) => `present.${name}`)];
  const start = performance.now();
  const outputs = await session.run(feeds, names);
  const elapsedMs = performance.now() - start;
  if (write >= 0) {
    const now = new Map();
    for (const name of presents) {
      const { dims, data } = outputs[`present.${name}`];
      now.set(name, { dims: [...dims], data: /** @type {Float32Array} */ (data) });
    }
    caches.set(write, { past: now, nKept: nPast + tokens.length });
  }
  /** @type {Record<string, Output>} */
  const arrays = {};
  for (const name of fetch) {
    const { dims, type } = outputs[name];
    const data = /** @type {Float32Array<ArrayBuffer>} */ (outputs[name].data); // or of integers
    const own = data.byteLength === data.buffer.byteLength ? data : data.slice();
    arrays[name] = { dims: [...dims], type, bytes: new Uint8Array(own.buffer) };
  }
  return { arrays, elapsedMs };
}

/** Bytes of the weight file. @param {Read} message @returns {Promise<Result>} */
async function read({ ranges }) {
  if (!model) throw new KeyedError("engine.not_loaded");
  const parts = [];
  for (const [offset, size] of ranges) parts.push(await readRange(offset, size));
  return { parts };
}

/** Vectors times rows of a tensor. @param {Multiply} message @returns {Promise<Result>} */
async function multiply({ name, rows, vectors }) {
  const entry = model?.tensors.find((one) => one.name === name);
  if (!entry) throw new KeyedError("engine.not_loaded");
  const { dims, data } = await product(entry, vectors, rows, readRange);
  return { arrays: { product: { dims, type: "float32", bytes: new Uint8Array(data.buffer) } } };
}

/** @param {number} offset @param {number} size @returns {Promise<Bytes>} */
async function readRange(offset, size) {
  if (weights) return weights.slice(offset, offset + size);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const shard of model ? filesOf(model, "weights") : []) {
    const start = Math.max(offset, at);
    const end = Math.min(offset + size, at + shard.size_bytes);
    if (start < end) {
      const part = await readStored(baseUrl, shard, start - at, end - at);
      if (!part) throw new KeyedError("engine.not_stored", { path: shard.path });
      bytes.set(part, start - offset);
    }
    at += shard.size_bytes;
  }
  return bytes;
}

/** @param {Result} result @returns {Transferable[]} the buffers that move instead of being copied */
function movable({ arrays = {}, parts = [] }) {
  return [...Object.values(arrays).map(({ bytes }) => bytes), ...parts].map(({ buffer }) => buffer);
}

let queue = Promise.resolve();

/**
 * The newest load: of what, who waits for it, how far it is, what came of it.
 * @typedef {{key: string, ids: number[], progress: Progress | null, result: Loaded | null}} Loading
 * @type {Loading | null}
 */
let newest = null;

/** @param {Load} message @returns {string} what a load is of */
function keyOf({ manifest, mode }) {
  const files = filesOf(manifest, "graph", "weights").map((file) => file.sha256);
  return [manifest.id, mode, ...files].join();
}

/**
 * Load a model, or join the load of it that is under way or done: nothing is fetched or opened
 * twice. A failed load is forgotten, so that it can be tried anew.
 * @param {Load} message
 */
function startLoad(message) {
  const key = keyOf(message);
  if (newest?.key === key) {
    if (newest.result) return self.postMessage({ id: message.id, result: newest.result });
    newest.ids.push(message.id);
    if (newest.progress) self.postMessage({ id: message.id, progress: newest.progress });
    return;
  }
  /** @type {Loading} */
  const mine = { key, ids: [message.id], progress: null, result: null };
  newest = mine;
  /** @param {Record<string, unknown>} answer */
  const tellAll = (answer) => mine.ids.forEach((id) => self.postMessage({ id, ...answer }));
  queue = queue.then(async () => {
    try {
      mine.result = await load(message, (progress) => {
        mine.progress = { ...progress };
        tellAll({ progress });
      });
      tellAll({ result: mine.result });
    } catch (error) {
      if (newest === mine) newest = null;
      tellAll({ error: describe(error) });
    }
  });
}

const ANSWERS = { run, read, product: multiply, ...LEARNING };

/** @param {Run | Read | Multiply | {id: number, type: keyof typeof LEARNING}} message */
async function answer(message) {
  const { id } = message;
  try {
    /** @type {(message: any) => Promise<Result>} of its own kind */
    const give = ANSWERS[message.type];
    const result = await give(message);
    self.postMessage({ id, result }, { transfer: movable(result) });
  } catch (error) {
    self.postMessage({ id, error: describe(error) });
  }
}

/** @param {MessageEvent<Load | Run | Read | Multiply | {type: "cancel"}>} event */
function hear({ data: message }) {
  if (message.type === "cancel") {
    running.abort();
    running = new AbortController();
    if (newest?.result) return;
    newest = null; // who asks from now on must not join what is being stopped
    return;
  }
  self.postMessage({ id: message.id, heard: true });
  message.signal = running.signal; // a cancel stops what was asked before it, nothing after it
  if (message.type === "load") startLoad(message);
  else queue = queue.then(() => answer(message));
}

self.addEventListener("message", hear);

// Held for as long as this worker lives: its release tells the page that the worker is gone. The
// page asks for it only once it is told "started"; asked earlier, it would be given to the page.
const started = () => self.postMessage({ id: 0, result: "started" });
if (self.name && navigator.locks) {
  const untilTheEnd = new Promise(() => {});
  // Where the reader forbids storage, locks are forbidden too.
  navigator.locks.request(self.name, () => (started(), untilTheEnd)).catch(started);
} else {
  started();
}
