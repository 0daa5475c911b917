/**
 * What is noted of a start, and the names of engines. A Python that starts in place of another one
 * (export/watch/) takes over its engine by `takeWorker`.
 */

/**
 * @typedef {{worker: Worker, name: string, model: string, isStarted: boolean}} EarlyWorker
 *   `model` is the id and the mode that it was told to load; `isStarted`: it holds its lock, `name`
 */

/** @returns {string} a name for a worker and its lock that no other page has */
export const workerName = () =>
  `seethrough-engine-${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;

/** @returns {EarlyWorker | null} an engine that runs already: none, unless the page is watched */
export const takeWorker = () => null;

/** Note a moment of the start, the first time it comes. @param {string} name */
export function markOnce(name) {
  if (!performance.getEntriesByName(name, "mark").length) performance.mark(name);
}
