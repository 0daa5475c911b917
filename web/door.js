/**
 * `window.seethrough`: the door for a console, a notebook or another script.
 *
 * It exists at once; every call waits for Python, which does the work (app/calls.py), in the order
 * of asking. A refused call rejects with an Error whose message is a sentence and which has `.key`
 * and `.fields`; one that was stopped is an AbortError.
 */

/**
 * @typedef {{dims: number[], data: Float32Array}} Tensor
 * @typedef {string | ArrayLike<number>} Prompt a text, or the very token ids
 * @typedef {{model?: string, signal?: AbortSignal}} Common the model, opened first where it is not;
 *   a signal that ends the call
 * @typedef {Common & {chat?: boolean}} OfPrompt
 * @typedef {{head_scale?: unknown, mlp_scale?: unknown, resid_add?: unknown, score_add?: unknown}}
 *   Knobs each a nested array or {dims, data}
 * @typedef {Record<string, number>} Sampling settings of the draw by name (core/settings.py)
 * @typedef {{id: number, text: string, logit: number, prob: number}} Candidate
 * @typedef {{value?: any, error?: Failure}} Answer
 * @typedef {{answer: (name: string, args: unknown[], number: number) => Promise<Answer>,
 *   abort: (number: number) => void}} PythonDoor
 * @typedef {{key: string, fields: Record<string, unknown>, sentence: string}} Failure
 */

const STOPPED = "engine.cancelled";

/** @type {(door: PythonDoor) => void} */
let open;
/** @type {(reason: Error) => void} */
let shut;
/** @type {Promise<PythonDoor>} */
const python = new Promise((resolve, reject) => {
  open = resolve;
  shut = reject;
});
python.catch(() => {}); // who awaits `ready` or a call hears of it; nobody else must

let last = 0;

/**
 * The arguments for Python, and the signal among them.
 * @param {any[]} args
 * @returns {{given: unknown[], signal: AbortSignal | null}}
 */
function apart(args) {
  const options = args.at(-1);
  if (!(options?.signal instanceof AbortSignal)) return { given: args, signal: null };
  const { signal, ...others } = options;
  return { given: [...args.slice(0, -1), others], signal };
}

/**
 * Ask Python, and turn its answer into a value or an Error. A signal rejects at once with its
 * reason; what it ends in Python leaves the queue.
 * @param {string} name
 * @param {...any} args
 * @returns {Promise<any>}
 */
async function ask(name, ...args) {
  const { given, signal } = apart(args);
  signal?.throwIfAborted();
  const number = ++last;
  const asked = python.then((door) =>
    signal?.aborted ? { value: null } : door.answer(name, given, number),
  );
  const { value, error } = await (signal ? unlessAborted(asked, signal, number) : asked);
  if (error) throw refusal(error);
  return withNulls(value);
}

/**
 * @param {Promise<Answer>} asked
 * @param {AbortSignal} signal
 * @param {number} number
 * @returns {Promise<Answer>}
 */
function unlessAborted(asked, signal, number) {
  return new Promise((resolve, reject) => {
    const end = () => {
      python.then((door) => door.abort(number));
      reject(signal.reason);
    };
    signal.addEventListener("abort", end, { once: true });
    asked.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  });
}

/** @param {Failure} failure @returns {Error} */
function refusal({ key, fields, sentence }) {
  const error = key === STOPPED ? new DOMException(sentence, "AbortError") : new Error(sentence);
  return Object.assign(error, { key, fields });
}

/**
 * Python's None is undefined in JavaScript; an answer says null.
 * @param {any} value
 * @returns {any}
 */
function withNulls(value) {
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(withNulls);
  if (Object.getPrototypeOf(value ?? 0) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withNulls(item)]));
}

/**
 * The bytes of a file as a Blob, which the reader gets as a download too, where it has a name.
 * @param {{data: Uint8Array<ArrayBuffer>, file: string | null}} made
 * @returns {Blob}
 */
