/** Hands files to the reader, and tells how it went. */

const NAME = "seethrough";
const KEPT_MS = 60_000;

/**
 * @typedef {"saved" | "blocked" | "framed" | "failed"} End "framed": it stands inside a page of
 * someone else's, which may forbid it and does not tell
 */

/** @returns {End} what comes of a download here, as far as a page can know */
function end() {
  if (self === top) return "saved";
  const frame = window.frameElement; // null where the page around is of another origin
  if (!(frame instanceof HTMLElement) || !frame.hasAttribute("sandbox")) {
    return frame ? "saved" : "framed";
  }
  const allowed = frame.getAttribute("sandbox")?.split(/\s+/) ?? [];
  return allowed.includes("allow-downloads") ? "saved" : "blocked";
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
 * @returns {End}
 */
export function handData(data, type, suffix, names = place()) {
  const link = document.createElement("a");
  link.download = `${[NAME, ...names].join("-")}.${suffix}`;
  link.href = URL.createObjectURL(new Blob([data], { type }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
  return end();
}
