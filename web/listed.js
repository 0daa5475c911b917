/** The list of the site's files, which the build writes into sw.js. */

/** @typedef {Record<string, [bytes: number, hash: string]>} Files SHA-256 in base64, by path */

const LIST = /^const SITE = .*?(\{\n[\s\S]*?\n\})\);$/m;

/**
 * The list out of the text of sw.js.
 * @param {string} text
 * @returns {Files} throws where there is none
 */
export function listIn(text) {
  const [, list] = LIST.exec(text) ?? [];
  if (!list) throw new Error("sw.js has no list");
  return JSON.parse(list).files;
}
