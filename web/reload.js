/** The one automatic reload of a start, and what the reader had pressed before it. */

import { presses } from "./pressed.js";
import { recall, remember } from "./site.js";

const GUARD = "reloaded";
const PRESSED = "pressed";

/** @returns {Storage | undefined} undefined where the reader forbids it */
function session() {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

/**
 * Reload once; a second time in a row is refused, so that no page can loop.
 * @returns {boolean} whether a reload is on its way
 */
export function reloadOnce() {
  const guard = session();
  if (!guard || recall(GUARD, guard) || !remember(GUARD, "1", guard)) return false;
  // What is pressed while the reload is on its way counts too.
  addEventListener("pagehide", () => remember(PRESSED, presses(), guard));
  location.reload();
  return true;
}

/** The start went well, or the reader asks for another: the next automatic reload is free again. */
export function allowReload() {
  const guard = session();
  if (guard) remember(GUARD, null, guard);
}

/** @returns {string | null} what was pressed before the reload that led here; it is told once */
export function pressedBefore() {
  const place = session();
  const kept = place ? recall(PRESSED, place) : null;
  if (place) remember(PRESSED, null, place);
  return kept;
}
