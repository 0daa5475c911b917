/**
 * Writes a panel anew and keeps what stays the same: its elements, with the pixels, the places that
 * the reader scrolled to, what is unfolded, typed or marked in them. A row of choices brings a new
 * choice into sight, after the browser's own layout: asked for in between, each would cost one more.
 * It knows no model.
 */

import { relight } from "./lit.js";
import morphdom from "./vendor/morphdom.js";

const BOXES = ".scroll, .follows";
const ROWS = ".follows";
const CHOSEN = "[aria-current], [aria-pressed=true]";
const CONTROLS = "input, select, textarea";

/** @type {WeakMap<Element, string>} the choice that each row has brought into sight */
const shown = new WeakMap();

/** What a row's choice is called: it may be another element after a writing. @param {Element} row */
function choiceOf(row) {
  const chosen = row.querySelector(CHOSEN);
  return chosen ? `${chosen.getAttribute("href")} ${chosen.getAttribute("data-position")}` : "";
}

/** Scroll a row alone, never the page, until what is chosen stands in its middle. @param {Element} row */
function showChosen(row) {
  shown.set(row, choiceOf(row));
  const chosen = row.querySelector(CHOSEN);
  const isCut = row.scrollWidth > row.clientWidth || row.scrollHeight > row.clientHeight;
  if (!chosen || !isCut) return;
  const [box, one] = [row.getBoundingClientRect(), chosen.getBoundingClientRect()];
  row.scrollBy({
    left: (one.left + one.right - box.left - box.right) / 2,
    top: (one.top + one.bottom - box.top - box.bottom) / 2,
    behavior: "instant",
  });
}

// It is called once for every new observation, after layout and before the picture.
const layout = new ResizeObserver(() => {
  layout.disconnect();
  for (const row of document.querySelectorAll(ROWS)) {
    if ((shown.get(row) ?? "") !== choiceOf(row)) showChosen(row);
  }
});

/**
 * Before an element becomes another: what the reader did to it goes over.
 * @param {HTMLElement} before @param {HTMLElement} after
 * @returns {boolean} whether there is anything to do
 */
function update(before, after) {
  const hasControls = before.matches(CONTROLS) || before.querySelector(CONTROLS) !== null;
  if (!hasControls && before.isEqualNode(after)) return false;
  if (before instanceof HTMLDetailsElement && before.id) after.toggleAttribute("open", before.open);
  const isTyping = before === document.activeElement && before.matches("input[type=text]");
  if (isTyping && after instanceof HTMLInputElement) {
    after.value = /** @type {HTMLInputElement} */ (before).value;
  }
  if (before instanceof HTMLCanvasElement) Reflect.deleteProperty(before, "painted");
  // Another picture's place is none in this one.
  if (before.className !== after.className && before.matches(BOXES)) before.scrollTo(0, 0);
  return true;
}

/** Write a panel anew. @param {Element} panel @param {string} markup */
export function write(panel, markup) {
  const next = /** @type {Element} */ (panel.cloneNode(false));
  next.innerHTML = markup;
  morphdom(panel, next, { childrenOnly: true, onBeforeElUpdated: update });
  relight();
  layout.observe(document.documentElement);
}

// A window of another width cuts other choices off; a bar of the browser that comes or goes does not.
let wide = innerWidth;
addEventListener("resize", () => {
  if (wide === innerWidth) return;
  wide = innerWidth;
  document.querySelectorAll(ROWS).forEach(showChosen);
});