function blobOf({ data, file }) {
  const blob = new Blob([data], { type: "application/octet-stream" });
  if (file) {
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(blob),
      download: file,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
  return blob;
}

/**
 * Python calls this (pyscript.json's js_modules) once it can answer.
 * @type {(answer: PythonDoor["answer"], abort: PythonDoor["abort"]) => void}
 */
export const openDoor = (answer, abort) => open({ answer, abort });

/** boot.js calls this when Python cannot start. @type {(reason: Error) => void} */
export const shutDoor = (reason) => shut(reason);

export const seethrough = Object.freeze({
  /**
   * Python is up: what there is now, each time it is read.
   * @type {Promise<{models: object[], model: string | null, backend: string | null,
   *   threads: number | null, mode: "exact" | "small"}>}
   */
  get ready() {
    return ask("ready");
  },
  /**
   * @type {(id?: string, options?: {mode?: "exact" | "small", signal?: AbortSignal})
   *   => Promise<object>}
   */
  load: (...args) => ask("load", ...args),
  /** Hooks by a name with wildcards. @type {(pattern?: string, options?: Common)
   *   => Promise<string[]>} */
  hooks: (...args) => ask("hooks", ...args),
  /** @type {(text: Prompt, options?: Common) => Promise<{id: number, text: string}[]>} */
  tokenize: (...args) => ask("tokenize", ...args),
  /** @type {(ids: ArrayLike<number>, options?: Common) => Promise<string>} */
  decode: (...args) => ask("decode", ...args),
  /**
   * @type {(prompt: Prompt, options?: {k?: number} & OfPrompt)
   *   => Promise<{ids: number[], top: Candidate[]}>}
   */
  next: (...args) => ask("next", ...args),
  /**
   * @type {(prompt: Prompt, names: string[], options?: OfPrompt & Knobs)
   *   => Promise<Record<string, Tensor>>}
   */
  capture: (...args) => ask("capture", ...args),
  /**
   * The same as a file for numpy.load, with the input's `ids`.
   * @type {(prompt: Prompt, names: string[], options?: OfPrompt & Knobs & {file?: string})
   *   => Promise<Blob>}
   */
  npz: async (...args) => blobOf(await ask("npz", ...args)),
  /**
   * What the states between layers would say; layer n_layers is the end, -1 counts from there.
   * @type {(prompt: Prompt, options?: {layers?: number[], positions?: number[], k?: number}
   *   & OfPrompt) => Promise<{ids: number[], layers: number[], positions: number[],
   *   logits: Tensor, top: Candidate[][][]}>}
   */
  lens: (...args) => ask("lens", ...args),
  /**
   * @type {(prompt: Prompt, options?: OfPrompt & Sampling)
   *   => Promise<{ids: number[], text: string, stop: string}>}
   */
  generate: (...args) => ask("generate", ...args),
  /**
   * The distribution that a draw would use: how many tokens have any chance, and the k best. A
   * setting that is left out is off, the temperature 1.
   * @type {(prompt: Prompt, options?: {k?: number} & OfPrompt & Sampling)
   *   => Promise<{kept: number, top: {id: number, text: string, prob: number}[]}>}
   */
  distribution: (...args) => ask("distribution", ...args),
  /**
   * Beam search: the best ways that a text goes on, new ids only, scored as transformers does.
   * @type {(prompt: Prompt, options?: {beams?: number, max_new_tokens?: number,
   *   length_penalty?: number} & OfPrompt)
   *   => Promise<{beams: {ids: number[], text: string, score: number}[]}>}
   */
  beam: (...args) => ask("beam", ...args),
  /** @type {(name: string, rows: number[] | null, options?: Common) => Promise<Tensor>} */
  weight: (...args) => ask("weight", ...args),
  /**
   * What this browser computes of one known text, against stored numbers of the model.
   * @type {(options?: Common) => Promise<{prompt: string, max: number, bound: number, hook: string,
   *   n_numbers: number, ok: boolean}>}
   */
  check: (...args) => ask("check", ...args),
  /**
   * The rows nearest to a token's by cosine, best first; nothing is loaded for it but the map.
   * @type {(id: number, options?: {k?: number} & Common)
   *   => Promise<{id: number, text: string, cosine: number}[]>}
   */
  neighbours: (...args) => ask("neighbours", ...args),
  /**
   * Where tokens lie on the map, "near" or "pca".
   * @type {(ids: ArrayLike<number>, options?: {layout?: string} & Common)
   *   => Promise<{id: number, x: number, y: number}[]>}
   */
  where: (...args) => ask("where", ...args),
  /**
   * Train a small model in this page: one loss a step, that of the held-out text now and then, and
   * what it wrote in the end. The rate warms up, then stays: a longer run begins as a shorter one.
   * @type {(plan?: {data?: "names" | "few" | "words" | "sums" | "grammar" | {text: string},
   *   size?: "25k" | "100k" | "210k" | "800k", steps?: number, lr?: number, seed?: number},
   *   options?: {signal?: AbortSignal})
   *   => Promise<{loss: number[], heldout: [number, number][], sample: string}>}
   */
  train: (...args) => ask("train", ...args),
});

Object.defineProperty(window, "seethrough", { value: seethrough, enumerable: true });
