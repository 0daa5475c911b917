/**
 * A small dialog beside the sentence of the word that asked for it. Escape, a click beside it, and a link inside it
 * close it; the focus goes back to the word. It knows no model.
 */

const WORDS = ".term";
const SENTENCES = "p, li, dt, dd, th, td, figcaption, caption, label, summary, h2, h3";
const GAP = 8;

/** @type {HTMLElement | null} the word that was pressed last */
let asked = null;

/** @param {number} value @param {number} most */
const within = (value, most) => Math.max(GAP, Math.min(value, most));

/**
 * How far down the card stands: below the sentence of its word, else above it, so that it can be
 * read on; of a sentence that leaves no room, at the edge of the window that is further from the word.
 * @param {DOMRect} word @param {DOMRect} sentence @param {number} high
 */
function down(word, sentence, high) {
  const below = sentence.bottom + GAP;
  const above = sentence.top - GAP - high;
  if (below + high <= innerHeight - GAP) return below;
  if (above >= GAP) return above;
  return word.top + word.bottom < innerHeight ? innerHeight - GAP - high : GAP;
}

/** Put the card beside its word's sentence; one as wide as the window stands in its middle. @param {HTMLElement} card @param {HTMLElement} word */
function place(card, word) {
  const [box, own] = [word.getBoundingClientRect(), card.getBoundingClientRect()];
  const sentence = (word.closest(SENTENCES) ?? word).getBoundingClientRect();
  const free = document.documentElement.clientWidth - own.width;
  card.style.left = `${free < own.width / 2 ? free / 2 : within(box.left, free - GAP)}px`;
  card.style.top = `${within(down(box, sentence, own.height), innerHeight - own.height - GAP)}px`;
}

/** Open the dialog beside the word that was pressed last. @param {string} id */
export function openCard(id) {
  const card = document.getElementById(id);
  if (!(card instanceof HTMLDialogElement) || card.open) return;
  card.showModal();
  if (asked?.isConnected) place(card, asked);
}

document.addEventListener(
  "click",
  (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const word = /** @type {HTMLElement | null} */ (target?.closest(WORDS) ?? null);
    asked = word ?? asked;
    // Its link leads to the list of terms: before Python is there, and in a tab of its own.
    if (word && document.documentElement.dataset.boot === "ready") event.preventDefault();
    const card = target?.closest("dialog.card-of-term");
    // A click beside the card is one on the dialog itself: its content fills it.
    if (card instanceof HTMLDialogElement && (target === card || target?.closest("a")))
      card.close();
  },
  { capture: true },
);
// Browsers give the focus back to what had it; a pressed word has none in some.
document.addEventListener(
  "close",
  (event) => {
    if (event.target instanceof Element && event.target.matches("dialog.card-of-term"))
      asked?.focus({ preventScroll: true });
  },
  { capture: true },
);
