/**
 * The film of a step. Elements say when they enter (`data-at`, a moment from 0), how (`data-move`)
 * and from where (`data-from`, an element's id); this sets each one's place in time and, when time
 * moves on by one moment, performs the move. It draws nothing of its own and knows no model.
 *
 * No moment is the end: the whole picture, as it stands without any film.
 */

/** @typedef {"appear" | "rise" | "fly" | "sweep" | "grow" | "after"} Move `data-move` */

/** @type {Record<Move, number>} */
const MOVE_MS = { appear: 240, rise: 240, fly: 900, sweep: 900, grow: 480, after: 240 };
// What is told of a thing that flies comes when it has arrived.
/** @type {Partial<Record<Move, number>>} */
const WAITS = { after: MOVE_MS.fly };
const STAGGER_MS = 12;
const MOST_STAGGER_MS = 600;
// More at once than a screen can move without a halt: they stand there together.
const MOST_MOVES = 120;
const TRAVEL = "cubic-bezier(0.65, 0, 0.35, 1)";
const ARRIVE = "cubic-bezier(0.2, 0.7, 0.2, 1)";

/** @param {Element} element @param {Element} source @returns {Keyframe[]} */
function flight(element, source) {
  const [to, from] = [element.getBoundingClientRect(), source.getBoundingClientRect()];
  const [x, y] = [from.left - to.left, from.top - to.top];
  const [wide, high] = [from.width / (to.width || 1), from.height / (to.height || 1)];
  return [
    {
      transformOrigin: "0 0",
      transform: `translate(${x}px, ${y}px) scale(${wide}, ${high})`,
      opacity: 0.4,
    },
    { transformOrigin: "0 0", transform: "none", opacity: 1 },
  ];
}

/** @param {HTMLElement} element @returns {Move} */
const moveOf = (element) => {
  const { move } = element.dataset;
  return move !== undefined && Object.hasOwn(MOVE_MS, move) ? /** @type {Move} */ (move) : "appear";
};

/** @param {HTMLElement} element @returns {Keyframe[]} */
function frames(element) {
  const source = document.getElementById(element.dataset.from ?? "");
  const move = moveOf(element);
  if (move === "fly" && source) return flight(element, source);
  if (move === "sweep") return [{ clipPath: "inset(0 100% 0 0)" }, { clipPath: "inset(0 0 0 0)" }];
  if (move === "grow") {
    return [
      { transformOrigin: "0 50%", transform: "scaleX(0)" },
      { transformOrigin: "0 50%", transform: "none" },
    ];
  }
  if (move === "rise")
    return [
      { opacity: 0, transform: "translateY(8px)" },
      { opacity: 1, transform: "none" },
    ];
  return [{ opacity: 0 }, { opacity: 1 }];
}

/** Perform the moves of one moment. @param {HTMLElement[]} entering @param {number} speed */
function perform(entering, speed) {
  if (entering.length > MOST_MOVES) return;
  // All places are read before anything moves: each read after a move would ask for a layout.
  const moves = entering.map((element) => ({ element, keyframes: frames(element) }));
  moves.forEach(({ element, keyframes }, index) => {
    const move = moveOf(element);
    element.animate(keyframes, {
      duration: MOVE_MS[move] / speed,
      delay: (Math.min(index * STAGGER_MS, MOST_STAGGER_MS) + (WAITS[move] ?? 0)) / speed,
      easing: move === "fly" ? TRAVEL : ARRIVE,
      fill: "backwards",
    });
  });
}

/**
 * Put every element of the page's films at its place in time.
 * @param {number | undefined} moment @param {boolean} moves whether time just moved on to it
 * @param {number} speed
 */
export function show(moment, moves, speed) {
  const root = document.documentElement;
  const isOver = moment === undefined;
  if (isOver && !root.classList.contains("is-film")) return; // it stands as it was written
  const now = moment ?? Infinity;
  /** @type {HTMLElement[]} */
  const entering = [];
  /** @type {NodeListOf<HTMLElement>} */
  const told = document.querySelectorAll("[data-at]");
  for (const element of told) {
    const { at: begins, until } = element.dataset;
    const at = Number(begins);
    element.classList.toggle("is-ahead", at > now);
    element.classList.toggle("is-now", at === now);
    element.classList.toggle("is-over", until !== undefined && now > Number(until));
    if (at === now) entering.push(element);
  }
  root.classList.toggle("is-film", !isOver);
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (moves && !isStill) perform(entering, speed);
}
