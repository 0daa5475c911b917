/**
 * What the browser or the host refuses to this page, and the sentence for it.
 *
 * A policy of the host's comes with the page's headers; where a service worker answers, it is the
 * site's own that counts.
 */

import { KeyedError } from "./errors.js";

const TOLD_MS = 500;

// (module (func (result v128) i32.const 0 i8x16.splat)): valid only where SIMD is.
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15,
  11,
]);

/** @type {{directive: string, blocked: string} | null} the first thing that the host's policy forbade */
let violation = null;

/** @returns {string} the policy that the page itself brings */
const ownPolicy = () =>
  document.querySelector("meta[http-equiv='Content-Security-Policy']")?.getAttribute("content") ??
  "";

document.addEventListener("securitypolicyviolation", (event) => {
  if (event.disposition !== "enforce" || event.originalPolicy === ownPolicy()) return;
  violation ??= { directive: event.effectiveDirective, blocked: event.blockedURI };
});

/** @returns {KeyedError | null} what the host's policy has forbidden so far */
export const policyFault = () => violation && new KeyedError("boot.policy", violation);

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
    return (
      policyFault() ?? new KeyedError("boot.policy", { directive: "script-src", blocked: tried })
    );
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

/**
 * Import a module that opens a database which the page never uses (PyScript, for folders of the
 * reader's): it gets one that never answers, for one that is refused would look like a failed start.
 * @param {() => Promise<unknown>} load
 */
export async function withoutDatabase(load) {
  const own = Object.getOwnPropertyDescriptor(globalThis, "indexedDB");
  const silent = { open: () => ({}) };
  Object.defineProperty(globalThis, "indexedDB", { value: silent, configurable: true });
  try {
    await load();
  } finally {
    if (own) Object.defineProperty(globalThis, "indexedDB", own);
    else Reflect.deleteProperty(globalThis, "indexedDB");
  }
}
