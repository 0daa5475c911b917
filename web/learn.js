/**
 * A model that learns, in the engine's worker: two sessions (web/engine.js has a third, of a model
 * that does not), the weights and their moments between steps. Which tokens, targets and rates
 * comes from Python (app/learning.py).
 */

import { KeyedError } from "./errors.js";
import * as ort from "./ort/ort.wasm.min.js";

/**
 * @typedef {{id: number, signal: AbortSignal}} Asked
 * @typedef {{dims: number[], data: Float32Array}} Tensor
 * @typedef {{dims: number[], data: Int32Array}} Ids
 * @typedef {{dims: number[], type: string, bytes: Uint8Array<ArrayBuffer>}} Output
 * @typedef {{arrays: Record<string, Output>, done?: number}} Result
 * @typedef {{weights: Float32Array, m: Float32Array, v: Float32Array, decay: Float32Array}} State
 * @typedef {Asked & {step: string, loss: string, threads: number}} Open addresses of the graphs
 * @typedef {Asked & {state: State}} Begin
 * @typedef {Asked & {tokens: Ids, targets: Ids, knobs: Record<string, Tensor>, fetch: string[]}}
 *   Steps arrays of all steps, a step's behind another's: ids [step, document, pos], knobs [step];
 *   the last one's outputs are fetched
 * @typedef {Asked & {tokens: Ids, targets: Ids, fetch: string[]}} Look
 */

const KEPT = /** @type {const} */ (["weights", "m", "v"]);
const TOLD = ["loss", "grad_norm", "clip_scale"];

/** @type {{step: ort.InferenceSession, loss: ort.InferenceSession} | null} */
let sessions = null;
/** @type {State | null} */
let state = null;
/** @type {State | null} weights and moments as the last step found them */
let before = null;

/** A graph, which is stored deflated.
 * @param {string} url @param {AbortSignal} signal @returns {Promise<Uint8Array>}
 */
