/**
 * The page's own reload: at most one in a row, so that no page can loop.
 *
 * What is noted before it lies in the session's storage, which belongs to this tab alone. Where a
 * reload changes the process (in Chromium: to an isolated page, or from one) that storage can come
 * back as an older one, with a note that was crossed out: it counts only if it is younger than the
 * last start that went on, which the storage of all tabs knows.
 */

import { recall, remember, STARTED } from "./site.js";

/** @typedef {{at: number, pressed: string}} Note when, and what was pressed before it */

const NOTE = "reloaded";

/** @returns {Storage | undefined} undefined where the reader forbids it */
function session() {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

/** @returns {Note | null} what the page noted before its own reload that led here */
export function noted() {
  const place = session();
  const kept = place && recall(NOTE, place);
  /** @type {Note | null} */
  const note = kept ? JSON.parse(kept) : null;
  return note && note.at > Number(recall(STARTED) ?? 0) ? note : null;
}

/**
 * Reload once; a second time in a row is refused.
 * @param {string} pressed what is to be done after it
 * @returns {boolean} whether a reload is on its way
 */
export function reloadOnce(pressed) {
  const place = session();
  if (!place || noted() || !remember(NOTE, JSON.stringify({ at: Date.now(), pressed }), place)) {
    return false;
  }
  location.reload();
  return true;
}

/** The start went well, or the reader asks for another: the next automatic reload is free again. */
export function allowReload() {
  const place = session();
  if (!place || !recall(NOTE, place)) return;
  remember(NOTE, null, place);
  remember(STARTED, `${Date.now()}`);
}
