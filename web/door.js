/**
 * `window.seethrough`: the door for a console, a notebook or another script.
 *
 * It exists at once; every call waits for Python, which does the work (browser/door.py). A refused
 * call rejects with an Error whose message is a sentence and which has `.key` and `.fields`.
 */

/**
 * @typedef {{dims: number[], data: Float32Array}} Tensor
 * @typedef {{head_scale?: unknown, mlp_scale?: unknown, resid_add?: unknown, score_add?: unknown}}
 *   Knobs each a nested array or {dims, data}
 * @typedef {Record<string, number>} Sampling settings of the draw by name (core/settings.py)
 * @typedef {(name: string, args: unknown[]) => Promise<{value?: any, error?: Failure}>} PythonDoor
 * @typedef {{key: string, fields: Record<string, unknown>, sentence: string}} Failure
 */

/** @type {(call: PythonDoor) => void} */
let open;
/** @type {(reason: Error) => void} */
let shut;
/** @type {Promise<PythonDoor>} */
const python = new Promise((resolve, reject) => {
  open = resolve;
  shut = reject;
});
python.catch(() => {}); // who awaits `ready` or a call hears of it; nobody else must

/**
 * Ask Python, and turn its answer into a value or an Error.
 * @param {string} name
 * @param {...unknown} args
 * @returns {Promise<any>}
 */
async function ask(name, ...args) {
  const answer = await (await python)(name, args);
  if (answer.error) {
    const { key, fields, sentence } = answer.error;
    throw Object.assign(new Error(sentence), { key, fields });
  }
  return answer.value;
}

/**
 * Python calls this (pyscript.json's js_modules) once it can answer.
 * @type {(call: PythonDoor) => void}
 */
export const openDoor = (call) => open(call);

/** boot.js calls this when Python cannot start. @type {(reason: Error) => void} */
export const shutDoor = (reason) => shut(reason);

export const seethrough = Object.freeze({
  /**
   * Python is up: what there is now, each time it is read.
   * @type {Promise<{models: object[], model: string | null, backend: string, threads: number,
   *   mode: "exact" | "small"}>}
   */
  get ready() {
    return ask("ready");
  },
  /** @type {(id?: string, options?: {mode?: "exact" | "small"}) => Promise<object>} */
  load: (...args) => ask("load", ...args),
  /** @type {(text: string) => Promise<{id: number, text: string}[]>} */
  tokenize: (...args) => ask("tokenize", ...args),
  /** @type {(prompt: string, options?: {k?: number, chat?: boolean}) => Promise<object>} */
  next: (...args) => ask("next", ...args),
  /**
   * @type {(prompt: string, names: string[], options?: {chat?: boolean} & Knobs)
   *   => Promise<Record<string, Tensor>>}
   */
  capture: (...args) => ask("capture", ...args),
  /**
   * @type {(prompt: string, options?: {max_new_tokens?: number, chat?: boolean} & Sampling)
   *   => Promise<{ids: number[], text: string, stop: string}>}
   */
  generate: (...args) => ask("generate", ...args),
  /** @type {(name: string, rows: number[]) => Promise<Tensor>} */
  weight: (...args) => ask("weight", ...args),
});

Object.defineProperty(window, "seethrough", { value: seethrough, enumerable: true });
