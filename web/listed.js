/** The list of the site's files, which the build writes into sw.js. */

/**
 * @typedef {Record<string, [bytes: number, hash: string]>} Files SHA-256 in base64, by path
 * @typedef {{files: Files, later: string[]}} Listed `later` are those that no start needs: the
 *   engine's, models' tokenisers, recorded walks but the first
 */

const LIST = /^const SITE = .*?(\{".*\})\);$/m;

/**
 * The lists out of the text of sw.js.
 * @param {string} text
 * @returns {Listed} throws where there are none
 */
export function listIn(text) {
  const [, list] = LIST.exec(text) ?? [];
  if (!list) throw new Error("sw.js has no list");
  const { files, later } = JSON.parse(list);
  const paths = Object.keys(files);
  return { files, later: later.map((/** @type {number} */ at) => paths[at]) };
}
