/**
 * What a reader takes along: the address, the picture of a step, the numbers behind it. Everything
 * is made of what stands on the page; nothing is computed here.
 */

import { handData, place } from "./hand.js";
import { headed, pngOf } from "./headed.js";
import { csvOf, tablesOf, zipOf } from "./tables.js";

const PLATE = ":is(.plate-of, .panels, .chart-frame, .slot.is-proof)";
// What goes into a saved walk beside its steps.
const PARTS_OF_PAGE = ["./style.css", "./saved.js", "./icon.svg"];
const LIBRARY = "./vendor/html-to-image.js";
// While it is there, what steers the page gives its room to the picture.
const PICTURED = "is-pictured";
const MARGIN = 24; // px, around a picture
// How a mark of a drawing looks, as attributes of SVG.
const PAINT = [
  "display",
  "dominant-baseline",
  "fill",
  "fill-opacity",
  "font-family",
  "font-size",
  "font-weight",
  "opacity",
  "paint-order",
  "stroke",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "stroke-opacity",
  "stroke-width",
  "text-anchor",
  "visibility",
];

/** Put text on the clipboard. @param {string} text @returns {Promise<boolean>} */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // not allowed, or not on https
  }
}

/** One table is a CSV; several are one each, in a ZIP. */
function numbers() {
  const grids = tablesOf(PLATE);
  if (!grids.length) return /** @type {const} */ ({ end: "empty", name: "" });
  if (grids.length === 1) return handData(csvOf(grids[0]), "text/csv", "csv");
  return handData(zipOf(grids), "application/zip", "zip");
}

function json() {
  const told = { title: document.title, address: location.href, tables: tablesOf(PLATE) };
  if (!told.tables.length) return /** @type {const} */ ({ end: "empty", name: "" });
  return handData(`${JSON.stringify(told, null, 1)}\n`, "application/json", "json");
}

/** @param {Blob} blob @returns {Promise<string>} */
function dataAddress(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** @param {string} path of a file of the site */
async function textOf(path) {
  const answer = await fetch(new URL(path, document.baseURI));
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.text();
}

/** @returns {FontFace[]} the page's font faces that are in use */
const inUse = () => [...document.fonts].filter((face) => face.status === "loaded");

/**
 * The rules of some font faces, with their bytes: what is saved stands alone.
 * @param {FontFace[]} used
 */
async function fonts(used) {
  /** @param {CSSFontFaceRule} rule */
  const isUsed = ({ style }) =>
    used.some(
      (face) =>
        face.family.replaceAll('"', "") ===
          style.getPropertyValue("font-family").replaceAll('"', "") &&
        face.unicodeRange.replaceAll(" ", "") ===
          style.getPropertyValue("unicode-range").replaceAll(" ", ""),
    );
  const rules = [...document.styleSheets]
    .flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => rule instanceof CSSFontFaceRule)
    .filter(isUsed);
  const faces = rules.map(async (rule) => {
    const [, path] = /url\("?([^")]+)"?\)/.exec(rule.style.getPropertyValue("src")) ?? [];
    const file = await fetch(new URL(path, rule.parentStyleSheet?.href ?? document.baseURI));
    return rule.cssText.replace(path, await dataAddress(await file.blob()));
  });
  return (await Promise.all(faces)).join("\n");
}

/**
 * @param {Element} mark of a drawing
 * @returns {[() => void, () => void]} gives it its look as attributes, takes them away again
 */
function paintMark(mark) {
  const style = getComputedStyle(mark);
  const look = PAINT.map((name) => style.getPropertyValue(name));
  const before = PAINT.map((name) => mark.getAttribute(name));
  /** @param {(string | null)[]} values */
  const wear = (values) =>
    PAINT.forEach((name, at) => {
      const value = values[at];
      if (value === null) mark.removeAttribute(name);
      else mark.setAttribute(name, value);
    });
  return [() => wear(look), () => wear(before)];
}

/**
 * @param {HTMLElement} word of HTML that stands in a drawing
 * @returns {[() => void, () => void]} gives it its look as a style, takes it away again
 */
function paintWord(word) {
  const style = getComputedStyle(word);
  const look = [...style].map((name) => `${name}:${style.getPropertyValue(name)}`).join(";");
  const before = word.style.cssText;
  /** @param {string} text */
  const wear = (text) => {
    word.style.cssText = text;
    if (!text) word.removeAttribute("style");
  };
  return [() => wear(look), () => wear(before)];
}

/**
 * Let what stands inside a drawing carry what the style sheet gives it: html-to-image leaves that
 * behind inside an SVG, and bars come out black.
 * @param {HTMLElement} plate
 * @returns {() => void} takes it away again
 */
