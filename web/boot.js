/**
 * Starts the page: WebAssembly check, service worker, at most one automatic reload, then PyScript.
 *
 * The service worker stores the site (so that it works offline) and adds the headers that allow
 * threads. Where it is missing or fails, the page goes on with one thread and says so.
 */

import { shutDoor } from "./door.js";
import { say, sentence } from "./messages.js";

const GUARD = "seethrough.reloaded";
const ACTIVATE_MS = 3000;

// (module (func (result v128) i32.const 0 i8x16.splat)): valid only where SIMD is.
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15,
  11,
]);

/**
 * Whether this browser can run the engine's WebAssembly.
 * @returns {boolean}
 */
export function hasSimd() {
  return typeof WebAssembly === "object" && WebAssembly.validate(SIMD);
}

/**
 * Reload once; a second time in a row is refused, so that no page can loop.
 * @returns {boolean} whether a reload is on its way
 */
function reloadOnce() {
  try {
    if (sessionStorage.getItem(GUARD)) return false;
    sessionStorage.setItem(GUARD, "1");
  } catch {
    return false; // no session storage: without a guard, no reload
  }
  location.reload();
  return true;
}

/** @param {number} bytes @returns {string} */
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

/**
 * Wait until a worker is active, or gave up.
 * @param {ServiceWorker} worker
 * @returns {Promise<boolean>}
 */
function settled(worker) {
  return new Promise((resolve) => {
    const look = () => {
      if (worker.state === "activated") resolve(true);
      if (worker.state === "redundant") resolve(false);
    };
    worker.addEventListener("statechange", look);
    look();
  });
}

/**
 * Put the page under the service worker's control.
 * @returns {Promise<"go" | "reload" | string>} "go", "reload", or the key of a notice
 */
async function takeControl() {
  const container = navigator.serviceWorker;
  if (!container) return "boot.no_service_worker";
  container.addEventListener("message", ({ data }) => {
    if (data?.type !== "installing" || document.documentElement.dataset.boot) return;
    const fields = { done: megabytes(data.done), total: megabytes(data.total) };
    say("status", sentence("boot.installing", fields));
  });
  try {
    const newer = (await container.getRegistration("./"))?.waiting;
    if (newer) {
      // Nothing runs yet: the moment to change versions. Chromium may hold the old worker back
      // until its last answers have ended; then this visit goes on with the old version.
      newer.postMessage({ type: "activate" });
      const late = new Promise((resolve) => setTimeout(resolve, ACTIVATE_MS, false));
      if ((await Promise.race([settled(newer), late])) && reloadOnce()) return "reload";
    }
    const options = { scope: "./", updateViaCache: "none" };
    const registering = container.register("./sw.js", options);
    if (container.controller) {
      registering.catch(() => {}); // offline: the worker that is here serves
      return crossOriginIsolated ? "go" : "boot.not_isolated";
    }
    const registration = await registering;
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    if (!worker || !(await settled(worker))) return "boot.service_worker_failed";
    return reloadOnce() ? "reload" : "boot.not_isolated";
  } catch (error) {
    console.info("service worker:", error);
    return "boot.service_worker_failed";
  }
}

// What Python cannot start without; a missing picture stops nothing.
const NEEDED = /\.(js|json|mjs|py|wasm|whl|zip)$/;

/**
 * Hear of every file that the server refused. Pyodide waits for ever for some of its files.
 * @param {(names: string) => void} onRefused
 */
function watchRefused(onRefused) {
  const names = new Set();
  const look = (list) => {
    for (const { name, responseStatus } of list.getEntries()) {
      const { pathname } = new URL(name);
      if (responseStatus >= 400 && NEEDED.test(pathname)) names.add(pathname.split("/").pop());
    }
    if (names.size) onRefused([...names].join(", "));
  };
  new PerformanceObserver(look).observe({ type: "resource", buffered: true });
}

/** @param {string} key @param {Record<string, unknown>} [fields] */
function stop(key, fields) {
  if (["ready", "failed"].includes(document.documentElement.dataset.boot)) return;
  const text = sentence(key, fields);
  say("status", sentence("boot.stopped"));
  say("message", text, "message error");
  document.documentElement.dataset.boot = "failed";
  shutDoor(Object.assign(new Error(text), { key, fields: fields ?? {} }));
}

/** Start PyScript and listen for a start that fails: PyScript itself would only log it. */
async function startPython() {
  say("status", sentence("boot.python"));
  document.documentElement.dataset.boot = "python";
  const failed = (reason) => {
    const text = String(reason?.message ?? reason).trim().split("\n").pop();
    // A file that is missing tells more than what broke for want of it: let it be heard first.
    setTimeout(() => stop("boot.python_failed", { reason: text.slice(0, 200) }), 500);
  };
  watchRefused((path) => stop("boot.file_missing", { path }));
  addEventListener("unhandledrejection", ({ reason }) => failed(reason));
  addEventListener("error", ({ message }) => failed(message));
  const script = document.querySelector('script[type="py"]');
  script.addEventListener("py:done", () => {
    failed("main.py"); // PyScript reports a failing script as done; a good one has said "ready"
  });
  try {
    await import("./pyscript/core.js");
  } catch (error) {
    failed(error);
  }
}

/** The whole start. */
async function boot() {
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => event.preventDefault());
  }
  if (!hasSimd()) {
    stop("boot.no_simd");
    return;
  }
  const control = await takeControl();
  if (control === "reload") return;
  if (control === "go") sessionStorage.removeItem(GUARD);
  else say("boot-notice", sentence(control), "message notice");
  await startPython();
}

await boot();
