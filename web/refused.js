/**
 * What the browser or the host refuses to this page, and the sentence for it.
 *
 * A policy of the host's comes with the page's headers; where a service worker answers, it is the
 * site's own that counts.
 */

import { KeyedError } from "./errors.js";

/** @typedef {{directive: string, blocked: string}} Violation */

const TOLD_MS = 500;

// (module (func (result v128) i32.const 0 i8x16.splat)): valid only where SIMD is.
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15,
  11,
]);

/** @type {Violation | null} the first thing that the host's policy forbade */
let violation = null;
/** @type {Violation | null} the first worker that it forbade: the page runs, no model does */
let ofWorker = null;

/** @returns {string} the policy that the page itself brings */
const ownPolicy = () =>
  document.querySelector("meta[http-equiv='Content-Security-Policy']")?.getAttribute("content") ??
  "";

document.addEventListener("securitypolicyviolation", (event) => {
  if (event.disposition !== "enforce" || event.originalPolicy === ownPolicy()) return;
  const { effectiveDirective: directive, blockedURI: blocked } = event;
  violation ??= { directive, blocked };
  if (directive === "worker-src") ofWorker ??= { directive, blocked };
});

/**
 * The rule of the page's own policy that the host's must be as wide as.
 * @param {string} directive as the browser tells it: "script-src-elem" is of script-src
 * @returns {string} empty for none
 */
function ruleLike(directive) {
  const name = directive.replace(/-(elem|attr)$/, "");
  const rules = ownPolicy()
    .split(";")
    .map((rule) => rule.trim());
  return rules.find((rule) => rule.startsWith(`${name} `)) ?? "";
}

/**
 * @param {"boot.policy" | "engine.policy"} key
 * @param {Violation} violation
 * @returns {KeyedError}
 */
function faultOf(key, { directive, blocked }) {
  const needed = ruleLike(directive);
  if (!needed) return new KeyedError("boot.policy_rule", { directive, blocked });
  return new KeyedError(key, { directive, blocked, needed });
}

/** @returns {KeyedError | null} what the host's policy has forbidden so far */
export const policyFault = () => violation && faultOf("boot.policy", violation);

/** @returns {KeyedError | null} that the host's policy forbids the engine's worker */
export const workerFault = () => ofWorker && faultOf("engine.policy", ofWorker);

/** @returns {KeyedError | null} why this browser cannot run the engine's WebAssembly */
export function lacksWasm() {
  if (typeof WebAssembly !== "object") return new KeyedError("boot.no_wasm");
  return WebAssembly.validate(SIMD) ? null : new KeyedError("boot.no_simd");
}

/**
 * Whether the host's policy lets a page make functions and WebAssembly, as Python does: where it
 * does not, Python would wait for ever, or end in words about neither.
 * @returns {Promise<KeyedError | null>}
 */
export async function forbidsPython() {
  let tried = "eval";
  try {
    new Function("");
    tried = "wasm-eval";
    new WebAssembly.Module(SIMD);
    return null;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, TOLD_MS)); // the browser names the rule a little later
    return policyFault() ?? faultOf("boot.policy", { directive: "script-src", blocked: tried });
  }
}

/** @returns {Promise<boolean>} whether the reader or the browser keeps this page from storing */
export async function refusesStorage() {
  if (!isSecureContext) return false;
  try {
    await caches.has("seethrough");
    return false;
  } catch {
    return true;
  }
}

/** @param {unknown} result @returns {object} a database's request, granted a moment later */
function granted(result) {
  /** @type {{onsuccess?: (event: {target: {result: unknown}}) => void}} */
  const request = {};
  queueMicrotask(() => request.onsuccess?.({ target: { result } }));
  return request;
}

const emptyStore = { getAllKeys: () => granted([]), clear: () => granted(undefined) };
const emptyDatabase = { transaction: () => ({ objectStore: () => emptyStore }), close: () => {} };

/** A channel on which nobody speaks. */
class MuteChannel extends EventTarget {
  postMessage() {}
  close() {}
}

/** @returns {boolean} whether channels between pages are refused: Firefox counts them as storage */
function refusesChannels() {
  try {
    new BroadcastChannel("seethrough").close();
    return false;
  } catch {
    return true;
  }
}

/**
 * Put something in place of a thing of the browser's.
 * @param {string} name
 * @param {unknown} value
 * @returns {() => void} gives the browser's back
 */
function replace(name, value) {
  const own = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  return () => {
    if (own) Object.defineProperty(globalThis, name, own);
    else Reflect.deleteProperty(globalThis, name);
  };
}

/**
 * Let PyScript start where storage is refused. It opens databases for packages and folders, keeps
 * nothing in them here (packages_cache in pyscript.json), and would not start without: everywhere
 * it gets empty ones. It also opens a channel to workers that this page does not have.
 * @returns {() => void} gives the browser's own back
 */
export function lendStorage() {
  const lent = [replace("indexedDB", { open: () => granted(emptyDatabase) })];
  if (refusesChannels()) lent.push(replace("BroadcastChannel", MuteChannel));
  return () => lent.forEach((giveBack) => giveBack());
}
