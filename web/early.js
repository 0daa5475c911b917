/**
 * The engine, started by boot.js while Python still starts: the download, and on machines with
 * enough processors the session too, then overlap with Python's start. Python takes over this very
 * worker (browser/ort.py), and its first `load` of the same model joins the load that is under way
 * (engine.js).
 */

import { chosenModel, device, threads } from "./device.js";

/**
 * @typedef {{worker: Worker, name: string, model: string, isStarted: boolean}} EarlyWorker
 *   `model` is the id and the mode that it was told to load; `isStarted`: it holds its lock, `name`
 */

const EARLY_ID = -1; // Python counts its own messages from 1
// Making the session keeps every thread busy. With fewer processors than this Python would start
// three times slower, and even the model would be ready later than one after the other.
const ENOUGH_PROCESSORS = 4;

/** @type {EarlyWorker | null} */
let early = null;
let isTaken = false;

/** @returns {string} a name for a worker and its lock that no other page has */
export const workerName = () =>
  `seethrough-engine-${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;

/**
 * Start the engine, and let it load the model where device.js allows that.
 * @param {(progress: {stage: string, done: number, total: number}) => void} onProgress
 */
export async function startEarly(onProgress) {
  const { mayDownload, mode: wanted } = await device();
  if (!mayDownload) return;
  const { id, baseUrl, manifest, modes } = await chosenModel();
  if (isTaken) return; // Python was faster, and has its own
  const mode = modes.includes(wanted) ? wanted : modes[0];
  const name = workerName();
  const worker = new Worker(new URL("./engine.js", import.meta.url), { type: "module", name });
  const mine = { worker, name, model: `${id} ${mode}`, isStarted: false };
  early = mine;
  worker.addEventListener("error", () => early === mine && (early = null));
  worker.addEventListener("message", ({ data }) => {
    if (data.id === 0) mine.isStarted = true;
    if (data.id !== EARLY_ID) return;
    if (data.progress) onProgress(data.progress);
    if (data.result) markOnce("seethrough.model-ready");
    if (data.error) console.info("early load:", data.error.key); // Python's own load tells it
  });
  const isEarly = navigator.hardwareConcurrency < ENOUGH_PROCESSORS;
  const message = { type: "load", manifest, baseUrl, threads: threads(), mode, isEarly };
  worker.postMessage({ id: EARLY_ID, ...message });
}

/**
 * Hand the early worker over; the second call gets null, as does one where none was started.
 * @returns {EarlyWorker | null}
 */
export function takeWorker() {
  const taken = early;
  isTaken = true;
  early = null;
  return taken;
}

/** Note a moment of the start, the first time it comes. @param {string} name */
export function markOnce(name) {
  if (!performance.getEntriesByName(name, "mark").length) performance.mark(name);
}
