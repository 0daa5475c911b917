/**
 * What the reader presses before Python is there: kept, and done once it is.
 *
 * A press is known by what its element says of itself: Python may write the element anew, and a
 * first visit's reload may come in between. Links need no keeping: the address has them.
 */

import { after } from "./site.js";

/** @typedef {{element: string, value: string | null}} Press a selector; a choice has its value */

const PLACES = ":is(#view, #tools)";
const MOST = 50;

/** @type {Press[]} in the order of pressing */
let kept = [];

/** @param {Element} element @returns {string} a selector of what does the same */
function selectorOf(element) {
  const isChoice = element instanceof HTMLSelectElement;
  const told = [...element.attributes].filter(
    ({ name }) => name.startsWith("data-") || (name === "value" && !isChoice),
  );
  const given = told.map(({ name, value }) => `[${name}="${CSS.escape(value)}"]`);
  return `${PLACES} ${element.localName}${given.join("")}`;
}

/** @param {Event} event */
function keep({ type, target }) {
  if (!(target instanceof Element) || kept.length >= MOST) return;
  const kind = type === "click" ? "button" : "select";
  const element = target.closest(`${PLACES} ${kind}[data-action]`);
  if (!element) return;
  element.setAttribute("aria-busy", "true");
  const value = element instanceof HTMLSelectElement ? element.value : null;
  kept.push({ element: selectorOf(element), value });
}

/** @param {Element} element @param {string | null} value */
function press(element, value) {
  if (element instanceof HTMLButtonElement) element.click();
  if (!(element instanceof HTMLSelectElement) || value === null) return;
  element.value = value;
  element.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Python is up, or it will not be: do what is kept, each when the one before is shown. */
async function end() {
  removeEventListener("click", keep, true);
  removeEventListener("change", keep, true);
  const isReady = document.documentElement.dataset.boot === "ready";
  for (const { element, value } of kept) {
    const found = document.querySelector(element);
    found?.removeAttribute("aria-busy");
    if (isReady && found) press(found, value);
    await after(0);
  }
}

/** @returns {string} what is kept, for the same page after a reload */
export const presses = () => JSON.stringify(kept);

/**
 * Keep presses from now on, until the start is over.
 * @param {string | null} before what a page before its reload had kept
 * @param {() => boolean} isOver
 */
export function keepPresses(before, isOver) {
  kept = before ? JSON.parse(before) : [];
  addEventListener("click", keep, true);
  addEventListener("change", keep, true);
  const watch = new MutationObserver(() => {
    if (!isOver()) return;
    watch.disconnect();
    end();
  });
  watch.observe(document.documentElement, { attributeFilter: ["data-boot"] });
}
