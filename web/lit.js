/**
 * Where a look in passing stands, and which words and parts of a picture belong together.
 * It draws nothing and knows no model.
 */

const GAP = 8;
const CARD_WIDE = 352;
// Pages without a column of their own keep one over their right edge from this width on.
const COLUMN_FROM = 800;
// A box as broad as this is a row of a picture: the card stands beside it, where there is room.
const BROAD = 120;

/** @param {number} value @param {number} least @param {number} most */
const within = (value, least, most) => Math.max(least, Math.min(value, most));

/** The column in which sums are kept, where the page has room for one. @returns {{left: number, top: number, width: number} | null} */
function column() {
  const client = document.documentElement.clientWidth;
  const beside = document.querySelector(".walk-body .beside")?.getBoundingClientRect();
  if (beside) return beside.width > 0 && beside.left > client / 2 ? beside : null;
  return client < COLUMN_FROM
    ? null
    : { left: client - CARD_WIDE - GAP, top: GAP, width: CARD_WIDE };
}

/**
 * Put a card where it hides least: over the column of sums, else near the number.
 * @param {string} id @param {number[]} box left, top, right and bottom of the number in the window
 */
export function placeCard(id, box) {
  const card = document.getElementById(id);
  if (!card) return;
  const [left, top, right, bottom] = box;
  const client = document.documentElement.clientWidth;
  const place = column();
  const floor = document.querySelector(".transport")?.getBoundingClientRect().top ?? innerHeight;
  const low = Math.min(floor, innerHeight) - GAP;
  const wide = place?.width ?? Math.min(CARD_WIDE, client - 2 * GAP);
  card.style.width = `${wide}px`;
  card.style.maxHeight = `${low - GAP}px`;
  const high = card.getBoundingClientRect().height;
  const most = client - wide - GAP;
  let [x, y] = [within((left + right - wide) / 2, GAP, most), bottom + GAP];
  if (place && place.left >= right) [x, y] = [place.left, place.top];
  else if (place && left + GAP >= place.left) [x, y] = [place.left - GAP - wide, top];
  else if (right - left > BROAD && right + GAP <= most) [x, y] = [right + GAP, top];
  else if (y + high > low && top - GAP - high >= GAP) y = top - GAP - high;
  else if (y + high > low)
    x = left - GAP - wide >= GAP ? left - GAP - wide : within(right + GAP, GAP, most);
  card.style.left = `${x}px`;
  card.style.top = `${within(y, GAP, Math.max(low - high, GAP))}px`;
}

const LIT = "is-named";
const SHOWN = "is-of-hook";
const WORDS = "#view [data-names]";
const STRIPS = "#view canvas:is([data-raster^='strip:'], [data-raster^='slice:'])";
const TOKEN_OF = ".chip, .cut-word, .prompt-token";
/** @type {Set<Element>} */
const lit = new Set();
/** @type {EventTarget | null} what is pointed at or focused, while it lights something */
let followed = null;

/** @param {Element} part @returns {string} the cell that it shows, or the picture of many */
const cellOf = (part) => part.getAttribute("data-cell") ?? part.getAttribute("data-raster") ?? "";