function paint(plate) {
  const looks = [...plate.querySelectorAll("svg, svg *")].map((element) =>
    element instanceof HTMLElement ? paintWord(element) : paintMark(element),
  );
  for (const [wear] of looks) wear();
  return () => looks.forEach(([, undo]) => undo());
}

/**
 * Give letters the size that they have on the page: html-to-image takes what is behind the point
 * and a tenth of a pixel off each, and a line of 1,200 px ends 4 px short.
 * @param {string} address of its picture
 * @param {Element} plate
 */
function withLetters(address, plate) {
  /** @type {Map<string, string>} */
  const sizes = new Map();
  for (const element of [plate, ...plate.querySelectorAll("*")]) {
    const size = Number.parseFloat(getComputedStyle(element).fontSize);
    sizes.set(`${Math.floor(size) - 0.1}`, `${size}`);
  }
  return address.replace(
    /(font(?:-size)?%3A(?:(?!%3B).)*?%20)([\d.]+)(?=px)/g, // alone, or among all of a font
    (whole, name, size) => name + (sizes.get(size) ?? size),
  );
}

/**
 * The step as a picture, with what it is over it: what is folded stays folded.
 * @param {import("./headed.js").Told} told
 */
async function picture(told) {
  await import(LIBRARY);
  /** @type {HTMLElement | null} */
  const plate = document.querySelector(PLATE);
  if (!plate) throw new Error("no picture on this page");
  const root = document.documentElement;
  const fontEmbedCSS = await fonts(inUse());
  root.classList.add(PICTURED);
  const unpaint = paint(plate);
  try {
    const width = plate.offsetWidth + 2 * MARGIN;
    const height = plate.offsetHeight + 2 * MARGIN;
    const address = await window.htmlToImage.toSvg(plate, {
      backgroundColor: getComputedStyle(root).backgroundColor,
      fontEmbedCSS,
      width,
      height,
      style: { boxSizing: "border-box", margin: "0", padding: `${MARGIN}px` },
    });
    return headed(withLetters(address, plate), told, { width, height, margin: MARGIN });
  } finally {
    unpaint();
    root.classList.remove(PICTURED);
  }
}

/**
 * Save the step's picture or the numbers of its tables.
 * @param {"svg" | "png" | "csv" | "json"} kind
 * @param {string} title what the step is
 * @param {string} prompt
 * @param {string} model
 * @returns {Promise<import("./hand.js").Handed>}
 */
export async function save(kind, title, prompt, model) {
  if (kind === "csv") return numbers();
  if (kind === "json") return json();
  try {
    const made = await picture({ title, prompt, model });
    if (kind === "svg") return handData(made.text, "image/svg+xml", kind);
    return handData(await pngOf(made), "image/png", kind);
  } catch (error) {
    console.warn(error);
    return { end: "failed", name: "" };
  }
}

/**
 * What a saved walk takes from this page: style with the fonts of its text, script, icon.
 * @param {string} text
 * @returns {Promise<{style: string, script: string, icon: string} | null>} null: one did not come
 */
export async function insideOf(text) {
  try {
    const [style, script, icon] = await Promise.all(PARTS_OF_PAGE.map(textOf));
    const families = new Set([...document.fonts].map((face) => face.family));
    const faces = await Promise.all(
      [...families].map((family) => document.fonts.load(`1em ${quoted(family)}`, text)),
    );
    const bare = style.replace(/@font-face\s*\{[^}]*\}/g, "");
    return { style: `${await fonts(faces.flat())}\n${bare}`, script, icon };
  } catch (error) {
    console.warn(error);
    return null;
  }
}

/** @param {string} family as a browser names it, in quotation marks or not */
const quoted = (family) => `"${family.replaceAll('"', "")}"`;

/**
 * Hand out a saved walk: a file for all steps.
 * @param {string} markup
 * @returns {import("./hand.js").Handed}
 */
export function handPage(markup) {
  return handData(markup, "text/html", "html", place().slice(0, 2));
}

/**
 * Hand out a text, or bytes, as a file of its own kind.
 * @param {BlobPart} text
 * @param {string} type
 * @param {string} suffix
 * @returns {import("./hand.js").Handed}
 */
export function handText(text, type, suffix) {
  return handData(text, type, suffix);
}

/** Large type and nothing but the step; full screen where the browser allows it. @param {boolean} is */
export async function present(is) {
  document.documentElement.classList.toggle("is-presenting", is);
  try {
    if (is) await document.documentElement.requestFullscreen();
    else if (document.fullscreenElement) await document.exitFullscreen();
  } catch {
    // Without full screen it is still large.
  }
}
