/**
 * A small dialog beside the word that asked for it. Escape, a click beside it, and a link inside it
 * close it; the focus goes back to the word. It knows no model.
 */

const WORDS = ".term";
const GAP = 8;

/** @type {HTMLElement | null} the word that was pressed last */
let asked = null;

/** @param {number} value @param {number} most */
const within = (value, most) => Math.max(GAP, Math.min(value, most));

/** Put the card below the word, above it where there is no room below. @param {HTMLElement} card @param {HTMLElement} word */
function place(card, word) {
  const [box, own] = [word.getBoundingClientRect(), card.getBoundingClientRect()];
  const isLow = box.bottom + GAP + own.height > innerHeight - GAP;
  const y = isLow ? box.top - GAP - own.height : box.bottom + GAP;
  const client = document.documentElement.clientWidth;
  card.style.left = `${within(box.left, client - own.width - GAP)}px`;
  card.style.top = `${within(y, innerHeight - own.height - GAP)}px`;
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
