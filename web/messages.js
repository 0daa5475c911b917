/**
 * The sentences that JavaScript shows. The build makes them of the catalogue: the English ones as
 * `<template data-message="key">` elements of index.html, which are there whatever else fails, the
 * others as a file for each language, languages/<language>.json.
 */

import { SCOPE } from "./stores.js";

/**
 * @typedef {{language: string, direction: string, sentences: Record<string, string>}} Language
 *   what a file holds; `direction` as HTML's `dir`
 */

const FALLBACK = "en";
const LEARN_MS = 3000;

/** @type {Language} */
let spoken = { language: FALLBACK, direction: "ltr", sentences: {} };

/** @returns {string | null} the language of the address, null for what index.html holds itself */
function wanted() {
  const [, query] = location.hash.split("?");
  const language = new URLSearchParams(query).get("lang");
  const known = document.documentElement.dataset.languages?.split(" ") ?? [];
  return language && known.includes(language) ? language : null;
}

/** Fetch the sentences of the address' language; without them it stays English. */
async function learn() {
  const language = wanted();
  if (!language) return;
  try {
    const options = { signal: AbortSignal.timeout(LEARN_MS) };
    const response = await fetch(`${SCOPE}languages/${language}.json`, options);
    spoken = { ...spoken, ...(await response.json()) };
  } catch {
    // missing, or not what it should be: what is shown says English
  }
}

/** Settled once the sentences are here, or cannot be had. */
export const learned = learn();

/** @param {string} key @returns {string} */
function templateOf(key) {
  if (Object.hasOwn(spoken.sentences, key)) return spoken.sentences[key];
  const template = document.querySelector(`template[data-message="${key}"]`);
  return template instanceof HTMLTemplateElement
    ? (template.content.textContent ?? "").trim()
    : key;
}

/**
 * The sentence of a key with its slots filled.
 * @param {string} key
 * @param {Record<string, unknown>} [fields]
 * @returns {string}
 */
export function sentence(key, fields = {}) {
  return templateOf(key).replace(/\{(\w+)\}/g, (slot, name) => String(fields[name] ?? slot));
}

/** @param {number} bytes @returns {string} in millions, as the reader's language writes numbers */
export function megabytes(bytes) {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return (bytes / 1e6).toLocaleString([spoken.language, FALLBACK], digits);
}

/**
 * Put one sentence into a slot of the page, as text; Python's panels use the same classes.
 * @param {string} slot the element's id
 * @param {string} text
 * @param {"stage" | "message is-notice" | "message is-error"} [kind]
 * @returns {HTMLElement} the slot
 */
export function say(slot, text, kind = "stage") {
  const element = /** @type {HTMLElement} */ (document.getElementById(slot));
  const line = document.createElement("p");
  line.className = kind;
  [line.lang, line.dir] = [spoken.language, spoken.direction];
  if (kind !== "stage") line.setAttribute("role", kind.endsWith("is-error") ? "alert" : "status");
  line.textContent = text;
  element.replaceChildren(line);
  element.hidden = false;
  return element;
}

/**
 * A button of the page, for a slot.
 * @param {string} action its data-action
 * @param {string} text
 * @param {() => void} onPress
 * @returns {HTMLButtonElement}
 */
export function button(action, text, onPress) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.dataset.action = action;
  made.lang = spoken.language;
  made.textContent = text;
  made.addEventListener("click", onPress);
  return made;
}
