/**
 * The sentences that JavaScript shows: the build writes them from the catalogue into index.html as
 * `<template data-message="key">` elements, so that a language is one folder of the catalogue.
 */

/**
 * The sentence of a key with its slots filled.
 * @param {string} key
 * @param {Record<string, unknown>} [fields]
 * @returns {string}
 */
export function sentence(key, fields = {}) {
  const template = document.querySelector(`template[data-message="${key}"]`);
  const text = template ? template.content.textContent.trim() : key;
  return text.replace(/\{(\w+)\}/g, (slot, name) => String(fields[name] ?? slot));
}

/**
 * Put one sentence into a slot of the page, as text; Python's panels use the same classes.
 * @param {string} slot the element's id
 * @param {string} text
 * @param {"stage" | "message is-notice" | "message is-error"} [kind]
 * @returns {HTMLElement} the slot
 */
export function say(slot, text, kind = "stage") {
  const element = document.getElementById(slot);
  const line = document.createElement("p");
  line.className = kind;
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
  made.dataset.action = action;
  made.textContent = text;
  made.addEventListener("click", onPress);
  return made;
}
