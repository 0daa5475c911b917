/**
 * What a panel keeps when it is written anew: what scrolls inside itself stays where the reader put
 * it, a row of choices brings a new choice into sight, and a canvas that is the same stays with its
 * pixels. Places are read and set after the browser's own layout: asked for in between, each would
 * cost one more. It knows no model.
 */

const BOXES = ".scroll, .follows";
const ROWS = ".follows";
const CHOSEN = "[aria-current], [aria-pressed=true]";
// On a box that does not stand at its beginning: no other one is asked where it stands.
const MOVED = "data-scrolled";

/**
 * @typedef {{box: string, left: number, top: number, choice: string}} Stand which box it is, where it
 *   stands, and its choice
 * @type {Map<Element, Stand[]>} what was written anew since the last layout
 */
const written = new Map();

/** @type {Map<string, HTMLCanvasElement>} the pictures of the panel that is being written */
let pictures = new Map();

/** @param {Element} panel @returns {HTMLCanvasElement[]} */
const picturesOf = (panel) => [...panel.querySelectorAll("canvas[data-raster]")];

/** @param {Element} box */
const chosenOf = (box) => (box.matches(ROWS) ? box.querySelector(CHOSEN) : null);

/** What a row's choice is called: it may be another element after a writing. @param {Element} box */
function choiceOf(box) {
  const chosen = chosenOf(box);
  return chosen ? `${chosen.getAttribute("href")} ${chosen.getAttribute("data-position")}` : "";
}

/** What tells a box from another in its place. @param {Element} box */
const boxName = (box) => `${box.tagName} ${box.id} ${box.className}`;

/** @param {Element} box @returns {Stand} */
function standOf(box) {
  const [left, top] = box.hasAttribute(MOVED) ? [box.scrollLeft, box.scrollTop] : [0, 0];
  return { box: boxName(box), left, top, choice: choiceOf(box) };
}

/** Note whether a box stands elsewhere than at its beginning. @param {Element} box */
const note = (box) => box.toggleAttribute(MOVED, box.scrollLeft !== 0 || box.scrollTop !== 0);

/** Scroll a row alone, never the page, until what is chosen stands in its middle. @param {Element} box */
function showChosen(box) {
  const chosen = chosenOf(box);
  const isCut = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
  if (!chosen || !isCut) return;
  const [row, one] = [box.getBoundingClientRect(), chosen.getBoundingClientRect()];
  box.scrollBy({
    left: (one.left + one.right - row.left - row.right) / 2,
    top: (one.top + one.bottom - row.top - row.bottom) / 2,
    behavior: "instant",
  });
  note(box);
}

/** @param {Element} panel @param {Stand[]} before */
function restore(panel, before) {
  const boxes = [...panel.querySelectorAll(BOXES)];
  boxes.forEach((box, at) => {
    const stand = before[at]?.box === boxName(box) ? before[at] : null;
    if (stand?.left || stand?.top) {
      [box.scrollLeft, box.scrollTop] = [stand.left, stand.top];
      note(box);
    }
    if ((stand?.choice ?? "") !== choiceOf(box)) showChosen(box);
  });
}

function settle() {
  const all = [...written].filter(([panel]) => panel.isConnected);
  written.clear();
  for (const [panel, before] of all) restore(panel, before);
}

// It is called once for every new observation, after layout and before the picture.
const layout = new ResizeObserver(() => {
  layout.disconnect();
  settle();
});

/** Before a panel is written anew: its boxes' places are given back after the next layout. @param {Element} panel */
export function keep(panel) {
  pictures = new Map(picturesOf(panel).map((canvas) => [canvas.dataset.raster ?? "", canvas]));
  if (written.has(panel)) return; // what stood before the first of two writings counts
  if ([...written.keys()].some((other) => other.contains(panel) || panel.contains(other))) settle();
  written.set(panel, [...panel.querySelectorAll(BOXES)].map(standOf));
  layout.observe(document.documentElement);
}

/** After it: canvases that are the same as before take their places again. @param {Element} panel */
export function takeOver(panel) {
  for (const canvas of picturesOf(panel)) {
    const before = pictures.get(canvas.dataset.raster ?? "");
    if (!before?.isEqualNode(canvas)) continue;
    pictures.delete(before.dataset.raster ?? ""); // two may be alike: each place gets one
    canvas.replaceWith(before);
  }
  pictures = new Map();
}

document.addEventListener(
  "scroll",
  ({ target }) => {
    if (target instanceof Element && target.matches(BOXES)) note(target);
  },
  { capture: true, passive: true },
);

// A window of another width cuts other choices off; a bar of the browser that comes or goes does not.
let wide = innerWidth;
addEventListener("resize", () => {
  if (wide === innerWidth) return;
  wide = innerWidth;
  document.querySelectorAll(ROWS).forEach(showChosen);
});
