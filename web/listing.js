/** What this build has, by its own lists: models.json and each model's manifest, read once. */

/**
 * @typedef {import("./download.js").Manifest} Manifest
 * @typedef {{id: string, path: string, default: boolean, modes: string[]}} Card `path` is the
 *   model's folder; `modes`: the weight modes in which the engine can hold the model
 * @typedef {{models: Card[], engine: import("./listed.js").Files,
 *   learning?: import("./listed.js").Files}} Listing `engine` has the
 *   runtime's own files, which are fetched with the first model
 *   `learning` what training needs
 */

/** @type {Map<string, Promise<any>>} */
const reads = new Map();
/** @type {Map<string, string>} what was read here, for Python, which reads the same lists */
const texts = new Map();
const IS_LIST = /^(models|.*\/manifest)\.json$/;

/** @param {string} path @returns {Promise<any>} */
async function json(path) {
  const response = await fetch(new URL(`./${path}`, import.meta.url));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  const text = await response.text();
  const read = JSON.parse(text);
  texts.set(path, text);
  return read;
}

/** @param {string} path @returns {Promise<any>} rejects where it cannot be read; asked again then */
function once(path) {
  const known = reads.get(path);
  if (known) return known;
  const read = json(path);
  reads.set(path, read);
  read.catch(() => reads.delete(path));
  return read;
}

/** @returns {Promise<Listing>} rejects where the site's own list cannot be read */
export const listing = () => once("models.json");

/** @param {Card} card @returns {Promise<Manifest>} */
export const manifestOf = (card) => once(`${card.path}manifest.json`);

/** @param {string} path of a list @returns {Promise<string | null>} its text, where it was read here */
export async function known(path) {
  await reads.get(path)?.catch(() => {});
  return texts.get(path) ?? null;
}

/** Take over a list that Python has read, so that it is fetched once. @param {string} path @param {string} text */
export function lend(path, text) {
  if (!IS_LIST.test(path) || reads.has(path)) return;
  try {
    reads.set(path, Promise.resolve(JSON.parse(text)));
  } catch {
    // Python says what is wrong with it
  }
}