/** A cell's hook without its block and place: `blocks.3.attn.hook_q[1,2,3]` is of `attn.hook_q`. @param {string} cell */
const leafOf = (cell) =>
  cell
    .replace(/^(strip|slice):/, "")
    .replace(/^blocks\.\d+\./, "")
    .replace(/(\.norm)?[[@].*$/, "");

/** The parts of pictures that hold a hook's numbers. @param {string} leaf @returns {Element[]} */
function partsOfHook(leaf) {
  const parts = document.querySelectorAll(`#view .plate-of [data-cell], ${STRIPS}`);
  return [...parts].filter((part) => leafOf(cellOf(part)) === leaf);
}

/** @param {Element} word @returns {string} what it names */
const nameOf = (word) => word.getAttribute("data-names") ?? "";

/** Everything that a word names. @param {Element} word @returns {Element[]} */
function partsOf(word) {
  const name = nameOf(word);
  const plate = document.querySelector("#view .plate-of, #view .panels");
  if (!plate || !name) return [];
  if (name === "token") {
    return [...plate.querySelectorAll("bdi, svg.labels text, svg .name")]
      .filter(
        (one) => one.textContent === word.textContent && !one.closest("[data-names], .sum-panel"),
      )
      .map((one) => one.closest(TOKEN_OF) ?? one);
  }
  const selector = `[data-part~="${CSS.escape(name)}"]${/[._]/.test(name) ? "" : `, .is-${CSS.escape(name)}`}`;
  return [...plate.querySelectorAll(selector), ...partsOfHook(name)];
}

function clear() {
  for (const element of lit) element.classList.remove(LIT);
  lit.clear();
  followed = null;
}

/** @param {Iterable<Element>} elements */
function lightUp(elements) {
  for (const element of elements) {
    element.classList.add(LIT);
    lit.add(element);
  }
}

/**
 * What an element of a picture is called: its names with the element that has each.
 * @param {Element} target @returns {Map<string, Element>}
 */
function namesOf(target) {
  /** @type {Map<string, Element>} */
  const names = new Map();
  /** @param {string} name @param {Element} element */
  const add = (name, element) => {
    if (name && !names.has(name)) names.set(name, element);
  };
  /** @type {Element | null} */
  let element = target;
  for (; element && element.id !== "view"; element = element.parentElement) {
    if (element.matches(".plate-of, .panel, .sum-panel")) break;
    for (const name of (element.getAttribute("data-part") ?? "").split(" ")) add(name, element);
    for (const name of element.classList) if (name.startsWith("is-")) add(name.slice(3), element);
    add(leafOf(cellOf(element)), element);
    const token = element.matches(TOKEN_OF) ? element.querySelector("bdi") : element;
    if (token?.matches("bdi, text"))
      add(`token ${token.textContent}`, token.closest(TOKEN_OF) ?? token);
  }
  return names;
}

/** A word lights what it names, a part of a picture the words that name it. @param {{target: EventTarget | null}} event */
function follow({ target }) {
  clear();
  if (!(target instanceof Element)) return;
  followed = target;
  const word = target.closest(WORDS);
  if (word) {
    lightUp([word, ...partsOf(word)]);
  } else if (target.closest("#view .plate-of, #view .panel")) {
    const names = namesOf(target);
    for (const one of document.querySelectorAll(WORDS)) {
      const name = nameOf(one);
      const part = names.get(name === "token" ? `token ${one.textContent}` : name);
      if (part) lightUp([one, part]);
    }
  }
}

/** After a panel is written anew: what is still pointed at lights what it names there. */
export function relight() {
  if (lit.size > 0) follow({ target: followed });
}

/** Light up a hook's parts until another is named; none for "". @param {string} leaf */
export function showHook(leaf) {
  for (const element of document.querySelectorAll(`#view .${SHOWN}`))
    element.classList.remove(SHOWN);
  if (!leaf) return;
  const parts = [
    ...document.querySelectorAll(`#view [data-part~="${CSS.escape(leaf)}"]`),
    ...partsOfHook(leaf),
  ];
  for (const part of parts) part.classList.add(SHOWN);
}

/**
 * Mark what a sum is made of, wherever it stands on the page.
 * @param {string[]} cells numbers by their `data-cell` @param {string[]} rows beginnings of strips' names
 */
export function lightSources(cells, rows) {
  const [named, held] = [new Set(cells), new Set(rows)];
  for (const element of document.querySelectorAll("#view [data-cell]")) {
    element.classList.toggle("is-source", named.has(cellOf(element)));
  }
  for (const canvas of document.querySelectorAll(STRIPS)) {
    const [row] = (canvas.getAttribute("data-raster") ?? "").split("~");
    canvas.classList.toggle("is-source", held.has(row));
  }
}

for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, follow);
document.addEventListener("focusout", clear);
document.documentElement.addEventListener("pointerleave", clear);