async function graphAt(url, signal) {
  const path = new URL(url).pathname.split("/").pop();
  const answer = await fetch(url, { signal }).catch((error) => {
    signal.throwIfAborted();
    throw new KeyedError("engine.network", { path, reason: String(error) });
  });
  const { body, ok, status } = answer;
  if (!ok || !body) throw new KeyedError("engine.missing", { path, status });
  const plain = body.pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

/** @param {Uint8Array} graph @returns {Promise<ort.InferenceSession>} */
const session = (graph) => ort.InferenceSession.create(graph, { executionProviders: ["wasm"] });

/** Open both graphs of a size. @param {Open} message @returns {Promise<Result>} */
async function learnOpen({ step, loss, threads, signal }) {
  await learnClose();
  ort.env.wasm.wasmPaths = new URL("./ort/", import.meta.url).href;
  ort.env.wasm.numThreads = self.crossOriginIsolated ? threads : 1;
  ort.env.logLevel = "error";
  const graphs = await Promise.all([graphAt(step, signal), graphAt(loss, signal)]);
  sessions = { step: await session(graphs[0]), loss: await session(graphs[1]) };
  return { arrays: {} };
}

/** Take weights to go on from. @param {Begin} message @returns {Promise<Result>} */
async function learnBegin(message) {
  [state, before] = [message.state, null];
  return { arrays: {} };
}

/** @returns {{sessions: NonNullable<typeof sessions>, state: State}} */
function learning() {
  if (!sessions || !state) throw new KeyedError("engine.not_loaded");
  return { sessions, state };
}

/** @param {Ids} ids @param {number} at @returns {ort.Tensor} the ids of one step of many */
function idsAt({ dims, data }, at) {
  const [, documents, positions] = dims;
  const size = documents * positions;
  const part = BigInt64Array.from(data.subarray(at * size, (at + 1) * size), BigInt);
  return new ort.Tensor("int64", part, [documents, positions]);
}

/** @param {Steps} work @param {number} at @param {State} from @returns {Record<string, ort.Tensor>} */
function fed({ tokens, targets, knobs }, at, from) {
  /** @type {Record<string, ort.Tensor>} */
  const feeds = { tokens: idsAt(tokens, at), targets: idsAt(targets, at) };
  for (const [name, data] of Object.entries(from)) feeds[name] = vector(data);
  for (const [name, { data }] of Object.entries(knobs)) {
    feeds[name] = vector(data.subarray(at, at + 1));
  }
  return feeds;
}

/** @param {Float32Array} data @returns {ort.Tensor} */
const vector = (data) => new ort.Tensor("float32", data, [data.length]);

/**
 * Some steps, one after the other; a cancel ends them between two.
 *
 * What is not a number stops them before the weights are lost: they stay those before that step.
 * @param {Steps} message @returns {Promise<Result>}
 */
async function learnSteps(message) {
  const { fetch, signal } = message;
  const open = learning();
  const count = message.tokens.dims[0];
  /** @type {Record<string, number[]>} */
  const told = Object.fromEntries(TOLD.map((name) => [name, []]));
  /** @type {Record<string, Output>} */
  const arrays = {};
  let done = 0;
  while (done < count && !signal.aborted) {
    const feeds = fed(message, done, open.state);
    const isLast = done === count - 1;
    const names = [...TOLD, ...KEPT.map((name) => `${name}.new`), ...(isLast ? fetch : [])];
    const outputs = await open.sessions.step.run(feeds, [...new Set(names)]);
    for (const name of TOLD) told[name].push(Number(outputs[name].data[0]));
    done += 1;
    if (isLast) for (const name of fetch) arrays[name] = output(outputs[name]);
    if (!TOLD.every((name) => Number.isFinite(told[name][done - 1]))) break;
    before = { ...open.state };
    for (const name of KEPT) {
      open.state[name] = /** @type {Float32Array} */ (outputs[`${name}.new`].data);
    }
    await new Promise((resolve) => setTimeout(resolve)); // a cancel that came meanwhile
  }
  for (const [name, values] of Object.entries(told)) {
    const data = Float32Array.from(values);
    arrays[name] = { dims: [values.length], type: "float32", bytes: new Uint8Array(data.buffer) };
  }
  return { arrays, done };
}

/** The forward pass alone. @param {Look} message @returns {Promise<Result>} */
async function learnLook({ tokens, targets, fetch }) {
  const open = learning();
  const feeds = { tokens: idsAt(tokens, 0), targets: idsAt(targets, 0) };
  const outputs = await open.sessions.loss.run(
    { ...feeds, weights: vector(open.state.weights) },
    fetch,
  );
  return { arrays: named(fetch, outputs) };
}

/** The last step once more; nothing that is held changes. @param {Steps} message
 * @returns {Promise<Result>}
 */
async function learnAgain(message) {
  const outputs = await learning().sessions.step.run(fed(message, 0, beginning()), message.fetch);
  return { arrays: named(message.fetch, outputs) };
}

/** @returns {State} what the last step began with */
function beginning() {
  if (!before) throw new KeyedError("engine.not_loaded");
  return before;
}

/** Weights and moments as they are. @returns {Promise<Result>} */
async function learnState() {
  return { arrays: vectors(learning().state) };
}

/** Weights and moments before the last step. @returns {Promise<Result>} */
async function learnBefore() {
  return { arrays: vectors(beginning()) };
}

/** @param {State} from @returns {Record<string, Output>} */
const vectors = (from) =>
  Object.fromEntries(KEPT.map((name) => [name, output(vector(from[name]))]));

/** @param {string[]} names @param {Record<string, ort.Tensor>} outputs
 * @returns {Record<string, Output>}
 */
const named = (names, outputs) =>
  Object.fromEntries(names.map((name) => [name, output(outputs[name])]));

/** Give the sessions and the weights up. @returns {Promise<Result>} */
async function learnClose() {
  const old = sessions;
  [sessions, state, before] = [null, null, null];
  await old?.step.release();
  await old?.loss.release();
  return { arrays: {} };
}

/** @param {ort.Tensor} tensor @returns {Output} its numbers in memory of their own */
function output({ dims, type, data }) {
  const own = /** @type {Float32Array<ArrayBuffer>} */ (data).slice();
  return { dims: [...dims], type, bytes: new Uint8Array(own.buffer) };
}

/** What the worker answers, by the kind of a message. */
export const LEARNING = {
  "learn.open": learnOpen,
  "learn.begin": learnBegin,
  "learn.steps": learnSteps,
  "learn.look": learnLook,
  "learn.again": learnAgain,
  "learn.state": learnState,
  "learn.before": learnBefore,
  "learn.close": learnClose,
};
