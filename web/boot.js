/**
 * Starts the page: WebAssembly check, service worker, at most one automatic reload, then PyScript.
 * No engine and no model: they come when the reader asks, or when they are here (browser/main.py).
 *
 * The service worker stores the site (so that it works offline) and adds the headers that allow
 * threads. Where there is none, the page checks its files itself, runs in one thread and says so.
 * A file of the site that is not whole stops the start: a sentence names it, Retry loads again.
 */

import { siteFiles, verifyAll } from "./check.js";
import { shutDoor } from "./door.js";
import { canShareMemory } from "./device.js";
import { markOnce } from "./early.js";
import { endOf, KeyedError, reasonOf } from "./errors.js";
import { button, learned, megabytes, say, sentence } from "./messages.js";
import { placeFault } from "./place.js";
import { keepPresses, presses } from "./pressed.js";
import {
  forbidsPython,
  lacksWasm,
  lendStorage,
  policyFault,
  refusesStorage,
  workerFault,
} from "./refused.js";
import { allowReload, noted, reloadOnce } from "./reloaded.js";
import { notServed } from "./served.js";
import {
  activateWaiting,
  after,
  container,
  fillStore,
  register,
  settled,
  storeNewest,
} from "./site.js";
import { watchStall } from "./stall.js";
import { wrongType } from "./whole.js";

markOnce("seethrough.shell");

const FAULT_MS = 500;
const NOTE_MS = 1000;
// On the machine that builds the site a reload shows what was built, not what was stored.
const IS_BUILT_HERE = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
// What Python cannot start without; a missing picture stops nothing.
const NEEDED = /\.(js|json|py|wasm|whl|zip)$/;
const SCRIPTS = ["pyscript/core.js", "pyodide/pyodide.js", "pyodide/pyodide.asm.js"];
const ENDS = ["ready", "failed"];

/** @returns {boolean} whether the start is over, well or not */
const isOver = () => ENDS.includes(document.documentElement.dataset.boot ?? "");

/** @param {number} done @param {number} total @returns {{done: string, total: string}} */
const amount = (done, total) => ({ done: megabytes(done), total: megabytes(total) });

/** @type {(fault: KeyedError) => void} */
let hearFault;
/** @type {Promise<KeyedError>} what the service worker found wrong while it stored the site */
const fault = new Promise((resolve) => (hearFault = resolve));

/**
 * Listen to the service worker: how far it is, and which file is not whole.
 * @param {ServiceWorkerContainer} workers
 */
function listenToWorker(workers) {
  workers.addEventListener("message", ({ data }) => {
    if (data?.type === "fault" && data.isInUse) stop(data.key, data.fields);
    if (data?.type === "filling" && document.documentElement.dataset.boot === "python") {
      const isHere = data.done >= data.total;
      const told = isHere ? "boot.python" : "boot.installing";
      say("status", sentence(told, amount(data.done, data.total)));
    }
    if (workers.controller) return; // what a newer version meets is no matter of this page
    if (data?.type === "fault") hearFault(new KeyedError(data.key, data.fields));
    if (data?.type !== "installing" || document.documentElement.dataset.boot) return;
    say("status", sentence("boot.installing", amount(data.done, data.total)));
  });
  workers.startMessages();
}

/** @returns {string} the key of why there are no threads */
const notIsolated = () => (self === top ? "boot.not_isolated" : "boot.framed");

/**
 * Let the service worker store the site, a second time if it gave up without a word.
 * @returns {Promise<"reload" | string>} "reload", or the key of a notice; rejects with a KeyedError
 */
async function install() {
  await siteFiles(); // a sw.js that is not whole must not be registered
  for (let tries = 0; tries < 2; tries++) {
    const registration = await register();
    const worker = registration.active ?? registration.waiting ?? registration.installing;
    if (!worker) break;
    const outcome = await Promise.race([settled(worker), fault]);
    if (outcome === true) return reloadOnce(presses()) ? "reload" : notIsolated();
    const found = outcome || (await Promise.race([fault, after(FAULT_MS)]));
    if (found) throw found;
  }
  return "boot.service_worker_failed";
}

/**
 * Change to the version that waits, before anything runs. A page that went on with the old one
 * would get the new one's files in the middle of its start. It is tried once in a row: a page that
 * cannot change opens all the same.
 * @returns {Promise<boolean>} whether a reload is on its way
 */
async function changeVersion() {
  const note = setTimeout(() => say("status", sentence("boot.updating")), NOTE_MS);
  const outcome = await activateWaiting();
  clearTimeout(note);
  return (outcome === "activated" || outcome === "late") && reloadOnce(presses());
}

/**
 * Put the page under the service worker's control.
 * @returns {Promise<"go" | "reload" | string>} "go", "reload", or the key of a notice; rejects with
 *   a KeyedError where a file of the site is not whole
 */
async function takeControl() {
  const workers = container();
  if (await refusesStorage()) return "boot.no_storage";
  if (!workers) return "boot.no_service_worker";
  listenToWorker(workers);
  try {
    // What this page has just loaded again for is the newest.
    if (workers.controller && IS_BUILT_HERE && !noted()) await storeNewest();
    if (await changeVersion()) return "reload";
    if (!workers.controller) return await install();
    register().catch(() => {}); // offline: the one that is here serves
    fillStore();
    if (!crossOriginIsolated) return notIsolated();
    return canShareMemory() ? "go" : "boot.no_shared_memory";
  } catch (error) {
    if (error instanceof KeyedError) throw error;
    console.info("service worker:", error);
    return "boot.service_worker_failed";
  }
}

