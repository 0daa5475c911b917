/** Hands files to the reader, and tells how it went. */

const NAME = "seethrough";
const KEPT_MS = 60_000;

/**
 * @typedef {"saved" | "blocked" | "framed" | "app" | "failed" | "empty"} End "framed": it stands inside a page
 *   of someone else's, "app": an app shows it; either may forbid it and does not tell
 * @typedef {{end: End, name: string}} Handed `name` is the file's
 */

// An app that shows pages by itself: Android's says so, Apple's lacks the name of the browser.
const APP = /; wv\)|\((iPhone|iPad|iPod)(?!.*Safari\/)/;

/** @returns {End} what comes of a download here, as far as a page can know */
function end() {
  /** @type {Window} */
  let inner = self;
  while (inner !== inner.parent) {
    const frame = frameOf(inner);
    if (!frame) return "framed";
    const allowed = frame.getAttribute("sandbox")?.split(/\s+/);
    if (allowed && !allowed.includes("allow-downloads")) return "blocked";
    inner = inner.parent;
  }
  return APP.test(navigator.userAgent) ? "app" : "saved";
}

/** @param {Window} inner @returns {Element | null} null where the page around is of another origin */
function frameOf(inner) {
  try {
    return inner.frameElement;
  } catch {
    return null;
  }
}

/** @returns {string[]} what the address says is shown: the view, its subject, the step */
export function place() {
  return location.hash
    .split("?")[0]
    .split("/")
    .filter((part) => part && part !== "#");
}

/**
 * Hand a file to the reader.
 * @param {BlobPart} data
 * @param {string} type
 * @param {string} suffix
 * @param {string[]} [names] what the file's name tells
 * @returns {Handed}
 */
export function handData(data, type, suffix, names = place()) {
  const link = document.createElement("a");
  link.download = `${[NAME, ...names].join("-")}.${suffix}`;
  link.href = URL.createObjectURL(new Blob([data], { type }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
  return { end: end(), name: link.download };
}
