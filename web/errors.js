/** Errors that name a sentence of the catalogue, and what is told of all others. */

/** A sentence's key and what fills its slots; Python and boot.js make the sentence of them. */
export class KeyedError extends Error {
  /** @param {string} key @param {Record<string, unknown>} [fields] */
  constructor(key, fields = {}) {
    super(`${key} ${JSON.stringify(fields)}`);
    this.key = key;
    this.fields = fields;
  }
}

/** @param {unknown} error @returns {boolean} whether somebody stopped the work on purpose */
export const isAborted = (error) => error instanceof Error && error.name === "AbortError";

/** @param {unknown} error @returns {string} all that it says */
const textOf = (error) => String(error instanceof Error ? error.message : error).trim();

/** @param {unknown} error @returns {string} what it says, short, for a sentence's slot */
export const reasonOf = (error) => textOf(error).slice(0, 300);

/** @param {unknown} error @returns {string} the same of its last line: what a traceback ends in */
export const endOf = (error) => reasonOf(textOf(error).split("\n").at(-1));