/**
 * Without a service worker: check the files here, and load once more if the browser had kept some
 * of another version.
 * @returns {Promise<boolean>} whether a reload is on its way
 */
async function checkHere() {
  const stale = await verifyAll((done, total) => {
    say("status", sentence("boot.fetching", amount(done, total)));
  });
  return stale.length > 0 && reloadOnce(presses());
}

/**
 * Hear of every file that the server refused. Pyodide waits for ever for some of its files.
 * @param {(name: string, status: number) => void} onRefused
 */
function watchRefused(onRefused) {
  /** @param {PerformanceObserverEntryList} list */
  const look = (list) => {
    for (const entry of list.getEntries()) {
      if (!(entry instanceof PerformanceResourceTiming)) continue;
      const { pathname } = new URL(entry.name);
      const isRefused = entry.responseStatus >= 400 && NEEDED.test(pathname);
      if (isRefused) onRefused(pathname.slice(pathname.lastIndexOf("/") + 1), entry.responseStatus);
    }
  };
  new PerformanceObserver(look).observe({ type: "resource", buffered: true });
}

/** The reader asks for another start. */
function retry() {
  allowReload();
  location.reload();
}

/** @param {string} key @param {Record<string, unknown>} [fields] */
function stop(key, fields) {
  if (isOver()) return;
  const text = sentence(key, fields);
  say("status", sentence("boot.stopped"));
  const slot = say("message", text, "message is-error");
  if (!["boot.no_simd", "boot.no_wasm"].includes(key))
    slot.append(button("reload", sentence("boot.retry"), retry));
  document.documentElement.dataset.boot = "failed";
  shutDoor(Object.assign(new Error(text), { key, fields: fields ?? {} }));
}

/**
 * Why Python failed, where something else than Python is to blame.
 * @returns {Promise<KeyedError | null>}
 */
async function causeOfFailure() {
  await after(FAULT_MS); // a file that is missing tells more, and is told by itself
  if (policyFault()) return policyFault();
  if (container()?.controller) return null; // it sends the right types
  const faults = await Promise.all(SCRIPTS.map(wrongType));
  return faults.find((fault) => fault !== null) ?? null;
}

/** @param {string} key @param {Record<string, unknown>} [fields] what is said beside the start */
const notice = (key, fields) => {
  const element = say("boot-notice", sentence(key, fields), "message is-notice");
  const away = button("dismiss-boot", "", () => (element.hidden = true));
  away.className = "dismiss";
  away.setAttribute("aria-label", sentence("boot.dismiss"));
  element.append(away);
};

/** Say that the start does not move on, for as long as it does not. */
function watchForStall() {
  /** @type {Element | null} */
  let line = null;
  watchStall({
    isOver,
    onStall: (seconds) => {
      const slot = say("message", sentence("boot.stalled", { seconds }), "message is-notice");
      slot.append(button("reload", sentence("boot.retry"), retry));
      line = slot.firstElementChild;
    },
    onMove: () => line?.parentElement?.replaceChildren(),
  });
}

/** Start PyScript and listen for a start that fails: PyScript itself would only log it. */
async function startPython() {
  markOnce("seethrough.python-asked");
  say("status", sentence("boot.python"));
  document.documentElement.dataset.boot = "python";
  /** @param {unknown} error */
  const failed = async (error) => {
    const { key, fields } = (await causeOfFailure()) ?? {
      key: "boot.python_failed",
      fields: { reason: endOf(error) },
    };
    stop(key, fields);
  };
  watchRefused((path, status) => {
    const { key, fields } = notServed("boot", path, status);
    stop(key, fields);
  });
  addEventListener("unhandledrejection", ({ reason }) => failed(reason));
  addEventListener("error", ({ message }) => failed(message));
  const script = document.querySelector('script[type="py"]');
  const giveBack = lendStorage();
  script?.addEventListener("py:done", () => {
    giveBack();
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
  keepPresses(noted()?.pressed ?? null, isOver);
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => event.preventDefault());
  }
  watchForStall();
  await learned;
  try {
    const lack = placeFault() ?? lacksWasm();
    if (lack) throw lack;
    const control = await takeControl();
    if (control === "reload") return;
    const refusal = await forbidsPython();
    if (refusal) throw refusal;
    if (control !== "go") {
      await after(0); // a policy that forbids workers is told where a model is asked for
      if (!workerFault()) notice(control);
      if (!container()?.controller && (await checkHere())) return;
    }
  } catch (error) {
    await after(0); // what a policy forbids is told a moment after it failed
    const isForbidden = error instanceof KeyedError && error.key === "boot.network";
    const cause = (isForbidden && policyFault()) || error;
    if (cause instanceof KeyedError) stop(cause.key, cause.fields);
    else stop("boot.script_failed", { reason: reasonOf(cause) });
    return;
  }
  allowReload();
  markOnce("seethrough.controlled");
  await startPython();
}

await boot();
